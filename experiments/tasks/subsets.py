"""The first examples of data sets, as many as options ask for."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.core.options import option
from experiments.core.program import Task

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Sized(Task):
    """A task whose splits can be cut down."""

    unit: ClassVar[str] = "examples"

    train_size: int | None = option(None, "examples to train on, or none: all", low=1)
    validation_size: int | None = option(
        None, "examples to validate on, or none: all", low=1
    )
    test_size: int | None = option(None, "examples to test on, or none: all", low=1)

    def size(self, split: str) -> int | None:
        """How much of a split is used; None for all."""
        return getattr(self, f"{split}_size")

    def shortened(self, task: Any) -> Any:
        """A task with the first examples, or of a text the first tokens, of each split.

        Args:
            task: A task with `corpus` or with `splits`.
        """
        if hasattr(task, "corpus"):
            return dataclasses.replace(task, corpus=self.cut(task.corpus))
        cut = {s: _first(getattr(task.splits, s), self.size(s)) for s in SPLITS}
        return dataclasses.replace(task, splits=type(task.splits)(**cut))

    def cut(self, corpus: Any) -> Any:
        """A corpus with the first tokens of each split."""
        texts = {s: getattr(corpus, s)[: self.size(s)] for s in SPLITS}
        return dataclasses.replace(corpus, **texts)


def _first(examples: Any, count: int | None) -> Any:
    if count is None or len(examples) <= count:
        return examples
    inputs = examples.inputs
    if isinstance(inputs, tuple):
        inputs = tuple(each[:count] for each in inputs)
    else:
        inputs = inputs[:count]
    return type(examples)(inputs, examples.targets[:count])
