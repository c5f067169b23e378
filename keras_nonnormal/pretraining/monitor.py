"""Radii while a model trains."""

from typing import Any

import keras

from keras_nonnormal.pretraining.stabilize import Target, measure


class StabilityMonitor(keras.callbacks.Callback):
    """Logs the radii of all transitions during `fit`.

    After an epoch the logs have `radius/rec/0` and so on, and `radius/mean`; callbacks
    behind this one, such as `CSVLogger` and `TensorBoard`, write them down.

    Args:
        data: As for `stabilize`; not what is trained on, if there is other.
        every: Positive integer, epochs from one measurement to the next.
        **kwargs: As for `measure`.

    Attributes:
        reports: One `StabilityReport` for each measurement.

    Raises:
        ValueError: If `every` is not a positive integer; at the beginning of `fit`, if
            the model has no transitions or the data do not fit it.

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

    def __init__(self, data: Any, every: int = 1, target: Target = "auto", **kwargs):
        super().__init__()
        if isinstance(every, bool) or every != int(every) or every < 1:
            raise ValueError(
                f"Expected `every` to be a positive integer. Received: every={every!r}"
            )
        self.data, self.every = data, int(every)
        self.target, self.kwargs = target, kwargs
        self.reports = []

    def on_train_begin(self, logs=None):
        self.reports = []

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        report = measure(self.model, self.data, self.target, **self.kwargs)
        self.reports.append(report)
        if logs is not None:
            radii = {**report.after, "mean": report.mean_after}
            logs.update({f"radius/{key}": value for key, value in radii.items()})
