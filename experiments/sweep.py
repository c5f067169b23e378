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

import contextlib
import functools
import os
import sys
from pathlib import Path

from experiments.options import OptionError
from experiments.prepare import refuse
from experiments.sweeps.cost import measured_costs
from experiments.sweeps.drive import drive, executor
from experiments.sweeps.grids import axes_of, grid_of
from experiments.sweeps.options import parsed
from experiments.sweeps.outcomes import FAILED, kept_outcome
from experiments.sweeps.overview import cost_lines, grid_lines
from experiments.sweeps.plan import Planned, planned
from experiments.sweeps.progress import Progress
from experiments.sweeps.units import units_of
from experiments.sweeps.worker import train_unit

PROG = "sweep.py"


def main(arguments: list[str] | None = None) -> int:
    """Trains a grid; returns the exit code."""
    options = parsed(__doc__, arguments)
    try:
        runs, out = runs_of(options)
        kept = {run.key: kept_outcome(run.directory, options.hopeless) for run in runs}
        kept = {key: outcome for key, outcome in kept.items() if outcome is not None}
        missing = [run for run in runs if run.key not in kept]
        units, execute = units_of(missing, options.vectorize), executor(options)
        if not options.dry_run:
            make_folder(out)
        print("\n".join(grid_lines(runs, len(missing), out)), flush=True)
        if options.dry_run:
            costs = measured_costs(missing, execute)
            print("\n".join(cost_lines(costs, len(missing), options.workers)))
            if options.vectorize > 1:
                print("that is one at a time; --vectorize is not counted")
            return 0
        progress = Progress(runs, kept)
        work = functools.partial(train_unit, hopeless_after=options.hopeless)
        with contextlib.closing(execute(units, work)) as events:
            drive(events, progress)
    except OptionError as error:
        refuse(PROG, error)
    except KeyboardInterrupt:
        print(
            f"\n{PROG}: interrupted; the same command goes on from here",
            file=sys.stderr,
        )
        return 130
    progress.show(last=True)
    print(f"\nthe runs are in {out}; python experiments/report.py {out}")
    return int(any(each.state == FAILED for each in progress.outcomes.values()))


def runs_of(options) -> tuple[list[Planned], Path]:
    """The runs that the options of a sweep ask for, and the folder they are in.

    Raises:
        OptionError: If there are none, or a value makes no sense.
    """
    grid = grid_of(options.what).along(axes_of(options.grid))
    if options.gpus_per_run:
        grid = grid.along({"device": ["gpu"]})  # not without, unsaid
    out = Path(options.out or Path("runs", "sweeps", grid.script))
    share, shares = options.shard
    runs = planned(grid, out, axes_of(options.only, "--only"))[share - 1 :: shares]
    if not runs:
        raise OptionError("there are no such runs in the grid")
    return runs, out


def make_folder(out: Path) -> None:
    """Makes the folder of the runs.

    Raises:
        OptionError: If that cannot be.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"--out: cannot make {out}: {error.strerror}") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise OptionError(f"--out: cannot write to {out}; choose another folder")


if __name__ == "__main__":
    raise SystemExit(main())
