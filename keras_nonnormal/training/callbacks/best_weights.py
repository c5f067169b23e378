import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_nonnormal.training.metrics_log import Row
from keras_nonnormal.training.monitor import BestSoFar, Mode, Monitor
from keras_nonnormal.training.weights import load_weights, save_weights


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epoch so far, in a file named after it.

    The weights are those of the network of a `WatchedModel`, or their means where an
    optimizer averages them. `best-0007.weights.h5` is
    the file of the seventh epoch. Its predecessor is deleted one epoch later: by then
    the state of the training is kept (see `EpochCheckpoint`), so a run killed at any
    moment finds the best weights of the epochs behind the state it goes on from.

    Args:
        folder: Where the file goes; the folder must exist.
        monitor: String, the value to watch. Defaults to `"val_loss"`.
        mode: `"min"`, `"max"` or `"auto"`, see `Monitor`.
        history: The rows of the epochs before, of a run that goes on.

    Example:

    ```python
    best = BestWeights(folder, monitor="val_accuracy")
    model.fit(x, y, validation_split=0.1, epochs=9, callbacks=[best])
    best.restore(model.network)
    ```
    """

    model: Any

    def __init__(
        self,
        folder,
        monitor: str = "val_loss",
        mode: Mode = "auto",
        history: Sequence[Row] = (),
    ):
        super().__init__()
        self.folder = Path(folder)
        self._best = BestSoFar(Monitor(monitor, mode), history)
        self._epochs = int(self._best.row["epoch"]) if self._best.row else 0

    def restore(self, network: keras.Model) -> None:
        """Gives a network the weights of the best epoch.

        Raises:
            RunDirectoryError: If they cannot be read.
        """
        load_weights(network, self._path(self._epochs))

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        keep = {self._path(self._epochs)}
        if self._best.improved(logs or {}):
            self._epochs = epoch + 1
            path = self._path(self._epochs)
            optimizer = getattr(self.model, "optimizer", None)
            averaged = getattr(optimizer, "averaged", contextlib.nullcontext)
            with averaged():
                save_weights(self.model.network, path)
            keep.add(path)
        for old in set(self.folder.glob("best-*.weights.h5")) - keep:
            old.unlink()

    def _path(self, epochs):
        return self.folder / f"best-{epochs:04d}.weights.h5"
