"""Shows what came of a grid of runs: in tables, pictures, and a page for a browser.

  python experiments/report.py runs/sweeps/copy
  python experiments/report.py runs/sweeps/copy runs/more --out report
  python experiments/report.py runs/sweeps/ptb_char --by learn_params --x gain

RUNS are run directories, or folders that hold some, such as sweep.py leaves. For each
experiment: how many runs succeeded, in each group of them, and how many were published;
the best setting of each group, by the mean over seeds of the lowest validation loss,
with its deviation (n - 1); test results beside the published ones; the learning curves
of the best settings; and the lowest loss at all settings, as a map. Runs that diverged
count as no better than a network that remembers nothing.

The pictures are PNG files. report.html holds all of it in one file.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import functools

from experiments.sweeps import report

main = functools.partial(report.main, description=__doc__)

if __name__ == "__main__":
    raise SystemExit(main())
