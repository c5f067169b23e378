"""Times training steps; needs Keras, so it is imported where runs are trained."""

import time
from typing import Any

import keras


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
            return
        self.spent += time.perf_counter() - self._begun
        self.timed += self._steps() - self._before
        if self.spent >= self.seconds:
            raise Measured

    def _steps(self) -> int:
        done: Any = keras.ops.convert_to_numpy(self.model.optimizer.iterations)
        return int(done)
