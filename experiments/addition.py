"""The addition task: the sum of two marked numbers among random ones.

Always answering the mean has the trivial loss, 1/6 for two numbers. Starts of Orhan and
Pitkow (2020), https://arxiv.org/abs/1905.13715: success is half of that; in the short
version every start succeeds, as the advantage of the chain was reported for T = 750,
each start at its best setting. Networks of Kerg et al. (2019),
https://arxiv.org/abs/1905.12080 (in its program, not in the paper).

  python experiments/addition.py                  a short version, under a minute
  python experiments/addition.py --preset paper   the published setting, an hour or two
  python experiments/addition.py --preset demo --net-type nnRNN     40 steps, seconds
  python experiments/addition.py --net-type expRNN --c-length 100 --batch 20
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

from experiments.recipes import script

main = script("addition", __doc__)

if __name__ == "__main__":
    raise SystemExit(main())
