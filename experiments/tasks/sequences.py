"""Options that tasks of sequences share."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.core.options import OptionError, option
from experiments.core.parts import Task

NNRNN = ("nnrnn", "gamma")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Sizes(Task):
    """A task with options for the size of each split, which may cut these short."""

    @property
    def sizes(self) -> dict[str, Any]:
        """How much of each split there is; None for all."""
        return {split: getattr(self, f"{split}_size") for split in SPLITS}

    def shortened(self, task: Any) -> Any:
        """A task with the first examples, or tokens of a text, of each split."""
        if hasattr(task, "corpus"):
            return dataclasses.replace(task, corpus=self.cut(task.corpus))
        cut = {s: first(getattr(task.splits, s), n) for s, n in self.sizes.items()}
        return dataclasses.replace(task, splits=type(task.splits)(**cut))

    def cut(self, corpus: Any) -> Any:
        """A corpus with the first tokens of each split."""
        texts = {s: getattr(corpus, s)[:n] for s, n in self.sizes.items()}
        return dataclasses.replace(corpus, **texts)


@dataclass(frozen=True)
class Drawn(Sizes):
    """Sequences that are drawn at random before the training."""

    activation: ClassVar[str]  # of the hidden units
    quick: ClassVar[dict[str, Any]] = {
        "epochs": 6,
        "train_size": 6400,
        "validation_size": 512,
        "test_size": 512,
    }

    train_size: int = option(60_000, "training sequences", low=1)
    validation_size: int = option(
        10_000,
        "validation sequences; 0 validates on the test sequences, as published",
        low=0,
    )
    test_size: int = option(10_000, "test sequences", low=1)
    legacy_data: bool = option(
        False,
        "draw the published program's own sequences of this seed; needs "
        "--validation-size 0",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.legacy_data and self.validation_size:
            raise OptionError(
                "--legacy-data: the published data have no validation "
                f"sequences, expected --validation-size 0, received "
                f"{self.validation_size}"
            )


@dataclass(frozen=True)
class Sized(Sizes):
    """A task whose splits can be cut down."""

    train_size: int | None = option(None, "examples to train on, or none: all", low=1)
    validation_size: int | None = option(
        None, "examples to validate on, or none: all", low=1
    )
    test_size: int | None = option(None, "examples to test on, or none: all", low=1)


@dataclass(frozen=True)
class Stream(Task):
    """Sequences that are drawn afresh for every update."""

    skew_start: ClassVar[str] = "henaff"
    alpha_start: ClassVar[float] = 1.0  # of the stair "alpha"

    updates: int | None = option(1500, "updates in all", low=1, role="length")
    log_interval: int = option(
        20, "updates per row of metrics and per checkpoint, at most", low=1
    )

    @property
    def updates_per_epoch(self) -> int:
        """Updates per row of metrics: a divisor of all."""
        updates = self.updates or 1
        most = min(self.log_interval, updates)
        return next(d for d in range(most, 0, -1) if updates % d == 0)

    @property
    def epochs(self) -> int:
        """Rows of metrics in all."""
        return (self.updates or 1) // self.updates_per_epoch


def first(examples: Any, count: int | None) -> Any:
    """The first of stored examples; all if `count` is None."""
    inputs = examples.inputs
    several = isinstance(inputs, tuple)
    inputs = tuple(each[:count] for each in inputs) if several else inputs[:count]
    return type(examples)(inputs, examples.targets[:count])
