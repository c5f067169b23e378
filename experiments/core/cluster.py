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
    """How many workers `TF_CONFIG` names, which must say which one this is."""
    try:
        return _count(os.environ.get("TF_CONFIG"))
    except ValueError as error:
        raise OptionError(
            "--strategy multiworker: expected the environment variable TF_CONFIG to be "
            f"like {EXAMPLE}, with the index of this worker; {error}"
        ) from None


def _count(text: str | None) -> int:
    if text is None:
        raise ValueError("it is not set")
    try:
        config = json.loads(text)
    except ValueError as error:
        raise ValueError(f"it is no JSON ({error})") from None
    parts = config if isinstance(config, dict) else {}
    jobs, task = (
        parts[name] if isinstance(parts.get(name), dict) else {}
        for name in ("cluster", "task")
    )
    workers = jobs.get("worker")
    if not (isinstance(workers, list) and workers and all(map(_is_address, workers))):
        raise ValueError('"cluster" has no list "worker" of host:port')
    if strange := ", ".join(sorted({*jobs} - {"worker"})):
        raise ValueError(f'"cluster" names more than workers: {strange}')
    if task.get("type") != "worker":
        raise ValueError('"task" is not of type "worker"')
    if task.get("index") not in range(len(workers)):
        raise ValueError(f'"index" in "task" is not one of 0 to {len(workers) - 1}')
    return len(workers)


def _is_address(worker: Any) -> bool:
    return isinstance(worker, str) and bool(re.fullmatch(r"\S+:\d+", worker))


def is_first(program: Program) -> bool:
    """Whether this process is the only one, or the first of several workers."""
    if program.run.strategy != "multiworker":
        return True
    return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0


@contextlib.contextmanager
def as_one_run(program: Program) -> Iterator[tuple[Program, bool]]:
    """A context in which one of several workers leaves the results, all others none.

    The others get copies of the run directory, which are not kept, and say nothing:
    they do all that the first one does, so that all take the same decisions. Yields the
    program of this process, and whether it has anything to say.
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
    changes = {"out": str(folder / "run")}
    if program.run.out and Path(program.run.out).exists():
        left_out = shutil.ignore_patterns("tensorboard", ".*")
        shutil.copytree(program.run.out, changes["out"], ignore=left_out)
    if save := program.options.get("save"):
        changes["save"] = str(folder / Path(save).name)
    return program.changed(**changes)
