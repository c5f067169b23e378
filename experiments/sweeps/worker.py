"""The work of a sweep: training of units of runs into run directories.

Workers load TensorFlow when they get their first unit, and keep it for all others.
"""

import contextlib
import functools
import gc
import io
import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.program import Program
from experiments.core.run import (
    Trained,
    config,
    draw,
    execute,
    finish,
    load_tensorflow,
    summary_of,
)
from experiments.core.runs import read_summary
from experiments.sweeps.plan import Planned, Unit, check_vectorized

# With a summary.json: a run that is over. The last two have none, and are tried again
# when the sweep is started again.
FINISHED, DIVERGED, HOPELESS = "finished", "diverged", "hopeless"
FAILED, REFUSED = "failed", "refused"


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    state: str  # one of the above
    summary: Mapping[str, Any] = field(default_factory=dict)  # of `summary.json`
    message: str = ""  # why, in a line, if it is not finished
    seconds: float = 0.0  # what it took the worker

    @property
    def score(self) -> float | None:
        """The best validation loss, or training loss; None if there is no epoch."""
        best = self.summary.get("best") or {}
        return best.get("val_loss", best.get("loss"))


class Hopeless(ArithmeticError):
    """A training that is worse than one that learns nothing; `row`: its last epoch."""

    def __init__(self, row: Mapping[str, float], best: float, level: float):
        super().__init__(
            f"no loss below the trivial {level:.4g} in {row['epoch']:g} epochs, the "
            f"lowest is {best:.4g}"
        )
        self.row = row


# Says of the metrics of an epoch why a run is given up, if it is.
Judge = Callable[[Mapping[str, float]], ArithmeticError | None]


def kept_outcome(directory: Path, hopeless_after: float = math.inf) -> Outcome | None:
    """How a run ended that was trained before; None if it has to go on.

    So has one that was given up after fewer epochs than now make a run hopeless.
    """
    summary = read_summary(directory)
    if not summary:  # or a broken one
        return None
    state = summary.get("outcome", FINISHED)
    if state == HOPELESS and (summary.get("hopeless_after") or 0) < hopeless_after:
        return None
    return Outcome(state, summary, summary.get("reason", ""))


def train_unit(unit: Unit, hopeless_after: float = math.inf) -> list[Outcome]:
    """Trains the runs of a unit, or goes on with them, and says how each ended.

    Several runs are trained in one program. A run is given up after some epochs if its
    loss never was below the trivial one.
    """
    outcomes = {run.key: kept_outcome(run.directory, hopeless_after) for run in unit}
    # Some may be over, by another sweep, or by a worker that died right after.
    left = [run for run in unit if outcomes[run.key] is None]
    if left:
        ended = _guarded(left, hopeless_after)
        outcomes |= {run.key: each for run, each in zip(left, ended, strict=True)}
    return [outcome for outcome in outcomes.values() if outcome is not None]


def _guarded(runs: Sequence[Planned], hopeless_after: float) -> list[Outcome]:
    """Trains without a word; what goes wrong is the outcome of the runs."""
    begun, said = time.perf_counter(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            load_tensorflow()
            outcomes = _train_all(runs, hopeless_after)
        except Exception as error:
            outcomes = [_failed(error, runs, said.getvalue())] * len(runs)
    gc.collect()  # models are cycles
    seconds = (time.perf_counter() - begun) / len(runs)
    return [replace(outcome, seconds=seconds) for outcome in outcomes]


def _train_all(runs: Sequence[Planned], hopeless_after: float) -> list[Outcome]:
    with contextlib.ExitStack() as held:
        ends = [held.enter_context(_held(run, hopeless_after)) for run in runs]
        left = [run for run, end in zip(runs, ends, strict=True) if end is None]
        judge = functools.partial(_judge, hopeless_after=hopeless_after)
        if len(left) > 1:
            found = train_vectorized([run.program for run in left], judge)
        else:
            found = [_train_alone(run.program, judge) for run in left]
        trained = {
            run.key: _given_up(run, end, hopeless_after)
            if isinstance(end, ArithmeticError)
            else Outcome(FINISHED, end)
            for run, end in zip(left, found, strict=True)
        }
        return [end or trained[run.key] for run, end in zip(runs, ends, strict=True)]


@contextlib.contextmanager
def _held(run: Planned, hopeless_after: float) -> Iterator[Outcome | None]:
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
    program: Program, judge: Callable[[Program, Any], Judge]
) -> dict[str, Any] | ArithmeticError:
    """Its summary, or why it has none.

    A hopeless run ends before the epoch is kept, so that one that was broken off
    anywhere is given up at the same epoch.
    """
    import keras

    from keras_nonnormal.training import TrainingDiverged

    def callbacks(program, task):
        own = judge(program, task)

        def on_epoch_end(epoch, logs):
            if reason := own({"epoch": epoch + 1, **(logs or {})}):
                raise reason

        return [keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)]

    try:
        return execute(program, callbacks)
    except (Hopeless, TrainingDiverged) as error:
        return error


def train_vectorized(
    programs: Sequence[Program], judge: Callable[[Program, Any], Judge] | None = None
) -> list[dict[str, Any] | ArithmeticError]:
    """Trains runs as one program; each run directory is what it would be alone.

    Args:
        programs: The program of each run, with its directory; unfinished runs go on.
        judge: Maps a run and its task to what says when it is given up.

    Returns:
        The summary of each run, or why it has none: `TrainingDiverged`, or what the
        judge said.
    """
    import keras

    from keras_nonnormal.training import Member, RunDirectory, on_device, train_many

    check_vectorized(programs)
    tasks: dict[int, Any] = {}
    ends: dict[int, dict[str, Any] | ArithmeticError] = {}
    keras.utils.clear_session()
    first = programs[0]
    with on_device(first.run.device), contextlib.ExitStack() as held:
        members = []
        for program in programs:
            seed, recipe = program.run.seed, program.recipe
            if seed not in tasks:
                tasks[seed] = program.task.load(seed)
            directory = held.enter_context(RunDirectory(program.run.out))
            directory.claim(config(program), resume=True)
            keras.utils.set_random_seed(seed)
            model = program.network.model(program, tasks[seed])
            optimizer = recipe.new_optimizer(program, tasks[seed])
            members.append(Member(model, tasks[seed], directory, optimizer, seed))
        judges = [judge and judge(each, tasks[each.run.seed]) for each in programs]

        def end(number: int, outcome: Any) -> None:
            ends[number] = outcome
            if not isinstance(outcome, ArithmeticError):
                task, directory = members[number].task, members[number].directory
                trained = Trained(programs[number], directory, outcome)
                draw([trained], task, directory.curves)
                main, alone = summary_of(trained, task), {"compared": []}
                ends[number] = finish(programs[number], directory, main, alone)

        def give_up(number: int, row: Mapping[str, float]) -> ArithmeticError | None:
            own = judges[number]
            return own(row) if own else None

        train_many(
            members,
            on_end=end,
            give_up=give_up,
            jit_compile=first.compiles_steps,
            **first.recipe.training(first, members[0].task),
        )
    return [ends[number] for number in range(len(programs))]


def _judge(program: Program, task: Any, hopeless_after: float) -> Judge:
    """Judges a training that has not got below the trivial loss after some epochs."""
    level = task.trivial_loss
    best = min(map(_loss_of, _rows(Path(program.run.out or ""))), default=math.inf)

    def judge(row: Mapping[str, float]) -> Hopeless | None:
        nonlocal best
        row = {name: float(value) for name, value in row.items()}
        best = min(best, _loss_of(row))
        if row["epoch"] < hopeless_after or best <= level:
            return None
        return Hopeless(row, best, level)

    return judge


def _loss_of(row: Mapping[str, float]) -> float:
    return row.get("val_loss", row.get("loss", math.inf))


def _given_up(run: Planned, error: ArithmeticError, hopeless_after: float) -> Outcome:
    """Writes the summary of a run that is over before its end.

    The error is `Hopeless`, whose epoch is not kept, or `TrainingDiverged`.
    """
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
        "best": min(rows, key=_loss_of, default=None),
        "last": rows[-1] if rows else None,
    }
    directory.finish(summary)
    return Outcome(state, summary, reason)


def _failed(error: Exception, runs: Sequence[Planned], said: str) -> Outcome:
    """The outcome of runs that ended with an error.

    What was said is kept with those that came as far as a folder, unless the error says
    all that there is to say.
    """
    from keras_nonnormal.datasets import DatasetError
    from keras_nonnormal.training import DeviceError, RunDirectoryError
    from keras_nonnormal.training.files import WriteError

    if isinstance(error, DatasetError | DeviceError | OptionError):
        return Outcome(REFUSED, message=str(error))
    if isinstance(error, RunDirectoryError | WriteError):
        return Outcome(FAILED, message=str(error))
    text = said + "".join(traceback.format_exception(error))
    for run in runs:
        if (run.directory / "config.json").exists():
            with contextlib.suppress(OSError):  # of a full disk
                (run.directory / "error.txt").write_text(text, encoding="utf-8")
    return Outcome(FAILED, message=f"{type(error).__name__}: {error}".splitlines()[0])


def _rows(directory: Path) -> list[Mapping[str, float]]:
    """The epochs of a run that are kept, metrics and state."""
    from keras_nonnormal.training import RunDirectory, read_metrics
    from keras_nonnormal.training.checkpoints import EpochCheckpoint

    files = RunDirectory(directory)
    done = EpochCheckpoint(files.checkpoints).epochs_done() or 0
    rows = read_metrics(files.metrics) if files.metrics.exists() else []
    return [row for row in rows if row["epoch"] <= done]
