"""Runs an experiment from its command line to its report."""

import contextlib
import dataclasses
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.prepare import prepare, refuse
from experiments.presets import Preset
from experiments.report import json_text, table
from experiments.settings import TrainingOptions


@dataclass(frozen=True)
class Experiment:
    """What makes an experiment: options, data, model, and what was published.

    `data` maps options to a `keras_nonnormal.datasets.Task`, and `model` maps task and
    options to an uncompiled `keras.Model`; both import what they need themselves, so
    that wrong options are refused before TensorFlow is loaded.
    """

    name: str
    description: str | None
    options: type[TrainingOptions]
    presets: Mapping[str, Preset]
    quick: Preset
    data: Callable[[Any], Any]
    model: Callable[[Any, Any], Any]
    accuracy: str
    outcome: Mapping[str, str]


def launch(experiment: Experiment, arguments: list[str] | None = None) -> int:
    """Runs an experiment.

    Args:
        experiment: The experiment.
        arguments: Command-line arguments; None for those of the program.

    Returns:
        The exit code: 0, or 1 after a training that diverged, 2 for what cannot be
        run as asked, 130 after Ctrl-C.
    """
    options = prepare(
        experiment.name,
        experiment.options,
        experiment.presets,
        experiment.quick,
        arguments,
        experiment.description,
    )
    prog = f"{experiment.name}.py"
    shown = (
        contextlib.redirect_stdout(sys.stderr)
        if options.json
        else contextlib.nullcontext()
    )
    try:
        with shown:
            _load_tensorflow()
            from keras_nonnormal.datasets import DatasetError
            from keras_nonnormal.training import (
                DeviceError,
                RunDirectoryError,
                TrainingDiverged,
            )

            try:
                summary = _run(experiment, options)
            except (DatasetError, DeviceError, RunDirectoryError) as error:
                refuse(prog, error)
            except TrainingDiverged as error:
                print(f"\n{prog}: training diverged: {error}", file=sys.stderr)
                return 1
    except KeyboardInterrupt:
        print(f"\n{prog}: interrupted; {_how_to_go_on(prog, options)}", file=sys.stderr)
        return 130
    if options.json:
        print(json_text(summary))
    return 0


def _run(experiment: Experiment, options: TrainingOptions) -> dict[str, Any]:
    from keras_nonnormal.plotting import learning_curves
    from keras_nonnormal.training import RunDirectory, on_device
    from keras_nonnormal.training.files import replacing

    begun = time.perf_counter()
    with on_device(options.device):
        task = experiment.data(options)
        directory = RunDirectory(options.out)
        print(
            f"{task.name}: {len(task.splits.train)} sequences of {task.length} steps, "
            f"{options.hidden_units} units, seed {options.seed}; trivial loss "
            f"{task.trivial_loss:.4f}, success below {task.success_loss:.4f}"
        )
        runs = {options.start: (directory, _train(experiment, task, options))}
        if (other := options.compared()) is not None:
            other = dataclasses.replace(other, out=str(directory.path / other.init))
            runs[other.start] = (
                RunDirectory(other.out),
                _train(experiment, task, other),
            )
    results = {start: result for start, (_, result) in runs.items()}
    figure = learning_curves(
        {start: result.history for start, result in results.items()},
        trivial_loss=task.trivial_loss,
        success_loss=task.success_loss,
        title=f"{task.name}, {task.length} steps, {options.hidden_units} units",
    )
    with replacing(directory.curves) as temporary:
        figure.savefig(temporary)
    summaries = {
        start: {
            "start": start,
            "trivial_loss": task.trivial_loss,
            "success_loss": task.success_loss,
            "success": result.best["val_loss"] < task.success_loss,
            **result.summary(),
        }
        for start, result in results.items()
    }
    print(table(summaries, experiment.accuracy, experiment.outcome))
    print(f"\n{time.perf_counter() - begun:.0f} s; everything is in {directory.path}")
    print(f"learning curves: {directory.curves}")
    main, *others = summaries.values()
    summary = {
        "experiment": experiment.name,
        "directory": str(directory.path),
        **main,
        "compared": others,
        "published": dict(experiment.outcome),
    }
    for start, (each, _) in reversed(runs.items()):
        each.finish(summary if each is directory else summaries[start])
    return summary


def _train(experiment: Experiment, task, options: TrainingOptions):
    import keras

    from keras_nonnormal.training import RunDirectory, optimizer_by_name, train

    print(f"\n{options.start}:")
    directory = RunDirectory(options.out)
    if not directory.finished:  # one to compare with may be, when its run is resumed
        directory.claim(_config(experiment, options), options.resume)
    keras.utils.set_random_seed(options.seed)
    return train(
        experiment.model(task, options),
        task,
        directory,
        optimizer=optimizer_by_name(options.optimizer, options.lr, options.clip_norm),
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=options.seed,
        stop_below=options.stop_below,
        jit_compile=options.jit,
        tensorboard=options.writes_events,
    )


def _config(experiment: Experiment, options: TrainingOptions) -> dict[str, Any]:
    import keras
    import numpy
    import tensorflow

    import keras_nonnormal

    return {
        "experiment": experiment.name,
        "options": {**dataclasses.asdict(options), "resume": False},
        "versions": {
            "python": platform.python_version(),
            "keras_nonnormal": keras_nonnormal.__version__,
            "keras": keras.__version__,
            "tensorflow": tensorflow.__version__,
            "numpy": numpy.__version__,
        },
        "machine": platform.platform(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _load_tensorflow() -> None:
    """Imports TensorFlow without the notes it writes about itself."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _quiet_stderr():
        import tensorflow

        import keras_nonnormal.training  # noqa: F401

        tensorflow.config.list_physical_devices()  # says so if there is no GPU driver


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Holds back what is written to file descriptor 2; shows it if something fails.

    Until its logging is set up, TensorFlow writes there whatever the log level says.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except Exception:
            notes.seek(0)
            os.write(kept, notes.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _how_to_go_on(prog: str, options: TrainingOptions) -> str:
    if not options.out or not Path(options.out, "config.json").exists():
        return "nothing was written"
    return f"go on with: python experiments/{prog} --resume --out {options.out}"
