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
from experiments.networks.results import GAMMA_LEVELS
from experiments.networks.rounds import run_rounds
from experiments.networks.shapes import GAMMAS, of_gamma_programs
from experiments.networks.shapes import NETWORKS as GAMMA_NETWORKS
from experiments.presets import Preset
from experiments.settings import RunOptions

# How much lower a loss has to be, as a share, to be lower: PyTorch's number.
PLATEAU_THRESHOLD = 1e-4
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
        gamma_program: What the preset `script` is for the networks of the gamma
            programs.
        schedule: What training is told besides, such as how to choose the best epoch.
    """

    demos: Mapping[str, Preset]
    scores: tuple[str, ...]
    results: Callable[[Any], Mapping[str, str]]
    gamma_program: Preset
    schedule: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    family: ClassVar[str] = "networks"
    about: ClassVar[str] = (
        "nnRNN, expRNN, EURNN, RNN, LSTM, GRU and ANRU, with stairs, gamma, or without"
    )
    example: ClassVar[str] = "--net-type nnRNN"
    marks: ClassVar[tuple[str, ...]] = ("net_type", "nonlin", "stair", "nvar", "test")

    def __post_init__(self):
        usual = {"demo": self.demos[NetworkOptions.net_type], "script": {}}
        object.__setattr__(self, "presets", {**usual, **self.presets})

    def unnamed_preset(self, given):
        # The flags of the published programs mean what they meant there.
        usual = {field.name for field in dataclasses.fields(RunOptions)} | OF_DEMO
        if given.get("nonlin") in GAMMAS:
            usual.add("nonlin")
        return "demo" if given.keys() <= usual else "script"

    def settings(self, preset, given):
        if preset == "script" and of_gamma_programs(given):
            return self.gamma_program
        if preset != "demo":
            return self.presets[preset]
        network = given.get("net_type")
        if network in (None, "RNN") and given.get("nonlin") in GAMMAS:
            return self.demos["gamma"]
        return self.demos.get(network or "", self.presets["demo"])

    def run(self, options):
        if getattr(options, "rounds", 1) > 1:
            return run_rounds(self, options)
        return super().run(options)

    def test(self, options):
        from experiments.networks.conditions import run_test

        return run_test(self, options)

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
            weight_decay=options.weight_decay,
            clip_norm=options.clip,
            clip_value=options.clip_value,
            gamma_frozen=triangle and options.gamma_zero_gradient,
            twice_as_fast=options.paired_biases,
        )

    def training(self, task, options) -> dict[str, Any]:
        return {
            "epochs": options.epochs,
            "batch_size": options.batch,
            "save_every": getattr(options, "save_freq", None),
            "report_every": getattr(options, "report_every", None),
            "log_gradient_norm": options.log_gradient_norm,
            "callbacks": _logs(task, options),
            **self.schedule,
            **(self._plateau(options) if options.plateau_factor is not None else {}),
        }

    def _plateau(self, options) -> dict[str, Any]:
        """How the rate is reduced with `--plateau-factor`; nothing else reduces it."""
        plan = {"factor": options.plateau_factor, "patience": options.plateau_patience}
        plan["threshold"] = PLATEAU_THRESHOLD
        if "monitor" in self.schedule:  # else there is no validation split
            plan |= {"monitor": "val_loss", "mode": "min"}
        return {"reduce_on_plateau": plan, "halve_on_plateau": False}

    def announcement(self, task, options) -> str:
        return (
            f"{task.name}: {task.length} steps, {self._parameters(options, task):,} "
            f"parameters, seed {options.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def further_tests(self, model, task, options):
        """Those of sequences that are transformed, with `--transformed`."""
        if not getattr(options, "transformed", False):
            return {}
        from experiments.networks.conditions import scores_under
        from experiments.networks.transform_options import PUBLISHED

        changed = [each for each in PUBLISHED if each != "none"]
        return scores_under(changed, model, task, options)

    def summary(self, run: Run, task) -> dict[str, Any]:
        return {
            "start": run.options.start,
            "parameters": self._parameters(run.options, task),
            "trivial_loss": task.trivial_loss,
            **run.result.summary(),
            **({"tests": {"none": run.result.test, **run.tests}} if run.tests else {}),
        }

    def published(self, options) -> Mapping[str, str]:
        if options.stair != "none":
            return {"setting": "networks with a stair", "results": "none"}
        network = options.net_type in GAMMA_NETWORKS or options.has_shape
        if network or options.preset.startswith("gamma/"):
            nothing = {"setting": "networks with a gamma", "results": "none"}
            return GAMMA_LEVELS.get(self.name, nothing)
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
            from keras_nonnormal.training.files import replacing

            with replacing(Path(path).with_suffix(".keras")) as temporary:
                shutil.copyfile(run.directory.model, temporary)

    def _parameters(self, options, task) -> int:
        widths = {**options.widths}
        if task.stateful:  # a text of the user's own has a vocabulary of its own
            widths |= {"output_width": task.output_width}
            widths |= {"vocabulary": task.input_width}
        return count_parameters(
            options.net_type,
            options.nhid,
            **options.counted,
            **widths,
        )


def _logs(task, options) -> list[Any]:
    """Callbacks that log what the network is like after every epoch."""
    from keras_nonnormal.training import (
        SpectralNormLog,
        TransformedValidation,
        VariableLog,
    )

    logs: list[Any] = [SpectralNormLog()] if options.log_spectral_norm else []
    if getattr(options, "transformed", False):
        logs.append(TransformedValidation(task, seed=options.seed, period=task.length))
    names = ["alpha"] if options.learned_steps else []
    if options.learns_shape:
        names += ["gain", "saturation"]
    logs += [VariableLog(Path(options.out, f"{name}.csv"), name) for name in names]
    return logs
