"""Sequences and their targets, in the compact form they are stored in."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Examples:
    """Input sequences and their targets, in the compact form they are stored in.

    A task's `encode` turns a batch of them into what a network reads; until then
    symbols are single bytes and marks are positions.

    Args:
        inputs: An array of shape `(examples, ...)`, or a tuple of such arrays.
        targets: An array of shape `(examples, ...)`.

    Raises:
        ValueError: If the arrays do not hold the same number of examples.
    """

    inputs: Any
    targets: np.ndarray

    def __post_init__(self):
        inputs = self.inputs if isinstance(self.inputs, tuple) else (self.inputs,)
        lengths = [len(array) for array in (*inputs, self.targets)]
        if len(set(lengths)) > 1:
            raise ValueError(
                "Expected inputs and targets with equal first dimension. "
                f"Received: first dimensions {lengths}"
            )

    def __len__(self):
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class Splits:
    """The three parts of a data set; each is an `Examples`.

    `validation` chooses hyper-parameters and stopping times, `test` is looked at
    once. Where the published protocol validates on the test set, both names hold the
    same object.
    """

    train: Examples
    validation: Examples
    test: Examples
