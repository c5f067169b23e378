"""What a worker does: it trains a unit of work into run directories.

Workers load TensorFlow when they get their first unit, and keep it for all others.
"""

import contextlib
import functools
import gc
import io
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from experiments.launch import load_tensorflow
from experiments.options import OptionError
from experiments.packets import run_packet
from experiments.sweeps.outcomes import (
    DIVERGED,
    FAILED,
    FINISHED,
    HOPELESS,
    REFUSED,
    Outcome,
    kept_outcome,
)
from experiments.sweeps.plan import Planned, Unit
from experiments.sweeps.watching import watched


def environment(gpu: bool = False) -> dict[str, str]:
    """What a worker's environment says before TensorFlow is loaded.

    One thread for each: with as many workers as there are cores, more are slower.

    Args:
        gpu: Whether workers may see a GPU, of which they then take what they need.
    """
    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    settings = dict.fromkeys(threads, "1")
    settings |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    settings["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    return settings if gpu else {**settings, "CUDA_VISIBLE_DEVICES": ""}


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
    from experiments.sweeps.hopeless import Hopeless, StopWhenHopeless
    from keras_nonnormal.training import TrainingDiverged

    def callbacks(task, options):
        if hopeless_after is None:
            return []
        return [StopWhenHopeless(_judge(task, options, hopeless_after))]

    for run in runs:
        experiment, options = run.experiment()
        try:
            yield Outcome(FINISHED, watched(experiment, callbacks).run(options))
        except (Hopeless, TrainingDiverged) as error:
            yield _given_up(run, error, hopeless_after)


def _train_together(
    runs: Sequence[Planned], hopeless_after: int | None
) -> list[Outcome]:
    experiment, _ = runs[0].experiment()
    judge = hopeless_after and functools.partial(_judge, hopeless_after=hopeless_after)
    ends = run_packet(experiment, [run.experiment()[1] for run in runs], judge or None)
    return [
        _given_up(run, end, hopeless_after)
        if isinstance(end, ArithmeticError)
        else Outcome(FINISHED, end)
        for run, end in zip(runs, ends, strict=True)
    ]


def _judge(task, options, hopeless_after: int):
    from experiments.sweeps.hopeless import Judge

    return Judge(hopeless_after, task.trivial_loss, _rows(Path(options.out)))


def _given_up(
    run: Planned, error: ArithmeticError, hopeless_after: int | None
) -> Outcome:
    """Writes the summary of a run that is over before its end.

    Args:
        run: The run.
        error: Why: `Hopeless`, whose epoch is not kept, or `TrainingDiverged`.
        hopeless_after: By which rule it was given up.
    """
    from experiments.sweeps.hopeless import Hopeless, loss_of
    from keras_nonnormal.training import RunDirectory

    directory = RunDirectory(run.directory)
    state, rows, reason = DIVERGED, _rows(directory.path), str(error)
    if isinstance(error, Hopeless):
        state, rows = HOPELESS, [*rows, error.row]
    summary = {
        "experiment": run.script,
        "directory": str(directory.path),
        "start": run.experiment()[1].start,
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
