from collections.abc import Sequence
from typing import Any

import keras

from keras_nonnormal.training.metrics_log import Row
from keras_nonnormal.training.monitor import Mode, Monitor


class AverageWhenNotBetter(keras.callbacks.Callback):
    """Begins to average weights when training no longer makes them better.

    That is after an epoch that is worse than the best of all but the last `window`
    epochs before it. Until then the optimizer, an `AveragedSGD`, is plain gradient
    descent; its learning rate stays what it is. Evaluations of the training are those
    of the averaged weights.

    Whether an epoch was averaged, if only in its last updates, is logged as
    `averaged`, 0 or 1, if this callback comes before those that keep the logs.

    Args:
        window: Integer, at least 1, n of the paper, which has 5.
        monitor: String, the value to watch. Defaults to `"val_loss"`.
        mode: `"min"`, `"max"` or `"auto"`, see `Monitor`.
        history: The rows of the epochs before, of a run that goes on. (Since when
            weights are averaged is part of the state of the optimizer.)

    Raises:
        ValueError: If `window` is not positive.

    Reference:
        - [Merity, Keskar and Socher, 2017](https://arxiv.org/abs/1708.02182), Algorithm
          1: NT-ASGD
    """

    model: Any

    def __init__(
        self,
        window: int = 5,
        monitor: str = "val_loss",
        mode: Mode = "auto",
        history: Sequence[Row] = (),
    ):
        super().__init__()
        if window < 1:
            raise ValueError(f"`window` must be at least 1. Received: window={window}")
        self.window = window
        self._monitor = Monitor(monitor, mode)
        self._rows: list[Any] = [*history]

    def on_test_begin(self, logs=None):
        """Called by Keras."""
        self._averaged = self.model.optimizer.averaged()
        self._averaged.__enter__()

    def on_test_end(self, logs=None):
        """Called by Keras."""
        self._averaged.__exit__(None, None, None)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        logs["averaged"] = float(optimizer.averaging)
        earlier = self._rows[: -self.window]
        if earlier and self._monitor.better(self._monitor.best(earlier), logs):
            optimizer.start_averaging()
        self._rows.append({**logs})
