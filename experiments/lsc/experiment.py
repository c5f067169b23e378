"""The family of experiments on networks that are made stable before training."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.experiment import Experiment, Run
from experiments.lsc.report import results_table
from experiments.lsc.results import published
from experiments.settings import RunOptions

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class Stabilized(Experiment):
    """One of the scripts.

    Args:
        network: Maps a task and options to a network that is fed with a task's
            batches.
        demos: What the preset `demo` is for some values of an option:
            `{"task": {"wordptb": ...}}`.
        preset_names: The names of the presets, in few words, for `--help`.
    """

    network: Callable[..., Any]
    demos: Mapping[str, Mapping[str, Any]]
    preset_names: str

    family: ClassVar[str] = "stability"
    about: ClassVar[str] = "networks that are made locally stable before training"
    example: ClassVar[str] = "--pretrain controller"
    marks: ClassVar[tuple[str, ...]] = ("pretrain", "comments")

    def presets_in_words(self):
        return self.preset_names

    def unnamed_preset(self, given):
        of_demo = {field.name for field in dataclasses.fields(RunOptions)}
        of_demo |= {"pretrain", "compare", "target", "name", "net", "stack"}
        of_demo |= {"activation", "init", *self.demos}
        return "demo" if given.keys() <= of_demo else "script"

    def settings(self, preset, given):
        values = self.presets[preset]
        if preset == "demo":
            for option, demos in self.demos.items():
                values = demos.get(given.get(option, ""), values)
        return values

    def model(self, task, options):
        return self.network(task, options, carried=task.stateful)

    def training(self, task, options) -> dict[str, Any]:
        limit = options.time_limit
        return {
            "epochs": options.epochs,
            "batch_size": options.batch,
            "metrics": _metrics(options.scores),
            "patience": options.patience,
            "keep_best": True,
            "time_limit": None if limit is None else SECONDS_PER_HOUR * limit,
        }

    def fit(self, model, task, options, directory) -> Any:
        from experiments.lsc.optimizers import optimizer_of
        from experiments.lsc.pretraining import make_stable
        from keras_nonnormal.training import TrainingResult, train
        from keras_nonnormal.training.files import replacing

        def plain():
            return self.network(task, options)

        stage = make_stable(model, plain, task, options, directory)
        if options.only_pretrain:
            with replacing(directory.model) as temporary:
                model.save(temporary)
            return TrainingResult(history=[], test={}, stopped_early=False)
        settings = self.training(task, options)
        steps = options.epochs * task.steps_per_epoch(options.batch)
        return train(
            model,
            task,
            directory,
            optimizer=optimizer_of(options, steps),
            seed=options.seed,
            jit_compile=options.compiles_steps,
            tensorboard=options.writes_events,
            time_spent=stage["seconds"],
            **settings,
        )

    def announcement(self, task, options) -> str:
        return (
            f"{task.name}: {self._parameters(task, options):,} parameters, seed "
            f"{options.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def summary(self, run: Run, task) -> dict[str, Any]:
        from experiments.lsc.pretraining import read_stage

        stage = read_stage(run.directory)
        trained = run.result.summary() if run.result.history else {}
        seconds = trained.get("seconds")
        stage["share"] = round(stage["seconds"] / seconds, 4) if seconds else None
        return {
            "start": run.options.start,
            "parameters": self._parameters(task, run.options),
            "trivial_loss": task.trivial_loss,
            **trained,
            "pretraining": stage,
        }

    def published(self, options) -> Mapping[str, str]:
        return published(options)

    def report(self, summaries, options) -> str:
        return results_table(summaries, options.scores, published(options))

    def draw(self, runs: list[Run], task, path) -> None:
        from keras_nonnormal.plotting import learning_curves
        from keras_nonnormal.training.files import replacing

        figure = learning_curves(
            {run.options.start: run.result.history for run in runs},
            trivial_loss=task.trivial_loss,
            title=task.name,
        )
        with replacing(path) as temporary:
            figure.savefig(temporary)

    def _parameters(self, task, options) -> int:
        vocabulary = task.input_width if task.stateful else None
        return options.count_parameters(vocabulary)


def _metrics(names: tuple[str, ...]) -> list[Any]:
    """Metrics by name, and the share of single predictions that are right."""
    import keras

    from keras_nonnormal.metrics import LastStepAccuracy, ModeAccuracy, Perplexity

    known = {
        "mode_accuracy": ModeAccuracy,
        "last_step_accuracy": LastStepAccuracy,
        "perplexity": Perplexity,
    }
    found: list[Any] = [known[name]() for name in names if name in known]
    return [*found, keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
