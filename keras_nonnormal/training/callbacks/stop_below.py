from typing import Any

import keras


class StopBelow(keras.callbacks.Callback):
    """Stops training at the end of the first epoch with a metric below a value.

    The comparison is strict. An epoch whose logs lack the metric, as without
    validation data, never stops training.

    Args:
        value: Float, the level to get below. The paper stops at 0.0025.
        monitor: String, the metric to watch. Defaults to `"val_loss"`.

    Example:

    ```python
    model.fit(x, y, validation_split=0.1, callbacks=[StopBelow(0.0025)])
    ```

    Reference:
        - [Orhan and Pitkow 2020](https://arxiv.org/abs/1905.13715), published code
    """

    model: Any

    def __init__(self, value: float, monitor: str = "val_loss"):
        super().__init__()
        self.value = value
        self.monitor = monitor

    def reached(self, logs) -> bool:
        """Whether the metrics of an epoch are good enough to stop."""
        metric = (logs or {}).get(self.monitor)
        return metric is not None and metric < self.value

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        if self.reached(logs):
            self.model.stop_training = True
