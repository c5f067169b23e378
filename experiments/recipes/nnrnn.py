"""nnRNN and its competitors: Kerg et al. (2019), https://arxiv.org/abs/1905.12080.

Later programs were made from that one: for networks with a stair, and, with defaults of
their own, for those whose non-linearity adapts, https://arxiv.org/abs/2006.12253 (the
recipe `gamma`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from experiments.core.options import OptionError, option
from experiments.core.parts import Recipe
from experiments.networks.recurrent import GAMMAS

# How much lower a loss has to be, as a share, to be lower: PyTorch's number.
PLATEAU_THRESHOLD = 1e-4


@dataclass(frozen=True)
class Nnrnn(Recipe):
    """Training by the published programs: rates for two groups of parameters."""

    name = "nnrnn"
    about = "nnRNN, expRNN, EURNN, RNN, LSTM and other networks, with stairs or without"
    defaults: ClassVar[Mapping[str, Any]] = {"seed": 400, "jit": None}

    optimizer: str = option("RMSprop", "update rule", choices=("RMSprop", "Adam"))
    adam: bool | None = option(
        None, "short for --optimizer Adam, or RMSprop", role="source"
    )
    learning_rate: float = option(2e-4, "learning rate", above=0, alias="lr")
    alpha: float = option(0.99, "RMSprop: smoothing of squares", low=0, high=1)
    betas: tuple[float, float] = option(
        (0.9, 0.999), "Adam: smoothing of gradients and of squares", low=0, high=1
    )
    clip_norm: float | None = option(
        None, "largest joint norm of all gradients, or none", above=0, alias="clip"
    )
    clip_value: float | None = option(
        None, "largest magnitude of an entry of a gradient, or none", above=0
    )
    weight_decay: float = option(0.0, "L2 decay of all weights", low=0)
    batch_size: int = option(10, "sequences per update", low=1, alias="batch")
    plateau_factor: float | None = option(
        None,
        "factor on the learning rate when the validation loss has stopped falling, or "
        "none",
        above=0,
        high=1,
    )
    plateau_patience: int = option(
        10, "epochs without a lower validation loss until then", low=0
    )
    log_gradient_norm: bool = option(
        False,
        "also log the joint norm of all gradients before clipping",
        role="label",
    )
    log_spectral_norm: bool = option(
        False,
        "also log the largest singular value of the recurrent matrix",
        role="label",
    )
    slen: int | None = option(
        None, "accepted, as by the published programs, which leave it at that"
    )
    note: str | None = option(None, "a text to keep in config.json", role="label")
    task: str | None = option(
        None, "accepted, as by the published programs: the script's own", role="source"
    )

    @classmethod
    def understood(cls, script, given):
        adam = given.pop("adam", None)
        if adam is not None:
            given.setdefault("optimizer", "Adam" if adam else "RMSprop")
        return given

    def settled(self, program):
        if self.clip_norm is not None and self.clip_value is not None:
            raise OptionError(
                "--clip-norm and --clip-value exclude each other; choose one"
            )
        below, script = "expected less than 1", program.script
        self.refuse_if(self.alpha == 1, "alpha", below)
        self.refuse_if(1 in self.betas, "betas", below)
        self.refuse_if(self.plateau_factor == 1, "plateau_factor", below)
        known = (None, script, script.split("_")[0])
        expected = f"this is {script}.py, expected {script}"
        self.refuse_if(self.task not in known, "task", expected)
        return self

    def new_optimizer(self, program, task):
        from keras_nonnormal.training import two_rate_optimizer

        return two_rate_optimizer(
            self.optimizer,
            self.learning_rate,
            alpha=self.alpha,
            betas=self.betas,
            weight_decay=self.weight_decay,
            clip_norm=self.clip_norm,
            clip_value=self.clip_value,
            twice_as_fast=program.network.paired_biases,
            **program.network.rates(self),
        )

    def training(self, program, task):
        from keras_nonnormal.training import Schedule

        monitored = {**program.task.schedule, **self._plateau(program)}
        return {
            "schedule": Schedule(program.task.epochs, self.batch_size, **monitored),
            "save_every": getattr(program.task, "save_freq", None),
            "report_every": getattr(program.task, "report_every", None),
            "log_gradient_norm": self.log_gradient_norm,
            "callbacks": self._logs(program, task),
        }

    def tests(self, program, model, task):
        """Sequences that are transformed, with `--transformed`."""
        if not getattr(program.task, "transformed", False):
            return {}
        from experiments.recipes.transformed import scores_under
        from experiments.tasks.psmnist import PUBLISHED

        changed = [each for each in PUBLISHED if each != "none"]
        return scores_under(changed, model, task, program)

    def test(self, program) -> dict[str, Any]:
        """Tests a run that was made before, and leaves it as it is."""
        from experiments.recipes.transformed import run_test

        return run_test(program)

    def announcement(self, program, task):
        if getattr(program.task, "carry_step", False) and program.network.learned_steps:
            self._check_steps(program, task)
        parameters = program.network.parameters(program, task)
        return (
            f"{task.name}: {task.length} steps, {parameters:,} "
            f"parameters, seed {program.run.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def published(self, program):
        if program.options.get("stair", "none") != "none":
            return {}
        return super().published(program)

    def curves(self, program, task):
        curves = {
            "trivial_loss": task.trivial_loss,
            "title": f"{task.name}, {task.length} steps",
        }
        if hasattr(program.task, "updates_per_epoch"):
            fresh = "loss of fresh sequences"
            curves |= {"metric": "loss", "label": fresh, "index": "update"}
        return curves

    def idle(self, program):
        other = {"RMSprop": "betas", "Adam": "alpha"}[self.optimizer]
        yield other, f"the optimizer is {self.optimizer}"
        if self.plateau_factor is None:
            yield "plateau_patience", "without --plateau-factor"
        yield "slen", "the task says how long its sequences are"

    def _plateau(self, program) -> dict[str, Any]:
        """How the rate is reduced with `--plateau-factor`; nothing else reduces it."""
        if self.plateau_factor is None:
            return {}
        plan: dict[str, Any] = {
            "factor": self.plateau_factor,
            "patience": self.plateau_patience,
            "threshold": PLATEAU_THRESHOLD,
        }
        if "monitor" in program.task.schedule:  # else there is no validation split
            plan |= {"monitor": "val_loss", "mode": "min"}
        return {"reduce_on_plateau": plan}

    def _logs(self, program, task) -> list[Any]:
        """Callbacks that log what the network is like after every epoch."""
        from keras_nonnormal.training import (
            SpectralNormLog,
            TransformedValidation,
            VariableLog,
        )

        logs: list[Any] = [SpectralNormLog()] if self.log_spectral_norm else []
        if getattr(program.task, "transformed", False):
            seed = program.run.seed
            logs.append(TransformedValidation(task, seed=seed, period=task.length))
        names = ["alpha"] if program.network.learned_steps else []
        if program.network.learns_shape:
            names += ["gain", "saturation"]
        out = program.run.out or ""
        logs += [VariableLog(Path(out, f"{name}.csv"), name) for name in names]
        return logs

    def _check_steps(self, program, task) -> None:
        """Refuses a learned stair that ends before the text does, padding included."""
        options, steps = program.task, program.network.learned_steps
        rows = [task.rows(split) for split in ("validation", "test")]
        rows.append(task.rows("train", self.batch_size))
        longest = max(-(-(each - 1) // options.bptt) * options.bptt for each in rows)
        program.network.refuse_if(
            steps < longest,
            "max_steps",
            f"with --carry-step the stair goes on through the {longest} rows of the "
            "text, expected at least so many",
        )


@dataclass(frozen=True)
class Gamma(Nnrnn):
    """The same with the defaults of the programs for non-linearities that adapt.

    There is no table of hyper-parameters: these are the defaults of the programs.
    """

    name = "gamma"
    about = "networks whose non-linearity is a gamma, ANRU and GRU"

    @classmethod
    def claims(cls, values):
        network, nonlinearity = values.get("net_type"), values.get("nonlin")
        if network in ("ANRU", "ARUN", "GRU"):
            return "net_type"
        if nonlinearity in GAMMAS:
            return "nonlin"
        own = [name for name in values if name in OWN]
        if nonlinearity in (None, "relu") and network in (None, "RNN", "LSTM") and own:
            return own[0]
        return None


# Options that none but the gamma programs have.
OWN = ("gain", "saturation", "random", "learn_params", "transform_ratio")
