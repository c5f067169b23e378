"""The command line of a sweep, and its parts put together."""

import argparse
import contextlib
import functools
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError, Parser, refuse
from experiments.sweeps.cost import SECONDS_IN_ALL, Cost, cost_lines, measured_costs
from experiments.sweeps.grids import axes_of, grid_of
from experiments.sweeps.plan import Planned, planned, units_of, varied, word
from experiments.sweeps.pool import (
    Died,
    Ended,
    Execute,
    Started,
    check_ray,
    environment,
    run_in_processes,
    run_on_ray,
    worker_environment,
)
from experiments.sweeps.progress import Progress
from experiments.sweeps.worker import (
    FAILED,
    REFUSED,
    Outcome,
    kept_outcome,
    train_unit,
)

PROG = "sweep.py"
MANY = 100


def main(arguments: list[str] | None = None, description: str | None = None) -> int:
    """Trains a grid; returns the exit code."""
    options = parsed(description, arguments)

    def work() -> int:
        runs, out = runs_of(options)
        code = train(runs, out, options)
        if not options.dry_run:
            print(f"\nthe runs are in {out}; python experiments/report.py {out}")
        return code

    return guarded(PROG, work)


def guarded(prog: str, work: Callable[[], int]) -> int:
    """The exit code of some work, which may be refused or interrupted."""
    try:
        return work()
    except OptionError as error:
        refuse(prog, error)
    except KeyboardInterrupt:
        again = "the same command goes on from here"
        print(f"\n{prog}: interrupted; {again}", file=sys.stderr)
        return 130


def train(
    runs: Sequence[Planned], out: Path, options: Any, work: Any = train_unit
) -> int:
    """Trains those of some runs that are not over, or says what they cost.

    Args:
        runs: At least one.
        out: Their folder.
        options: The flags of `worker_flags`.
        work: What is done with each unit, as `train_unit` does it.

    Returns:
        1 if one of them failed, else 0.

    Raises:
        OptionError: If they cannot be trained as asked.
    """
    kept = {run.key: kept_outcome(run.directory, options.hopeless) for run in runs}
    kept = {key: outcome for key, outcome in kept.items() if outcome is not None}
    missing = [run for run in runs if run.key not in kept]
    units, execute = units_of(missing, options.vectorize), executor(options)
    if not options.dry_run:
        make_folder(out)
    scripts = ", ".join(dict.fromkeys(run.program.script for run in runs))
    print(f"{scripts}: {len(runs)} runs in {out}, {len(missing)} to be trained")
    for name, values in varied(runs).items():
        print(f"  {name}: " + " ".join(map(word, values)))
    sys.stdout.flush()
    if options.dry_run:
        show_costs(missing, execute, options)
        return 0
    progress = Progress(runs, kept)
    work = functools.partial(work, hopeless_after=options.hopeless)
    with contextlib.closing(execute(units, work)) as events:
        drive(events, progress)
    progress.show(last=True)
    return int(any(each.state == FAILED for each in progress.outcomes.values()))


def show_costs(missing: Sequence[Planned], execute: Execute, options: Any) -> None:
    """Measures some steps and says what the missing runs cost."""
    costs: list[tuple[int, Cost]] = []
    if missing:
        print(f"measuring steps, {SECONDS_IN_ALL:g} s at most ", end="", flush=True)
        for found in measured_costs(missing, execute):
            print("." if found is None else "", end="", flush=True)
            costs = found or costs
        print()
    print("\n".join(cost_lines(costs, len(missing), options.workers)))
    if options.vectorize > 1:
        print("that is one at a time; --vectorize is not counted")


def runs_of(options) -> tuple[list[Planned], Path]:
    """The runs that the options of a sweep ask for, and the folder they are in.

    Raises:
        OptionError: If there are none, or a value makes no sense.
    """
    grid = grid_of(options.what).along(axes_of(options.grid))
    if options.gpus_per_run:
        grid = grid.along({"device": ["gpu"]})  # not without, unsaid
    if len(grid.settings) >= MANY:  # which take seconds to be read
        print(f"{grid.script}: {len(grid.settings)} settings", flush=True)
    out = Path(options.out or Path("runs", "sweeps", grid.script))
    share, shares = options.shard
    runs = planned(grid, out, axes_of(options.only, "--only"))[share - 1 :: shares]
    if not runs:
        raise OptionError("there are no such runs in the grid")
    return runs, out


def make_folder(out: Path) -> None:
    """Makes the folder of the runs; an `OptionError` if that cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"--out: cannot make {out}: {error.strerror}") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise OptionError(f"--out: cannot write to {out}; choose another folder")


def executor(options) -> Execute:
    """The back end that options of a sweep ask for; an `OptionError` without Ray."""
    workers, gpus = options.workers, options.gpus_per_run
    if options.executor == "process":
        environments = functools.partial(worker_environment, gpus=gpus)
        return lambda units, work: run_in_processes(units, work, workers, environments)
    check_ray()
    return lambda units, work: run_on_ray(
        units, work, workers, environment(gpus > 0), options.address, gpus
    )


def drive(events: Iterable[Any], progress: Progress) -> None:
    """Follows the training of units of work to its end.

    Args:
        events: What a back end tells.
        progress: Where it is shown.

    Raises:
        OptionError: If a run cannot be trained for want of data or of a device, which
            is so for others, too.
    """
    for event in events:
        if isinstance(event, Started):
            progress.started(event.unit)
        elif isinstance(event, Ended):
            for outcome in event.result:
                if outcome.state == REFUSED:
                    raise OptionError(outcome.message)
            progress.ended(event.unit, event.result)
        elif isinstance(event, Died):
            died = Outcome(FAILED, message=f"its workers died ({event.how})")
            progress.ended(event.unit, [died] * len(event.unit))
        else:
            progress.show()


def parsed(description: str | None, arguments: list[str] | None) -> argparse.Namespace:
    """What the arguments of a sweep say.

    Args:
        description: What `--help` says first.
        arguments: Command-line arguments; None for those of the program.
    """
    parser = Parser(prog=PROG, description=description)
    add: Any = parser.add_argument
    axes = {"nargs": "+", "action": "extend", "default": [], "metavar": "OPTION=VALUES"}
    add("what", metavar="WHAT", help="a script, a published grid, or a YAML file")
    text = "options of all runs: one value, or several such as 1e-4,1e-3 or 1..6, of "
    add("--grid", **axes, help=text + "which all combinations are trained")
    text = "only those runs of the grid that have one of these values"
    add("--only", **axes, help=text)
    worker_flags(parser, "runs/sweeps/SCRIPT")
    return checked(parser, arguments)


def worker_flags(parser: Parser, out: str) -> None:
    """Adds the flags of what `train` is told.

    Args:
        parser: The parser.
        out: The default folder of the runs, in words.
    """
    add: Any = parser.add_argument
    count = number(int, "a whole number of at least 1", 1, math.inf)
    share = number(float, "a number from 0 to 1", 0, 1)
    add("--out", help=f"folder of the runs (default: {out})")
    text = "only the I-th of N parts, as for the tasks of a Slurm array"
    add("--shard", type=_shard, default=(1, 1), metavar="I/N", help=text)
    text = "runs at a time, of one thread each (default: as many as cores, or "
    add("--workers", type=count, help=text + "shares of the GPUs)")
    text = "processes of this machine (default), or Ray, of this or of a cluster"
    add("--executor", choices=("process", "ray"), default="process", help=text)
    add("--address", help="Ray: of a cluster, or auto (default: this machine)")
    text = "the share of a GPU that a run has, such as 0.25 (default: 0, no GPU), of "
    text += "those in CUDA_VISIBLE_DEVICES or of the first"
    add("--gpus-per-run", type=share, default=0.0, metavar="SHARE", help=text)
    text = "runs that a worker trains in one program; they differ in start, gain, "
    text += "learning rate and seed alone (default: 1)"
    add("--vectorize", type=count, default=1, metavar="R", help=text)
    text = "give a run up if by then its loss never was below the trivial one "
    text += "(default: only if it is no number any more)"
    hopeless = {"dest": "hopeless", "metavar": "EPOCHS", "default": math.inf}
    add("--hopeless-after", type=count, **hopeless, help=text)
    text = "train nothing: show the runs, and what a sweep will cost, from a few "
    text += "measured steps"
    add("--dry-run", action="store_true", help=text)


def checked(parser: Parser, arguments: list[str] | None) -> argparse.Namespace:
    """What arguments say that may be those of `worker_flags`."""
    options = parser.parse_args(arguments)
    if options.address and options.executor != "ray":
        parser.error("--address: expected --executor ray beside it")
    if options.workers is None and not options.address:
        options.workers = _usual_workers(options.gpus_per_run)
    return options


def _usual_workers(gpus_per_run: float) -> int:
    if gpus_per_run:
        gpus = len(os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(","))
        return max(int(gpus / gpus_per_run + 1e-9), 1)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def number(
    kind: Callable[[str], Any], expected: str, low: float, high: float
) -> Callable[[str], Any]:
    """A type of `argparse`: a number from `low` to `high`, which `expected` says."""

    def read(text: str) -> Any:
        with contextlib.suppress(ValueError):
            if low <= (value := kind(text)) <= high:
                return value
        raise argparse.ArgumentTypeError(f"expected {expected}, received {text!r}")

    return read


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(
            f"expected a part of all such as 3/8, from 1/8 to 8/8, received {text!r}"
        )
    return int(match[1]), int(match[2])
