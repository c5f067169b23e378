import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from keras_nonnormal.analysis import (
    henrici_index,
    layer_spectra,
    recurrent_matrices,
)
from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.gradient_ratios import GradientRatios, recurrent_layers
from keras_nonnormal.training.metrics_log import Row, read_metrics

# What of the time of training may go into measurements, at the usual interval.
SHARE = 0.04
# What the first one may take, in seconds: to trace the model, and eigenvalues of a
# matrix by the third power of its size.
TO_TRACE, PER_UNIT_CUBED = 2.0, 5e-8


class MemoryMonitor(keras.callbacks.Callback):
    """Logs what lets recurrent layers remember, while they are trained.

    Of every recurrent layer, also of one inside another, after an epoch:

    - `henrici/<layer>`: the relative Henrici index of its recurrent matrix, 0 for a
      normal one and 1 for a delay line; of an LSTM `henrici/<layer>/i`, `/f`, `/c`,
      `/o`, of a GRU `/z`, `/r`, `/h`;
    - `spectral_radius/<layer>`, and of gates likewise;
    - `gradient_ratio/<layer>`, if there are data: the norm of the loss's gradient by
      the first state over that by the last output: below 1 where gradients vanish,
      above 1 where they explode.

    They are in the logs, for callbacks behind this one, and go to files if asked for.

    Args:
        data: A batch `(inputs, targets)` or `(inputs, targets, weights)`, or a dataset
            whose first batch is taken; 16 sequences are enough. Defaults to None, for
            no gradients.
        path: CSV file for one row after each measurement, with an `epoch` that begins
            at 1. In a run that goes on after an epoch, rows after that are dropped.
        log_dir: Folder for TensorBoard.
        every: Positive integer, epochs from one measurement to the next; or `"auto"`,
            as many as take no more than 4 % of the time: from the first epoch on if
            there are enough to come, and in any case after the last if there was none
            before. Defaults to `"auto"`.

    Attributes:
        history: One dict for each measurement, as in the CSV file.
        seconds: How long the measurements took.

    Raises:
        ValueError: If `every` is something else; when training begins, if the model has
            no recurrent layer.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from keras_nonnormal.training import MemoryMonitor
    >>> x, y = np.ones((8, 5, 3)), np.ones((8, 1))
    >>> model = keras.Sequential(
    ...     [keras.layers.SimpleRNN(4, name="rnn"), keras.layers.Dense(1)]
    ... )
    >>> model.compile("sgd", "mse")
    >>> monitor = MemoryMonitor((x, y))
    >>> history = model.fit(x, y, verbose=0, callbacks=[monitor])
    >>> list(monitor.history[0])
    ['epoch', 'henrici/rnn', 'spectral_radius/rnn', 'gradient_ratio/rnn']

    Reference:

    - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715)
    """

    model: Any

    def __init__(
        self,
        data: Any = None,
        path=None,
        log_dir=None,
        every: int | Literal["auto"] = "auto",
    ):
        super().__init__()
        if every != "auto" and (
            isinstance(every, bool) or every != int(every) or every < 1
        ):
            raise ValueError(
                'Expected `every` to be a positive integer or "auto". '
                f"Received: every={every!r}"
            )
        self.every: Any = every
        self.data = data
        self.path = None if path is None else Path(path)
        self.log_dir = log_dir
        self.history: list[Row] = []
        self.seconds = 0.0
        self._ratios: GradientRatios | None = None

    def on_train_begin(self, logs=None):
        """Called by Keras."""
        if not recurrent_layers(self.model):
            raise ValueError(
                "Expected a model with a recurrent layer. Received: layers "
                f"{', '.join(each.name for each in self.model.layers)}"
            )
        self._begun, self._epochs = time.perf_counter(), 0
        self._ratios, self._expected, self.seconds = None, self._first_guess(), 0.0
        self.history = []
        if self.path is not None and self.path.exists():
            self.history = read_metrics(self.path)
        self._writer: Any = None
        if self.log_dir is not None:
            import tensorflow as tf

            self._writer = tf.summary.create_file_writer(str(self.log_dir))

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        if not self._epochs:  # what the run that goes on has kept, no more
            self.history = [row for row in self.history if row["epoch"] <= epoch]

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        begun = time.perf_counter()
        self._epochs += 1
        if not self._is_due(epoch + 1, begun - self._begun):
            return
        self._trace()
        traced = time.perf_counter()
        found = self.measure()
        self.history.append({"epoch": epoch + 1, **found})
        if logs is not None:
            logs.update(found)
        if self.path is not None:
            _write(self.path, self.history)
        if self._writer is not None:
            _write_scalars(self._writer, found, epoch)
        ended = time.perf_counter()
        self._expected = ended - traced
        self.seconds += ended - begun

    def on_train_end(self, logs=None):
        """Called by Keras."""
        if self._writer is not None:
            self._writer.close()

    def measure(self) -> dict[str, float]:
        """The numbers of the model as it is now."""
        indices, radii = {}, {}
        for layer in recurrent_layers(self.model):
            try:
                matrices = recurrent_matrices(layer)
                spectra = layer_spectra(layer, check=False)
            except ValueError:  # one that has no recurrent matrix, or is not finite
                continue
            for gate, matrix in matrices.items():
                name = layer.name if len(matrices) == 1 else f"{layer.name}/{gate}"
                indices[f"henrici/{name}"] = henrici_index(matrix, spectra[gate])
                radii[f"spectral_radius/{name}"] = float(np.abs(spectra[gate]).max())
        self._trace()
        ratios = self._ratios() if self._ratios else {}
        found = {f"gradient_ratio/{name}": value for name, value in ratios.items()}
        return {**indices, **radii, **found}

    def _trace(self) -> None:
        """Makes the function that finds gradients, if there is none yet."""
        if self.data is not None and self._ratios is None:
            import tensorflow as tf

            data = self.data
            batch = next(iter(data)) if isinstance(data, tf.data.Dataset) else data
            self._ratios = GradientRatios(self.model, batch)
            self._ratios()

    def _is_due(self, epoch: int, elapsed: float) -> bool:
        if self.every != "auto":
            return epoch % self.every == 0
        if not self.seconds:
            to_come = max(0, (self.params or {}).get("epochs", 0) - epoch)
            elapsed *= 1 + to_come / self._epochs  # all that there will be
            if not to_come:
                return True
        return self.seconds + self._expected <= SHARE * elapsed

    def _first_guess(self) -> float:
        kernels = [
            each
            for each in self.model.variables
            if each.name == "recurrent_kernel" and len(each.shape) == 2
        ]
        cubes = sum(min(each.shape) ** 2 * max(each.shape) for each in kernels)
        return TO_TRACE * (self.data is not None) + PER_UNIT_CUBED * cubes


def _write(path: Path, rows: list[Row]) -> None:
    names = dict.fromkeys(name for row in rows for name in row)
    with (
        replacing(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def _write_scalars(writer: Any, values: Mapping[str, float], epoch: int) -> None:
    """Writes a scalar as `tf.summary.scalar` does, which needs TensorBoard."""
    import tensorflow as tf

    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = "scalars"
    with writer.as_default(step=epoch):
        for name, value in values.items():
            tf.summary.write(name, tf.constant(value, "float32"), metadata=metadata)
    writer.flush()
