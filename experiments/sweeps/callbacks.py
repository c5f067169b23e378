"""Keras callbacks of a sweep; imported where runs are trained, as they need Keras."""

import math
import time
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


class Measured(Exception):
    """Enough steps are timed."""


class StepClock(keras.callbacks.Callback):
    """Times calls of the compiled training function, but for the first.

    Args:
        seconds: How long to go on.

    Raises:
        Measured: After the first call that ends later than that.
    """

    model: Any

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds
        self.first: float | None = None
        self.spent, self.timed = 0.0, 0
        self.epochs = self.steps = 0

    @property
    def weights(self) -> int:
        """How many numbers are trained."""
        return sum(math.prod(each.shape) for each in self.model.trainable_variables)

    @property
    def seconds_per_step(self) -> float:
        """The mean."""
        return self.spent / self.timed if self.timed else 0.0

    def on_train_begin(self, logs=None):
        """Called by Keras."""
        self.epochs, self.steps = self.params["epochs"], self.params["steps"]

    def on_train_batch_begin(self, batch, logs=None):
        """Called by Keras."""
        self._begun, self._before = time.perf_counter(), self._steps()

    def on_train_batch_end(self, batch, logs=None):
        """Called by Keras."""
        if self.first is None:
            self.first = time.perf_counter()
            if self.seconds:
                return
        self.spent += time.perf_counter() - self._begun
        self.timed += self._steps() - self._before
        if self.spent >= self.seconds:
            raise Measured

    def _steps(self) -> int:
        done: Any = keras.ops.convert_to_numpy(self.model.optimizer.iterations)
        return int(done)
