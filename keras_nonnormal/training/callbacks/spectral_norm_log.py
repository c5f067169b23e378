from typing import Any

import keras
import numpy as np


class SpectralNormLog(keras.callbacks.Callback):
    """Logs the largest singular value of the recurrent matrix after every epoch.

    It is found by power iterations, and logged as `spectral_norm`, if this callback
    comes before those that keep the logs.

    Args:
        iterations: Positive integer, how many there are. Defaults to 100, as in the
            published program.

    Raises:
        ValueError: When training begins, if no layer of the network has a
            `recurrent_matrix()`, which is `(size, width)`. Of several, the first
            counts.

    Example:

    ```python
    model = WatchedModel(network)
    model.fit(x, y, epochs=9, callbacks=[SpectralNormLog(), MetricsLog("metrics.csv")])
    ```

    Reference:
        - "Stair Recurrent Neural Networks" (2021), published code
    """

    model: Any

    def __init__(self, iterations: int = 100):
        super().__init__()
        self.iterations = iterations

    def on_train_begin(self, logs=None):
        """Called by Keras."""
        layers = self.model.network.layers
        self._layer = next(
            (each for each in layers if hasattr(each, "recurrent_matrix")), None
        )
        if self._layer is None:
            raise ValueError(
                "Expected a network with a recurrent layer of this library. "
                f"Received: layers {', '.join(each.name for each in layers)}"
            )

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        assert self._layer is not None
        matrix: Any = keras.ops.convert_to_numpy(self._layer.recurrent_matrix())
        if logs is not None:
            logs["spectral_norm"] = spectral_norm(matrix, self.iterations)


def spectral_norm(matrix: np.ndarray, iterations: int = 100) -> float:
    """The largest singular value of a matrix, by power iterations: a lower bound.

    Args:
        matrix: Array of two axes.
        iterations: Positive integer, products with the matrix and its transpose.

    Example:

    >>> round(spectral_norm(np.diag([1.0, 3.0, 2.0])), 6)
    3.0
    """
    matrix = np.asarray(matrix, "float64")
    # From a start with a share in every direction, but the same at every call.
    vector = np.random.default_rng(0).standard_normal(matrix.shape[1])
    for _ in range(iterations):
        vector = vector / (np.linalg.norm(vector) or 1.0)
        vector = (matrix @ vector) @ matrix
    return float(np.sqrt(np.linalg.norm(vector)))
