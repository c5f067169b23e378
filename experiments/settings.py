"""Options that all runs share, and those of the experiments on starts."""

import dataclasses
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.options import OptionError, Options, flag, option
from experiments.presets import GAINS

STRATEGIES = ("none", "mirrored", "multiworker")
OPTIMIZERS = ("rmsprop-keras2", "rmsprop-torch", "rmsprop", "adam", "adam-torch")


@dataclass(frozen=True)
class RunOptions(Options):
    """Options of every run: what it starts from, where it runs and what it leaves."""

    preset: str = option(
        "demo", "settings to start from; other flags override them", role="source"
    )
    quick: bool = option(
        False, "fewer sequences and epochs: seconds, to see it run", role="source"
    )
    seed: int = option(
        1,
        "decides data, their order, and all random weights",
        low=0,
        high=2**32 - 1,
        alias=("rand_seed", "random_seed"),
        role="seed",
    )
    jit: bool | None = option(True, "compile with XLA", role="numerics")
    device: str = option("auto", "cpu, gpu, gpu:1 and so on, or auto", role="where")
    strategy: str = option(
        "none",
        "train on several devices at once, each with its share of a batch: on all GPUs "
        "(mirrored), or on the machines that TF_CONFIG names (multiworker)",
        choices=STRATEGIES,
        role="where",
    )
    tensorboard: bool | None = option(
        None, "write TensorBoard events (default: if it is installed)", role="where"
    )
    out: str | None = option(
        None, "run directory (default: a new one under runs/)", role="where"
    )
    resume: bool = option(
        False,
        "continue the run in --out, else the latest unfinished one under runs/",
        role="where",
    )
    json: bool = option(
        False, "print the results as JSON, all else to standard error", role="shown"
    )

    def __post_init__(self):
        super().__post_init__()
        if not re.fullmatch(r"auto|cpu|gpu(:\d+)?", self.device):
            raise OptionError(
                f"--device: expected cpu, gpu, gpu:1 or auto, received {self.device!r}"
            )
        if self.strategy != "none" and ":" in self.device:
            raise OptionError(
                f"--device: --strategy {self.strategy} takes all devices, expected "
                f"cpu, gpu or auto, received {self.device!r}"
            )
        if self.tensorboard and not has_tensorboard():
            raise OptionError(
                "--tensorboard: TensorBoard is not installed; "
                "pip install tensorboard, or leave the flag out"
            )

    @property
    def label(self) -> str:
        """One word for the name of the run's folder."""
        raise NotImplementedError

    @property
    def start(self) -> str:
        """What is trained, in words."""
        raise NotImplementedError

    @property
    def sequences_per_step(self) -> int:
        """The size of a batch, of all replicas together."""
        options: Any = self
        return options.batch

    @property
    def writes_events(self) -> bool:
        """Whether to write TensorBoard events."""
        return has_tensorboard() if self.tensorboard is None else self.tensorboard

    @property
    def compiles_steps(self) -> bool:
        """Whether to compile whole training steps, not only recurrences."""
        return self.jit is not False

    def compared(self) -> "RunOptions | None":
        """The options of a second training to compare with, or None."""
        return None

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        """What to warn of, a line each.

        Args:
            given: The options that were given as flags.
        """
        yield from ()


@dataclass(frozen=True)
class TrainingOptions(RunOptions):
    """Options of a training; the defaults are those of the published scripts."""

    init: str = option("chain", "start of the recurrent matrix", choices=GAINS)
    init_scale: float | None = option(
        None,
        "free gain of the start; default: "
        + ", ".join(f"{gain.default} for {name}" for name, gain in GAINS.items()),
        above=0,
    )
    compare: str | None = option(
        None,
        "also train this start with its default gain, or none",
        choices=GAINS,
        role="label",
    )
    hidden_units: int = option(100, "recurrent units", low=1)

    optimizer: str = option(
        "rmsprop-keras2", "update rule, with its own constants", choices=OPTIMIZERS
    )
    lr: float = option(1e-4, "learning rate", above=0)
    clip_norm: float | None = option(
        10.0, "largest joint norm of all gradients, or none", above=0
    )
    batch_size: int = option(16, "sequences per step", low=1)
    epochs: int = option(
        100, "passes over the training sequences, at most", low=1, role="length"
    )
    stop_below: float | None = option(
        0.0025, "stop after an epoch with a validation loss below this, or none"
    )

    train_size: int = option(60_000, "training sequences", low=1)
    validation_size: int = option(
        10_000,
        "validation sequences; 0 validates on the test sequences, as published",
        low=0,
    )
    test_size: int = option(10_000, "test sequences", low=1)

    def __post_init__(self):
        super().__post_init__()
        gain = GAINS[self.init]
        if self.init_scale is None:  # so that config.json says which gain it was
            object.__setattr__(self, "init_scale", gain.default)
        elif self.init_scale > gain.high:
            raise OptionError(
                f"--init-scale: the gain of {self.init} is its {gain.meaning}, "
                f"expected at most {gain.high:g} (published: {gain.grid[0]:g} to "
                f"{gain.grid[-1]:g}), received {self.init_scale!r}"
            )
        if self.compare == self.init:
            raise OptionError(f"--compare: expected another start than {self.init}")
        if self.batch_size > self.train_size:
            raise OptionError(
                f"--batch-size: expected at most --train-size, {self.train_size}, "
                f"received {self.batch_size}"
            )

    @property
    def sequences_per_step(self):
        return self.batch_size

    @property
    def label(self) -> str:
        """The start."""
        return self.init

    @property
    def start(self) -> str:
        """The start in words: `chain, gain 1.02`."""
        return f"{self.init}, gain {self.init_scale:g}"

    def compared(self):
        """The same options for the start to compare with, or None if there is none."""
        if self.compare is None:
            return None
        return dataclasses.replace(
            self,
            init=self.compare,
            init_scale=None,
            compare=None,
            out=self.out and os.path.join(self.out, self.compare),
        )


@dataclass(frozen=True)
class DrawnTaskOptions(TrainingOptions):
    """Options of the tasks whose sequences are drawn at random."""

    legacy_data: bool = option(
        False,
        "draw the published program's own sequences of this seed; needs "
        "--validation-size 0",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.legacy_data and self.validation_size:
            raise OptionError(
                f"{flag('legacy_data')}: the published data have no validation "
                f"sequences, expected --validation-size 0, received "
                f"{self.validation_size}"
            )


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None
