"""What training knows of a task: sequences, how to encode them, what to expect."""

from collections.abc import Callable
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


@dataclass(frozen=True, eq=False)
class Task:
    """All that training needs to know about a task.

    Args:
        name: Short name, used for folders and titles.
        splits: The data, a `Splits`.
        encode: Maps a batch `(inputs, targets)` of TensorFlow tensors in stored form
            to `(x, y)`: `x` is float32 of shape `(batch, length, input_width)`, and
            `y` holds what the loss compares with. Works inside `tf.data`.
        input_width: Features per time step.
        output_width: Width of the read-out: classes, or regressed numbers.
        per_step: Whether there is a target at every time step (True), or only one
            after the last step (False).
        length: Time steps per sequence.
        trivial_loss: The loss that needs no memory: of the best prediction that
            ignores the inputs to be remembered.
    """

    name: str
    splits: Splits
    encode: Callable[[Any, Any], tuple[Any, Any]]
    input_width: int
    output_width: int
    per_step: bool
    length: int
    trivial_loss: float

    @property
    def success_loss(self) -> float:
        """Half of the trivial loss: a validation loss below it counts as success.

        Reference:
            - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715), section 2.3
        """
        return 0.5 * self.trivial_loss
