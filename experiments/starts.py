"""The experiments on starts: a vanilla recurrent network, started in four ways.

Orhan and Pitkow (2020), https://arxiv.org/abs/1905.13715.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.experiment import Experiment, Run
from experiments.tables import table


@dataclass(frozen=True)
class Starts(Experiment):
    """One task of that publication.

    Args:
        activation: Activation of the hidden units.
        accuracy: Name of the accuracy to report.
        outcome: What was published, by start, and its `setting`.
    """

    activation: str
    accuracy: str
    outcome: Mapping[str, str]

    family: ClassVar[str] = "starts"
    about: ClassVar[str] = "starts of a vanilla recurrent network"
    example: ClassVar[str] = "--init chain"
    marks: ClassVar[tuple[str, ...]] = ("init", "init_scale")

    def settings(self, preset, given):
        values = self.presets[preset]
        init = given.get("init", values.get("init", self.options.init))
        return {**values, "compare": None} if values.get("compare") == init else values

    def model(self, task, options):
        from keras_nonnormal.training import simple_recurrent_network

        return simple_recurrent_network(
            task,
            options.hidden_units,
            activation=self.activation,
            init=options.init,
            init_scale=options.init_scale,
            seed=options.seed,
        )

    def optimizer(self, options):
        from keras_nonnormal.training import optimizer_by_name

        return optimizer_by_name(options.optimizer, options.lr, options.clip_norm)

    def training(self, task, options) -> dict[str, Any]:
        return {
            "epochs": options.epochs,
            "batch_size": options.batch_size,
            "stop_below": options.stop_below,
        }

    def announcement(self, task, options) -> str:
        return (
            f"{task.name}: {len(task.splits.train)} sequences of {task.length} steps, "
            f"{options.hidden_units} units, seed {options.seed}; trivial loss "
            f"{task.trivial_loss:.4f}, success below {task.success_loss:.4f}"
        )

    def summary(self, run: Run, task) -> dict[str, Any]:
        return {
            "start": run.options.start,
            "trivial_loss": task.trivial_loss,
            "success_loss": task.success_loss,
            "success": run.result.best["val_loss"] < task.success_loss,
            **run.result.summary(),
        }

    def published(self, options) -> Mapping[str, str]:
        return self.outcome

    def report(self, summaries, options) -> str:
        return table(summaries, self.accuracy, self.outcome)

    def draw(self, runs: list[Run], task, path) -> None:
        from keras_nonnormal.plotting import learning_curves
        from keras_nonnormal.training.files import replacing

        units = runs[0].options.hidden_units
        figure = learning_curves(
            {run.options.start: run.result.history for run in runs},
            trivial_loss=task.trivial_loss,
            success_loss=task.success_loss,
            title=f"{task.name}, {task.length} steps, {units} units",
        )
        with replacing(path) as temporary:
            figure.savefig(temporary)
