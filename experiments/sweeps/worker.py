"""The work of a sweep: training of units of runs into run directories.

Workers load TensorFlow when they get their first unit, and keep it for all others.
"""

import contextlib
import functools
import gc
import io
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.program import Program
from experiments.core.run import execute, load_tensorflow
from experiments.core.runs import read_summary
from experiments.sweeps.plan import Planned, Unit
from experiments.sweeps.vectorized import train_vectorized

# With a summary.json: a run that is over. The last two have none, and are tried again
# when the sweep is started again.
FINISHED, DIVERGED, HOPELESS = "finished", "diverged", "hopeless"
FAILED, REFUSED = "failed", "refused"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        state: One of the above.
        summary: What its `summary.json` holds.
        message: Why, in a line, if it is not finished.
        seconds: What it took the worker.
    """

    state: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """The best validation loss, or training loss; None if there is no epoch."""
        best = self.summary.get("best") or {}
        return best.get("val_loss", best.get("loss"))


def kept_outcome(directory: Path, hopeless_after: int | None = None) -> Outcome | None:
    """How a run ended that was trained before; None if it has to go on.

    Args:
        directory: The run directory.
        hopeless_after: The epochs after which a run may be hopeless, or None if none
            is. One that was given up by a stricter rule has to go on.
    """
    summary = read_summary(directory)
    if not summary:  # or a broken one
        return None
    state, rule = summary.get("outcome", FINISHED), summary.get("hopeless_after")
    if state == HOPELESS and (
        hopeless_after is None or rule is None or rule < hopeless_after
    ):
        return None
    return Outcome(state, summary, summary.get("reason", ""))


def train_unit(unit: Unit, hopeless_after: int | None = None) -> list[Outcome]:
    """Trains the runs of a unit, or goes on with them, and says how each ended.

    Several runs are trained in one program.

    Args:
        unit: The runs.
        hopeless_after: Epochs after which a run is given up if its loss never was
            below the trivial one; None gives up none.
    """
    outcomes = {run.key: kept_outcome(run.directory, hopeless_after) for run in unit}
    # Some may be over, by another sweep, or by a worker that died right after.
    left = [run for run in unit if outcomes[run.key] is None]
    if left:
        ended = _guarded(left, lambda: _train_all(left, hopeless_after))
        outcomes |= {run.key: each for run, each in zip(left, ended, strict=True)}
    return [outcome for outcome in outcomes.values() if outcome is not None]


def _guarded(
    runs: Sequence[Planned], train: Callable[[], list[Outcome]]
) -> list[Outcome]:
    """Trains without a word; what goes wrong is the outcome of the runs."""
    begun, said = time.perf_counter(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            load_tensorflow()
            outcomes = train()
        except Exception as error:
            outcomes = [_wrong(error)] * len(runs)
            if outcomes[0].state == FAILED and not _is_explained(error):
                text = said.getvalue() + traceback.format_exc()
                _keep([run.directory for run in runs], text)
    gc.collect()  # models are cycles
    seconds = (time.perf_counter() - begun) / len(runs)
    return [replace(outcome, seconds=seconds) for outcome in outcomes]


def _train_all(runs: Sequence[Planned], hopeless_after: int | None) -> list[Outcome]:
    with contextlib.ExitStack() as held:
        ends = [held.enter_context(_held(run, hopeless_after)) for run in runs]
        left = [run for run, end in zip(runs, ends, strict=True) if end is None]
        train = _train_together if len(left) > 1 else _train_alone
        trained = iter(train(left, hopeless_after))
        return [next(trained) if end is None else end for end in ends]


@contextlib.contextmanager
def _held(run: Planned, hopeless_after: int | None) -> Iterator[Outcome | None]:
    """Keeps others out of a run that was given up by a stricter rule, and begins it.

    Yields how it has ended meanwhile, by another sweep; else None.
    """
    from keras_nonnormal.training import RunDirectory

    outcome = None
    with RunDirectory(run.directory) as directory:
        if directory.finished:
            directory.lock()
            outcome = kept_outcome(run.directory, hopeless_after)
            if outcome is None:
                directory.summary.unlink()
        yield outcome


def _train_alone(
    runs: Sequence[Planned], hopeless_after: int | None
) -> Iterator[Outcome]:
    from experiments.sweeps.callbacks import Hopeless, StopWhenHopeless
    from keras_nonnormal.training import TrainingDiverged

    def callbacks(program, task):
        if hopeless_after is None:
            return []
        return [StopWhenHopeless(_judge(program, task, hopeless_after))]

    for run in runs:
        try:
            yield Outcome(FINISHED, execute(run.program, callbacks))
        except (Hopeless, TrainingDiverged) as error:
            yield _given_up(run, error, hopeless_after)


def _train_together(
    runs: Sequence[Planned], hopeless_after: int | None
) -> list[Outcome]:
    judge = hopeless_after and functools.partial(_judge, hopeless_after=hopeless_after)
    ends = train_vectorized([run.program for run in runs], judge or None)
    return [
        _given_up(run, end, hopeless_after)
        if isinstance(end, ArithmeticError)
        else Outcome(FINISHED, end)
        for run, end in zip(runs, ends, strict=True)
    ]


def _judge(program: Program, task: Any, hopeless_after: int) -> Any:
    from experiments.sweeps.callbacks import Judge

    rows = _rows(Path(program.run.out or ""))
    return Judge(hopeless_after, task.trivial_loss, rows)


def _given_up(
    run: Planned, error: ArithmeticError, hopeless_after: int | None
) -> Outcome:
    """Writes the summary of a run that is over before its end.

    Args:
        run: The run.
        error: Why: `Hopeless`, whose epoch is not kept, or `TrainingDiverged`.
        hopeless_after: By which rule it was given up.
    """
    from experiments.sweeps.callbacks import Hopeless, loss_of
    from keras_nonnormal.training import RunDirectory

    directory = RunDirectory(run.directory)
    state, rows, reason = DIVERGED, _rows(directory.path), str(error)
    if isinstance(error, Hopeless):
        state, rows = HOPELESS, [*rows, error.row]
    summary = {
        "experiment": run.program.script,
        "recipe": run.program.recipe.name,
        "directory": str(directory.path),
        "start": run.program.start,
        "outcome": state,
        "reason": reason,
        "hopeless_after": hopeless_after if state == HOPELESS else None,
        "success": False,
        "epochs": len(rows),
        "best": min(rows, key=loss_of, default=None),
        "last": rows[-1] if rows else None,
    }
    directory.finish(summary)
    return Outcome(state, summary, reason)


def _wrong(error: Exception) -> Outcome:
    from keras_nonnormal.datasets import DatasetError
    from keras_nonnormal.training import DeviceError

    if isinstance(error, DatasetError | DeviceError | OptionError):
        return Outcome(REFUSED, message=str(error))
    if _is_explained(error):
        return Outcome(FAILED, message=str(error))
    return Outcome(FAILED, message=f"{type(error).__name__}: {error}".splitlines()[0])


def _is_explained(error: Exception) -> bool:
    """Whether an error of a run's folder says all that there is to say of it."""
    from keras_nonnormal.training import RunDirectoryError
    from keras_nonnormal.training.files import WriteError

    return isinstance(error, RunDirectoryError | WriteError)


def _rows(directory: Path) -> list[dict[str, float]]:
    """The epochs of a run that are kept, metrics and state."""
    from keras_nonnormal.training import RunDirectory, read_metrics
    from keras_nonnormal.training.checkpoints import EpochCheckpoint

    files = RunDirectory(directory)
    done = EpochCheckpoint(files.checkpoints).epochs_done() or 0
    rows = read_metrics(files.metrics) if files.metrics.exists() else []
    return [row for row in rows if row["epoch"] <= done]


def _keep(directories: Sequence[Path], text: str) -> None:
    """Keeps what was said by runs that failed, if they came as far as a folder."""
    for directory in directories:
        if not (directory / "config.json").exists():
            continue
        with contextlib.suppress(OSError):  # of a full disk
            (directory / "error.txt").write_text(text, encoding="utf-8")
