from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_nonnormal.training.metrics_log import Row
from keras_nonnormal.training.monitor import BestSoFar, Mode, Monitor


class ReduceOnPlateau(keras.callbacks.Callback):
    """Reduces the learning rate when epochs no longer get better.

    That is after more than `patience` epochs in a row that are not better than the best
    before them. Then the count starts anew, and the rate stays reduced. With a factor
    of 0.5 and a patience of 0 the rate is halved after every epoch that is not the best
    so far.

    The rate an epoch was trained with is logged as `learning_rate`, if this callback
    comes before those that keep the logs. Unlike `keras.callbacks.ReduceLROnPlateau`,
    it goes on where a run was broken off, given the logs.

    Args:
        monitor: String, the value to watch. Defaults to `"val_loss"`.
        mode: `"min"`, `"max"` or `"auto"`, see `Monitor`.
        factor: Float above 0 and below 1, by which the rate is multiplied.
        patience: Integer, 0 or more: the epochs that need not be better.
        threshold: Float from 0 to below 1: how much better than the best an epoch has
            to be, as a share of the best. Defaults to 0, where every bit counts;
            PyTorch's scheduler, which this one follows otherwise, has 1e-4.
        min_rate: Float, the rate that is never reduced.
        history: The rows of the epochs before, of a run that goes on. (The rate itself
            is part of the state of the optimizer.)

    Raises:
        ValueError: If an argument is out of range.

    Example:

    ```python
    model.fit(x, y, validation_split=0.1, epochs=99, callbacks=[ReduceOnPlateau()])
    ```

    Reference:
        - [Kerg et al. 2019](https://arxiv.org/abs/1905.12080), published code of the
          experiment on Penn Treebank: factor 0.5, patience 0
        - [Geadah et al. 2020](https://arxiv.org/abs/2006.12253), published code: factor
          0.1, patience 10
    """

    model: Any

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: Mode = "auto",
        factor: float = 0.1,
        patience: int = 10,
        *,
        threshold: float = 0.0,
        min_rate: float = 0.0,
        history: Sequence[Row] = (),
    ):
        super().__init__()
        _check("factor", factor, "above 0 and below 1", 0 < factor < 1)
        _check("patience", patience, "0 or more", patience >= 0)
        _check("threshold", threshold, "0 or more and below 1", 0 <= threshold < 1)
        _check("min_rate", min_rate, "0 or more", min_rate >= 0)
        self.factor = factor
        self.patience = patience
        self.min_rate = min_rate
        self._best = BestSoFar(Monitor(monitor, mode), threshold=threshold)
        self._not_better = 0
        for row in history:
            self._has_patience_left(row)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        logs = {} if logs is None else logs
        optimizer = self.model.optimizer
        number: Any = keras.ops.convert_to_numpy(optimizer.learning_rate)
        rate = float(number)
        if not self._has_patience_left(logs) and rate > self.min_rate:
            optimizer.learning_rate = max(self.factor * rate, self.min_rate)
        logs["learning_rate"] = rate

    def _has_patience_left(self, row: Mapping[str, float]) -> bool:
        """Takes the next row."""
        self._not_better = 0 if self._best.improved(row) else self._not_better + 1
        if self._not_better <= self.patience:
            return True
        self._not_better = 0
        return False


def _check(name, value, expected, valid):
    if not valid:
        raise ValueError(
            f"Expected `{name}` to be {expected}. Received: {name}={value}"
        )
