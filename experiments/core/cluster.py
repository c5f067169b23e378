"""Runs that several processes make together: `--strategy multiworker`."""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.program import Program

EXAMPLE = (
    '{"cluster": {"worker": ["host1:12345", "host2:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


def check_strategy(program: Program) -> None:
    """Raises an `OptionError` if it is clear by now that a strategy cannot be had."""
    if program.run.strategy != "multiworker":
        return
    workers, batch = worker_count(), program.recipe.batch_size
    if batch % workers:
        raise OptionError(
            f"--strategy multiworker: expected a batch that {workers} workers can "
            f"share equally, received one of {batch}, which is for all together"
        )


def worker_count() -> int:
    """How many workers `TF_CONFIG` names.

    Raises:
        OptionError: If it does not say who they are and which one this is.
    """
    text = os.environ.get("TF_CONFIG")
    if text is None:
        raise _wrong("it is not set")
    try:
        config = json.loads(text)
    except ValueError as error:
        raise _wrong(f"it is no JSON ({error})") from None
    jobs, task = (
        config.get(name) if isinstance(config, dict) else None
        for name in ("cluster", "task")
    )
    workers = jobs.get("worker") if isinstance(jobs, dict) else None
    if not (isinstance(workers, list) and workers and all(map(_address, workers))):
        raise _wrong('"cluster" has no list "worker" of host:port')
    assert isinstance(jobs, dict)
    if strange := ", ".join(sorted({*jobs} - {"worker"})):
        raise _wrong(f'"cluster" names more than workers: {strange}')
    index = task.get("index") if isinstance(task, dict) else None
    if not isinstance(task, dict) or task.get("type") != "worker":
        raise _wrong('"task" is not of type "worker"')
    if not isinstance(index, int) or not 0 <= index < len(workers):
        raise _wrong(f'"index" in "task" is not one of 0 to {len(workers) - 1}')
    return len(workers)


def is_first(program: Program) -> bool:
    """Whether this process is the only one, or the first of several workers."""
    if program.run.strategy != "multiworker":
        return True
    return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0


@contextlib.contextmanager
def as_one_run(program: Program) -> Iterator[tuple[Program, bool]]:
    """A context in which one of several workers leaves the results, all others none.

    The others get copies of the run directory, which are not kept, and say nothing:
    they do all that the first one does, so that all take the same decisions.

    Args:
        program: The program of the run.

    Raises:
        WorkerLost: If another worker ends before its time.

    Yields:
        The program of this process, and whether it has anything to say.
    """
    run = program.run
    if run.strategy != "multiworker":
        yield program, True
        return
    from keras_nonnormal.training import is_chief, needing_all, placed, wait_for_all

    with (
        tempfile.TemporaryDirectory() as folder,
        needing_all(),
        contextlib.ExitStack() as stack,
    ):
        with placed(run.device, run.strategy):
            chief = is_chief()
            here = program if chief else _copied(program, Path(folder))
            wait_for_all()  # what is copied must not change
        if not chief:
            nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        yield here, chief
        with placed(run.device, run.strategy):
            wait_for_all()  # who leaves early is taken for lost


def _copied(program: Program, folder: Path) -> Program:
    """A program in a copy of its run directory."""
    out = Path(program.run.out or "")
    changes = {"out": str(folder / "run")}
    if out.exists():
        shutil.copytree(
            out,
            changes["out"],
            ignore=shutil.ignore_patterns("tensorboard", ".*"),
        )
    if save := program.options.get("save"):
        changes["save"] = str(folder / Path(save).name)
    return program.changed(**changes)


def _address(worker: Any) -> bool:
    return isinstance(worker, str) and bool(re.fullmatch(r"\S+:\d+", worker))


def _wrong(reason: str) -> OptionError:
    return OptionError(
        "--strategy multiworker: expected the environment variable TF_CONFIG to be "
        f"like {EXAMPLE}, with the index of this worker; {reason}"
    )
