import time
from collections.abc import Sequence
from typing import Any

import keras

from keras_nonnormal.training.metrics_log import Row


class TimeLimit(keras.callbacks.Callback):
    """Stops training before an epoch that would end too late.

    Every epoch is taken to last as long as the one before it. At least one epoch is
    trained.

    Args:
        seconds: Float, what training may take; None is no limit.
        spent: Float, what was spent before, such as on pre-training.
        history: The rows of the epochs before, of a run that goes on.

    Raises:
        ValueError: If `seconds` is not positive.
    """

    model: Any

    def __init__(
        self, seconds: float | None, spent: float = 0.0, history: Sequence[Row] = ()
    ):
        super().__init__()
        if seconds is not None and not seconds > 0:
            raise ValueError(f"`seconds` must be positive. Received: seconds={seconds}")
        self.seconds = seconds
        self._spent = spent + sum(row["seconds"] for row in history)
        self._last = history[-1]["seconds"] if history else 0.0

    @property
    def reached(self) -> bool:
        """Whether another epoch would end too late."""
        if self.seconds is None or not self._last:
            return False
        return self._spent + self._last > self.seconds

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        self._last = time.perf_counter() - self._begun
        self._spent += self._last
        if self.reached:
            self.model.stop_training = True
