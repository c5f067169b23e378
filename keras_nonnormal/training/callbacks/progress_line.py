import time

import keras


class ProgressLine(keras.callbacks.Callback):
    """Prints a line within a long epoch, for logs that no progress bar is drawn in.

    It gives the metrics of the epoch so far and the seconds per step since the last
    line.

    Args:
        every: Positive integer, steps between lines.
    """

    def __init__(self, every: int):
        super().__init__()
        self.every = every

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self._done, self._since = 0, time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Called by Keras after every call of its training function."""
        done = batch + 1
        if done // self.every == self._done // self.every:
            return
        now = time.perf_counter()
        pace = (now - self._since) / (done - self._done)
        self._done, self._since = done, now
        metrics = ", ".join(
            f"{name} {value:.4f}" for name, value in (logs or {}).items()
        )
        print(f"  {done} steps: {metrics}; {pace:.3f} s/step", flush=True)
