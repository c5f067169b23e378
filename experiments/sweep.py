"""Trains grids of runs: of any script, or as they were published.

  python experiments/sweep.py copy --grid init=chain,orthogonal lr=1e-4,1e-3 seed=1..6
  python experiments/sweep.py starts/copy --dry-run        2112 runs, and their cost
  python experiments/sweep.py starts/copy --only seed=1 --grid T=200 epochs=5
  python experiments/sweep.py grid.yaml --workers 8 --shard 3/20
  python experiments/sweep.py lsc/fig3 --executor ray --address auto --gpus-per-run 0.25

WHAT is a script, a published grid, or a YAML file with the keys sweep (one of the
former) and grid (options and their values, or a list of such). The published grids:
  starts/copy, starts/addition, starts/psmnist      https://arxiv.org/abs/1905.13715
  lsc/fig2, lsc/fig3, lsc/fig4, lsc/table1          https://arxiv.org/abs/2308.12075
  gamma/copy, gamma/psmnist, gamma/text             https://arxiv.org/abs/2006.12253

Each run has a run directory of its own, named by the hash of all its options. The same
command again does what is missing: finished runs are left alone, those that were broken
off go on after their last whole epoch. What came of them is shown by report.py.
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import functools

from experiments.sweeps import command

main = functools.partial(command.main, description=__doc__)

if __name__ == "__main__":
    raise SystemExit(main())
