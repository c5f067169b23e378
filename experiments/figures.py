"""Draws the figures of the publications: `python experiments/figures.py --help`.

They are in the folder of the same name, which `import` finds first.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments.figures import main

if __name__ == "__main__":
    raise SystemExit(main())
