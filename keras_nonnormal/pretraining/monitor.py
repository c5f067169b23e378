"""Radii while a model trains."""

import time
from typing import Any

import keras

from keras_nonnormal.pretraining.probe import Probe
from keras_nonnormal.pretraining.targets import Target


class StabilityMonitor(keras.callbacks.Callback):
    """Logs the radii of all transitions during `fit`.

    After an epoch the logs have `radius/rec/0` and so on, and `radius/mean`; callbacks
    behind this one, such as `CSVLogger` and `TensorBoard`, write them down.

    Args:
        data: As for `stabilize`; not what is trained on, if there is other.
        every: Positive integer, epochs from one measurement to the next.
        target: As for `measure`, like all that follows.
        batch_size: Samples, or None.
        frames: At how many time steps.
        sources: `"states"` or `"output"`.
        seed: Of the choice of samples.

    Attributes:
        reports: One `StabilityReport` for each measurement.

    Raises:
        ValueError: If `every` is not a positive integer; and at the beginning of `fit`
            as `measure` does.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from keras_nonnormal.pretraining import StabilityMonitor
    >>> x, y = np.ones((8, 5, 3)), np.ones((8, 1))
    >>> model = keras.Sequential([keras.layers.GRU(4), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> model.build(x.shape)
    >>> history = model.fit(x, y, verbose=0, callbacks=[StabilityMonitor(x)])
    >>> "radius/rec/0" in history.history
    True
    """

    def __init__(
        self,
        data: Any,
        every: int = 1,
        target: Target = "auto",
        *,
        batch_size: int | None = None,
        frames: int = 20,
        sources: str = "states",
        seed: int = 0,
    ):
        super().__init__()
        if isinstance(every, bool) or every != int(every) or every < 1:
            raise ValueError(
                f"Expected `every` to be a positive integer. Received: every={every!r}"
            )
        self.every = int(every)
        self.reports = []
        self._arguments = data, target, batch_size, frames, sources, seed
        self._probe: Any = None

    def on_train_begin(self, logs=None):
        self.reports = []
        self._probe = Probe(self.model, *self._arguments)

    def on_train_end(self, logs=None):
        self._probe = None

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        started = time.monotonic()
        radii = self._probe.radii()
        report = self._probe.report(radii, radii, seconds=time.monotonic() - started)
        self.reports.append(report)
        if logs is not None:
            radii = {**radii, "mean": report.mean_after}
            logs.update({f"radius/{key}": value for key, value in radii.items()})
