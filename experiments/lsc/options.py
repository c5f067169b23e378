"""The options that all experiments with pre-training share."""

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from experiments.lsc.comments import Translation, translate
from experiments.lsc.targets import target_of
from experiments.options import OptionError, changed, flag, option
from experiments.settings import RunOptions

METHODS = ("none", "controller", "gradient", "published")
OPTIMIZERS = ("lookahead-adabelief", "adabelief", "adam", "heavy-ball")
# Where XLA's products outside the recurrence are no longer the faster ones on a CPU.
FEWEST_UNITS_FOR_PARTS = 256


@dataclass(frozen=True)
class StabilizedOptions(RunOptions):
    """Options of a network that is made locally stable, and of its training."""

    pretrain: str = option(
        "none",
        "how to make the network locally stable before it is trained: by scaling its "
        "weights, by gradient steps, or as was published",
        choices=METHODS,
        group="stability",
    )
    compare: bool = option(
        False,
        "also train the same network without pre-training",
        paired=True,
        role="label",
    )
    target: str = option(
        "auto",
        "spectral radius of the transitions: a number, auto (1 for one layer or a "
        "feed-forward network, else 0.5), unbalanced (T / (T + L) in time, L / (T + L) "
        "in depth), or one for each kind such as rec=0.5,enc=1",
        group="stability",
    )
    pretrain_steps: int | None = option(
        None,
        "iterations of pre-training at most (default: those of the method); 0 only "
        "measures",
        low=0,
        group="stability",
    )
    pretrain_batch: int | None = option(
        None,
        "examples per iteration of pre-training (default: 16, or as was published)",
        low=1,
        group="stability",
    )
    pretrain_lr: float | None = option(
        None,
        "learning rate of pre-training by gradient steps",
        above=0,
        group="stability",
    )
    store: str | None = option(
        None,
        "folder that keeps pre-trained weights, and has them if it is done again",
        role="where",
        group="stability",
    )
    only_pretrain: bool = option(
        False, "stop when the network is stable", group="stability"
    )

    optimizer: str = option(
        "lookahead-adabelief",
        "update rule; heavy-ball is what the published figure 4 and table 1 in fact "
        "had, with Lookahead",
        choices=OPTIMIZERS,
    )
    lr: float | None = option(
        None, "learning rate (default: that of the published tables)", above=0
    )
    weight_decay: float = option(0.0, "decoupled weight decay", low=0)
    clip_norm: float | None = option(
        None, "largest joint norm of all gradients, or none", above=0
    )
    schedule: str = option(
        "constant",
        "learning rate over time; cosine falls to a tenth within 1 / 6.5 of all steps",
        choices=("constant", "cosine"),
    )
    batch: int | None = option(
        None,
        "examples per update (default: that of the published tables)",
        low=1,
        alias="batch_size",
    )
    epochs: int | None = option(
        None,
        "passes over the data, at most (default: as was published)",
        low=1,
        role="length",
    )
    patience: int | None = option(
        10,
        "stop when so many epochs in a row were not the best by validation loss, or "
        "none; the best is kept",
        low=1,
    )
    time_limit: float | None = option(
        None,
        "hours that pre-training and training may take, or none; no epoch is begun "
        "that would end later",
        above=0,
        role="length",
    )
    train_size: int | None = option(None, "examples to train on, or none: all", low=1)
    validation_size: int | None = option(
        None, "examples to validate on, or none: all", low=1
    )
    test_size: int | None = option(None, "examples to test on, or none: all", low=1)
    comments: str | None = option(
        None,
        "run string of the published program, such as findLSC_radius_targetnorm:.5; "
        "its parts are translated into these options, and flags override them",
        role="label",
    )
    name: str | None = option(
        None, "label in the name of the run's folder", role="label"
    )
    seed: int = changed(RunOptions, "seed", 0)
    jit: bool | None = changed(
        RunOptions,
        "jit",
        None,
        help="compile with XLA (default: recurrences; all of a training step below "
        f"{FEWEST_UNITS_FOR_PARTS} units)",
    )

    program: ClassVar[str]

    def __post_init__(self):
        super().__post_init__()
        target_of(self.target)
        if self.name is not None and not re.fullmatch(r"[\w.+-]+", self.name):
            raise OptionError(
                "--name: expected a part of a folder's name, of letters, digits and "
                f"_ . + -, received {self.name!r}"
            )

    @classmethod
    def understood(cls, given):
        if given.get("comments") is None:
            return given
        return {**cls._translated(given).options, **given}

    @classmethod
    def _translated(cls, given: Mapping[str, Any]) -> Translation:
        names = {name: given.get(name, getattr(cls, name, "")) for name in OF_STRINGS}
        return translate(given["comments"], cls.program, **names)

    @property
    def stability(self) -> str:
        """How the network was made stable, in words: `as drawn`, `radius 0.5`."""
        if self.pretrain == "none":
            return "as drawn"
        return f"radius {self.target} ({self.pretrain})"

    @property
    def published_steps(self) -> int:
        """Iterations of the published pre-training, at most."""
        raise NotImplementedError

    @property
    def widest(self) -> int:
        """Units of the widest layer."""
        raise NotImplementedError

    @property
    def compiles_steps(self) -> bool:
        """Whether to compile whole training steps, not only recurrences."""
        return self.widest < FEWEST_UNITS_FOR_PARTS if self.jit is None else self.jit

    @property
    def goals(self) -> float | str | dict[str, float]:
        """The target as the library takes it."""
        return target_of(self.target)

    def compared(self) -> Self | None:
        if not self.compare or self.pretrain == "none":
            return None
        out = self.out and os.path.join(self.out, "none")
        return dataclasses.replace(self, pretrain="none", compare=False, out=out)

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        if self.comments is not None:
            notes = self._translated({**vars(self), **given}).notes
            yield from (f"--comments: {note}" for note in notes)
        if self.pretrain == "none" and self.comments is None:
            for name in OF_PRETRAINING:
                if name in given:
                    yield f"{flag(name)} has no effect without --pretrain"
        elif "pretrain_lr" in given and self.pretrain == "controller":
            yield "--pretrain-lr has no effect: the controller takes no gradient steps"

    def _settle(self, name: str, value: Any) -> None:
        """Sets what was left open, so that config.json says it."""
        if getattr(self, name) is None:
            object.__setattr__(self, name, value)


OF_STRINGS = ("net", "task")
OF_PRETRAINING = (
    "compare",
    "target",
    "pretrain_batch",
    "pretrain_lr",
    "store",
    "only_pretrain",
)
