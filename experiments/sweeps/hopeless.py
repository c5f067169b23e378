"""Runs that are given up; needs Keras, so it is imported where runs are trained."""

import math
from collections.abc import Sequence
from typing import Any

import keras


class Hopeless(ArithmeticError):
    """A training that is worse than one that learns nothing.

    Args:
        row: The metrics of the epoch after which it was given up.
        best: The lowest loss so far.
        level: The loss that it should have got below.
    """

    def __init__(self, row: dict[str, float], best: float, level: float):
        super().__init__(
            f"no loss below the trivial {level:.4g} in {row['epoch']:g} epochs, the "
            f"lowest is {best:.4g}"
        )
        self.row = row


class Judge:
    """Says of a training that has not got below a level after some epochs.

    Args:
        epochs: How many epochs it has.
        level: The level: the trivial loss of a task.
        history: The rows of the epochs before, of a run that goes on.
    """

    def __init__(self, epochs: int, level: float, history: Sequence[Any] = ()):
        self.epochs, self.level = epochs, level
        self.best = min((loss_of(row) for row in history), default=math.inf)

    def __call__(self, row) -> Hopeless | None:
        """What is to be said after one more epoch, if the training is hopeless."""
        row = {name: float(value) for name, value in row.items()}
        self.best = min(self.best, loss_of(row))
        if row["epoch"] < self.epochs or self.best <= self.level:
            return None
        return Hopeless(row, self.best, self.level)


class StopWhenHopeless(keras.callbacks.Callback):
    """Ends a training of which a `Judge` has something to say.

    It does so by an exception before the epoch is kept, so that a training that was
    broken off anywhere is given up at the same epoch.

    Raises:
        Hopeless: At the end of the first such epoch.
    """

    def __init__(self, judge: Judge):
        super().__init__()
        self.judge = judge

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        if reason := self.judge({"epoch": epoch + 1, **(logs or {})}):
            raise reason


def loss_of(row) -> float:
    """The loss of an epoch by which a run is judged."""
    return row.get("val_loss", row.get("loss", math.inf))
