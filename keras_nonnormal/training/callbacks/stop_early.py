from collections.abc import Sequence
from typing import Any

import keras

from keras_nonnormal.training.metrics_log import Row
from keras_nonnormal.training.monitor import BestSoFar, Mode, Monitor


class StopEarly(keras.callbacks.Callback):
    """Stops training when epochs no longer get better.

    That is after `patience` epochs in a row that are not better than the best before
    them. Unlike `keras.callbacks.EarlyStopping` it goes on where a run was broken off,
    given the logs; the best weights are kept by `BestWeights`.

    Args:
        patience: Integer, at least 1; None never stops.
        monitor: String, the value to watch. Defaults to `"val_loss"`.
        mode: `"min"`, `"max"` or `"auto"`, see `Monitor`.
        history: The rows of the epochs before, of a run that goes on.

    Raises:
        ValueError: If `patience` is not positive.
    """

    model: Any

    def __init__(
        self,
        patience: int | None,
        monitor: str = "val_loss",
        mode: Mode = "auto",
        history: Sequence[Row] = (),
    ):
        super().__init__()
        if patience is not None and patience < 1:
            raise ValueError(
                f"`patience` must be at least 1. Received: patience={patience}"
            )
        self.patience = patience
        self._best = BestSoFar(Monitor(monitor, mode))
        self._not_better = 0
        for row in history:
            self._take(row)

    @property
    def reached(self) -> bool:
        """Whether there is no patience left."""
        return self.patience is not None and self._not_better >= self.patience

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        if self.patience is None:
            return
        self._take(logs or {})
        if self.reached:
            self.model.stop_training = True

    def _take(self, row) -> None:
        if self.patience is not None:
            self._not_better = 0 if self._best.improved(row) else self._not_better + 1
