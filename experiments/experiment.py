"""What an experiment consists of, and how it runs: data, models, training, report."""

import dataclasses
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.presets import Preset
from experiments.report import table
from experiments.settings import TrainingOptions


@dataclass(frozen=True)
class Experiment:
    """A training script.

    Args:
        name: Name of the script and of its folder under `runs/`.
        description: What `--help` says first.
        options: Class of its options.
        presets: Its presets by name; `demo` is the default.
        quick: What `--quick` allows at most.
        data: Maps options to a `keras_nonnormal.datasets.Task`. This and `model` import
            what they need themselves, so that wrong options are refused before
            TensorFlow is loaded.
        model: Maps task and options to an uncompiled `keras.Model`.
        accuracy: Name of the accuracy to report.
        outcome: What was published, by start, and its `setting`.
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

    def run(self, options: TrainingOptions) -> dict[str, Any]:
        """Trains, reports, and finishes the run directory.

        Args:
            options: The options, `out` among them.

        Returns:
            The summary that is in `summary.json`.
        """
        from keras_nonnormal.recurrence import set_jit_compile
        from keras_nonnormal.training import on_device

        begun = time.perf_counter()
        set_jit_compile(options.jit)
        with on_device(options.device):
            task = self.data(options)
            print(
                f"{task.name}: {len(task.splits.train)} sequences of {task.length} "
                f"steps, {options.hidden_units} units, seed {options.seed}; trivial "
                f"loss {task.trivial_loss:.4f}, success below {task.success_loss:.4f}"
            )
            runs = [self._train(task, options)]
            if (other := options.compared()) is not None:
                runs.append(self._train(task, other))
        directory = runs[0].directory
        _draw(runs, task, directory.curves)
        summaries = {run.options.start: run.summary(task) for run in runs}
        print(table(summaries, self.accuracy, self.outcome))
        print(f"\n{time.perf_counter() - begun:.0f} s; the run is in {directory.path}")
        print(f"learning curves: {directory.curves}")
        main, *others = summaries.values()
        for run in runs[1:]:
            run.directory.finish(summaries[run.options.start])
        summary = {
            "experiment": self.name,
            "directory": str(directory.path),
            **main,
            "compared": others,
            "published": dict(self.outcome),
        }
        directory.finish(summary)
        return summary

    def _train(self, task, options: TrainingOptions) -> "_Run":
        import keras

        from keras_nonnormal.training import RunDirectory, optimizer_by_name, train

        print(f"\n{options.start}:")
        directory = RunDirectory(options.out)
        if not directory.finished:  # one to compare with may be, in a resumed run
            directory.claim(self._config(options), options.resume)
        keras.utils.clear_session()
        keras.utils.set_random_seed(options.seed)
        result = train(
            self.model(task, options),
            task,
            directory,
            optimizer=optimizer_by_name(
                options.optimizer, options.lr, options.clip_norm
            ),
            epochs=options.epochs,
            batch_size=options.batch_size,
            seed=options.seed,
            stop_below=options.stop_below,
            jit_compile=options.jit,
            tensorboard=options.writes_events,
        )
        return _Run(options, directory, result)

    def _config(self, options: TrainingOptions) -> dict[str, Any]:
        import keras
        import numpy
        import tensorflow

        import keras_nonnormal

        return {
            "experiment": self.name,
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


@dataclass(frozen=True)
class _Run:
    """One start, trained: its options, `RunDirectory` and `TrainingResult`."""

    options: TrainingOptions
    directory: Any
    result: Any

    def summary(self, task) -> dict[str, Any]:
        return {
            "start": self.options.start,
            "trivial_loss": task.trivial_loss,
            "success_loss": task.success_loss,
            "success": self.result.best["val_loss"] < task.success_loss,
            **self.result.summary(),
        }


def _draw(runs: list[_Run], task, path) -> None:
    from keras_nonnormal.plotting import learning_curves
    from keras_nonnormal.training.files import replacing

    figure = learning_curves(
        {run.options.start: run.result.history for run in runs},
        trivial_loss=task.trivial_loss,
        success_loss=task.success_loss,
        title=f"{task.name}, {task.length} steps, {runs[0].options.hidden_units} units",
    )
    with replacing(path) as temporary:
        figure.savefig(temporary)
