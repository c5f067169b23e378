"""The family of experiments on networks."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from experiments.experiment import Experiment, Run
from experiments.networks.budget import count_parameters
from experiments.networks.options import NetworkOptions
from experiments.networks.report import results_table
from experiments.networks.rounds import run_rounds
from experiments.presets import Preset
from experiments.settings import RunOptions

# The flags, besides those about runs, with which a run is still a demonstration.
OF_DEMO = {
    *("net_type", "stair", "rounds", "name", "cuda"),
    *("log_gradient_norm", "log_spectral_norm"),
}


@dataclass(frozen=True)
class Networks(Experiment):
    """One task of that publication.

    Args:
        demos: What the preset `demo` is for each network.
        scores: Names of the metrics that are shown beside the loss.
        results: Maps options to what was published.
        schedule: What training is told besides, such as how to choose the best epoch.
    """

    demos: Mapping[str, Preset]
    scores: tuple[str, ...]
    results: Callable[[Any], Mapping[str, str]]
    schedule: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    family: ClassVar[str] = "networks"
    about: ClassVar[str] = "nnRNN, expRNN, EURNN, RNN and LSTM, with stairs or without"
    example: ClassVar[str] = "--net-type nnRNN"
    marks: ClassVar[tuple[str, ...]] = ("net_type", "stair", "nvar")

    def __post_init__(self):
        usual = {"demo": self.demos[NetworkOptions.net_type], "script": {}}
        object.__setattr__(self, "presets", {**usual, **self.presets})

    def unnamed_preset(self, given):
        # The flags of the published programs mean what they meant there.
        about_runs = {field.name for field in dataclasses.fields(RunOptions)}
        return "demo" if given.keys() <= about_runs | OF_DEMO else "script"

    def settings(self, preset, given):
        if preset == "demo":
            return self.demos.get(given.get("net_type", ""), self.presets["demo"])
        return self.presets[preset]

    def run(self, options):
        if getattr(options, "rounds", 1) > 1:
            return run_rounds(self, options)
        return super().run(options)

    def model(self, task, options):
        from experiments.networks.models import network

        return network(task, options)

    def optimizer(self, options):
        from keras_nonnormal.training import two_rate_optimizer

        orthogonal = options.net_type in ("expRNN", "nnRNN")
        triangle = options.net_type == "nnRNN"
        return two_rate_optimizer(
            options.optimizer,
            options.lr,
            orthogonal_rate=options.lr_orth if orthogonal else None,
            alpha=options.alpha,
            betas=options.betas,
            upper_decay=options.Tdecay if triangle else 0.0,
            clip_norm=options.clip,
            clip_value=options.clip_value,
            gamma_frozen=triangle and options.gamma_zero_gradient,
        )

    def training(self, options) -> dict[str, Any]:
        return {
            "epochs": options.epochs,
            "batch_size": options.batch,
            "save_every": getattr(options, "save_freq", None),
            "report_every": getattr(options, "report_every", None),
            "log_gradient_norm": options.log_gradient_norm,
            "callbacks": _logs(options),
            **self.schedule,
        }

    def announcement(self, task, options) -> str:
        return (
            f"{task.name}: {task.length} steps, {self._parameters(options, task):,} "
            f"parameters, seed {options.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def summary(self, run: Run, task) -> dict[str, Any]:
        return {
            "start": run.options.start,
            "parameters": self._parameters(run.options, task),
            "trivial_loss": task.trivial_loss,
            **run.result.summary(),
        }

    def published(self, options) -> Mapping[str, str]:
        if options.stair != "none":
            return {"setting": "networks with a stair", "results": "none"}
        return self.results(options)

    def report(self, summaries, options) -> str:
        return results_table(summaries, self.scores, self.published(options))

    def draw(self, runs: list[Run], task, path) -> None:
        from keras_nonnormal.plotting import learning_curves
        from keras_nonnormal.training.files import replacing

        fresh = getattr(runs[0].options, "updates_per_epoch", None)
        per_row = fresh or 1
        histories = {
            run.options.start: [
                {**row, "update": per_row * row["epoch"]} for row in run.result.history
            ]
            for run in runs
        }
        figure = learning_curves(
            histories,
            trivial_loss=task.trivial_loss,
            title=f"{task.name}, {task.length} steps",
            metric="loss" if fresh else "val_loss",
            label="loss of fresh sequences" if fresh else "validation loss",
            index="update" if fresh else "epoch",
        )
        with replacing(path) as temporary:
            figure.savefig(temporary)

    def finish(self, run: Run) -> None:
        """Copies the model to where `--save` says."""
        if path := getattr(run.options, "save", None):
            shutil.copyfile(run.directory.model, Path(path).with_suffix(".keras"))

    def _parameters(self, options, task) -> int:
        widths = {**options.widths}
        if task.stateful:  # a text of the user's own has a vocabulary of its own
            widths |= {"output_width": task.output_width}
            widths |= {"vocabulary": task.input_width}
        return count_parameters(
            options.net_type,
            options.nhid,
            modrelu=options.nonlin == "modrelu",
            capacity=options.capacity,
            fft=options.fft,
            complex=options.complex,
            stair_steps=options.learned_steps,
            **widths,
        )


def _logs(options) -> list[Any]:
    """Callbacks that log what the network is like after every epoch."""
    from keras_nonnormal.training import SpectralNormLog, VariableLog

    logs: list[Any] = [SpectralNormLog()] if options.log_spectral_norm else []
    if options.learned_steps:
        logs.append(VariableLog(Path(options.out, "alpha.csv"), "alpha"))
    return logs
