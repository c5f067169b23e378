from collections.abc import Sequence
from typing import Any

import keras

from keras_nonnormal.training.metrics_log import Row
from keras_nonnormal.training.monitor import BestSoFar, Mode, Monitor


class HalveOnPlateau(keras.callbacks.Callback):
    """Halves the learning rate after every epoch that is not the best so far.

    It stays halved. The rate an epoch was trained with is logged as `learning_rate`, if
    this callback comes before those that keep the logs.

    Args:
        monitor: String, the value to watch. Defaults to `"val_loss"`.
        mode: `"min"`, `"max"` or `"auto"`, see `Monitor`.
        history: The rows of the epochs before, of a run that goes on. (The rate itself
            is part of the state of the optimizer.)

    Example:

    ```python
    model.fit(x, y, validation_split=0.1, callbacks=[HalveOnPlateau()])
    ```

    Reference:
        - [Kerg et al. 2019](https://arxiv.org/abs/1905.12080), published code of the
          experiment on Penn Treebank
    """

    model: Any

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: Mode = "auto",
        history: Sequence[Row] = (),
    ):
        super().__init__()
        self._best = BestSoFar(Monitor(monitor, mode), history)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        if not self._best.improved(logs):
            optimizer.learning_rate = rate / 2
        logs["learning_rate"] = rate
