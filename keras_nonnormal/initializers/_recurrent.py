import keras
import numpy as np

from keras_nonnormal.initializers._checks import float_dtype, one_direction, square_size


class RecurrentInitializer(keras.initializers.Initializer):
    """Base of the deterministic square recurrent matrices.

    Subclasses say what the matrix is in `forward_matrix`; shape, direction and
    dtype are settled here, once.

    Args:
        direction: `"forward"`, or `"reverse"` for the transpose.
    """

    def __init__(self, direction="forward"):
        self.direction = one_direction(direction)

    def __call__(self, shape, dtype=None):
        """Returns the recurrent matrix as a backend tensor.

        Args:
            shape: `(units, units)`.
            dtype: A floating dtype. Defaults to `keras.config.floatx()`.

        Returns:
            A tensor of shape `(units, units)`; entry `[i, j]` is the weight from
            unit i to unit j.

        Raises:
            ValueError: If `shape` is not square or `dtype` is not floating.
        """
        owner = type(self).__name__
        units = square_size(owner, shape)
        dtype = float_dtype(owner, dtype)
        matrix = self.forward_matrix(units)
        if self.direction == "reverse":
            matrix = matrix.T
        return keras.ops.convert_to_tensor(matrix, dtype=dtype)

    def forward_matrix(self, units: int) -> np.ndarray:
        """The float64 matrix (units, units) of the forward direction."""
        raise NotImplementedError

    def get_config(self):
        return {"direction": self.direction}


def band(units: int, offset: int, value: float) -> np.ndarray:
    """``value`` at the entries [i, i + offset] of a (units, units) matrix, else 0."""
    return value * np.eye(units, k=offset)
