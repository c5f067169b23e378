"""What a worker does: it trains a unit of work, run by run, into run directories.

Workers load TensorFlow when they get their first unit, and keep it for all others.
"""

import contextlib
import functools
import gc
import io
import os
import time
import traceback
from pathlib import Path
from typing import Any

from experiments.launch import load_tensorflow
from experiments.options import OptionError
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

    Args:
        unit: The runs.
        hopeless_after: Epochs after which a run is given up if its loss never was
            below the trivial one; None gives up none.
    """
    return [_outcome(run, hopeless_after) for run in unit]


def _outcome(run: Planned, hopeless_after: int | None) -> Outcome:
    kept = kept_outcome(run.directory, hopeless_after)
    if kept is not None:  # by another sweep, or by a worker that died right after
        return kept
    begun, said = time.perf_counter(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            state, summary, message = _train(run, hopeless_after)
        except OptionError as error:
            state, summary, message = REFUSED, {}, str(error)
        except Exception as error:
            state, summary = FAILED, {}
            message = f"{type(error).__name__}: {error}".splitlines()[0]
            _keep(run.directory, said.getvalue() + traceback.format_exc())
    gc.collect()  # models are cycles
    return Outcome(state, summary, message, time.perf_counter() - begun)


def _train(run: Planned, hopeless_after: int | None) -> tuple[str, Any, str]:
    load_tensorflow()
    from experiments.sweeps.hopeless import Hopeless, loss_of
    from keras_nonnormal.datasets import DatasetError
    from keras_nonnormal.training import DeviceError, RunDirectory, TrainingDiverged

    experiment, options = run.experiment()
    watch = functools.partial(_watch, hopeless_after=hopeless_after)
    directory = RunDirectory(run.directory)
    directory.summary.unlink(missing_ok=True)  # of one that was given up
    try:
        return FINISHED, watched(experiment, watch).run(options), ""
    except (DatasetError, DeviceError) as error:
        return REFUSED, {}, str(error)
    except (Hopeless, TrainingDiverged) as error:
        state, rows = DIVERGED, _rows(directory.path)
        if isinstance(error, Hopeless):
            state, rows = HOPELESS, [*rows, error.row]
        summary = {
            "experiment": run.script,
            "directory": str(directory.path),
            "start": options.start,
            "outcome": state,
            "reason": str(error),
            "hopeless_after": hopeless_after,
            "success": False,
            "epochs": len(rows),
            "best": min(rows, key=loss_of, default=None),
            "last": rows[-1] if rows else None,
        }
        directory.finish(summary)
        return state, summary, str(error)


def _watch(task, options, hopeless_after: int | None):
    from experiments.sweeps.hopeless import StopWhenHopeless

    if hopeless_after is None:
        return []
    history = _rows(Path(options.out))
    return [StopWhenHopeless(hopeless_after, task.trivial_loss, history)]


def _rows(directory: Path) -> list[dict[str, float]]:
    """The epochs of a run that are kept, metrics and state."""
    from keras_nonnormal.training import RunDirectory, read_metrics
    from keras_nonnormal.training.checkpoints import EpochCheckpoint

    files = RunDirectory(directory)
    done = EpochCheckpoint(files.checkpoints).epochs_done() or 0
    rows = read_metrics(files.metrics) if files.metrics.exists() else []
    return [row for row in rows if row["epoch"] <= done]


def _keep(directory: Path, text: str) -> None:
    """Keeps what was said by a run that failed, if it has come as far as a folder."""
    if directory.is_dir() and (directory / "config.json").exists():
        (directory / "error.txt").write_text(text + os.linesep, encoding="utf-8")
