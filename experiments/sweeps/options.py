"""The command line of a sweep."""

import argparse
import os
import re
from collections.abc import Callable
from typing import Any

EXECUTORS = ("process", "ray")


def parsed(description: str | None, arguments: list[str] | None) -> argparse.Namespace:
    """What the arguments of a sweep say.

    Args:
        description: What `--help` says first.
        arguments: Command-line arguments; None for those of the program.
    """
    parser = _Parser(
        prog="sweep.py",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("what", metavar="WHAT", help="a script, a published grid, or a YAML file")
    add(
        "--grid",
        nargs="+",
        action="extend",
        default=[],
        metavar="OPTION=VALUES",
        help="options that all runs have: one value, or several such as 1e-4,1e-3 or "
        "1..6, of which all combinations are trained",
    )
    add(
        "--only",
        nargs="+",
        action="extend",
        default=[],
        metavar="OPTION=VALUES",
        help="only those runs of the grid that have one of these values",
    )
    add("--out", help="folder of the runs (default: runs/sweeps/SCRIPT)")
    add(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="only the I-th of N parts, as for the tasks of a Slurm array",
    )
    add(
        "--workers",
        type=_number(int, "a whole number of at least 1", lambda n: n >= 1),
        help="runs at a time, of one thread each (default: the cores there are, or as "
        "many as the GPUs have shares for)",
    )
    add(
        "--executor",
        choices=EXECUTORS,
        default="process",
        help="processes of this machine (default), or Ray, of this or of a cluster",
    )
    add("--address", help="Ray: of a cluster, or auto (default: this machine)")
    add(
        "--gpus-per-run",
        type=_number(float, "a number from 0 to 1", lambda share: 0 <= share <= 1),
        default=0.0,
        metavar="SHARE",
        help="the share of a GPU that a run has, such as 0.25 (default: 0, no GPU); "
        "those in CUDA_VISIBLE_DEVICES are used, or the first",
    )
    add(
        "--vectorize",
        type=_number(int, "a whole number of at least 1", lambda n: n >= 1),
        default=1,
        metavar="R",
        help="runs that a worker trains in one program; they differ in start, gain, "
        "learning rate and seed alone (default: 1)",
    )
    add(
        "--hopeless-after",
        dest="hopeless",
        type=_number(int, "a whole number of at least 1", lambda n: n >= 1),
        metavar="EPOCHS",
        help="give a run up if by then its loss never was below the trivial one "
        "(default: only if it is no number any more)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="show the grid and what it will cost, from a few measured steps",
    )
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


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _number(
    kind: Callable[[str], Any], expected: str, allowed: Callable[[Any], bool]
) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not allowed(value):
            raise argparse.ArgumentTypeError(f"expected {expected}, received {text!r}")
        return value

    return read


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(
            f"expected a part of all such as 3/8, from 1/8 to 8/8, received {text!r}"
        )
    return int(match[1]), int(match[2])
