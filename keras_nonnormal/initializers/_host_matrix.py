import keras
import numpy as np

from keras_nonnormal.initializers._checks import float_dtype, square_size


class HostMatrix(keras.initializers.Initializer):
    """Base of the square matrices that NumPy computes in float64.

    Every backend then starts from the same numbers, rounded once at the end, and no
    decomposition has to exist in half precision or on a device.
    """

    def __call__(self, shape, dtype=None):
        """Returns the matrix as a backend tensor.

        Args:
            shape: `(units, units)`.
            dtype: A floating dtype. Defaults to `keras.config.floatx()`.

        Returns:
            A tensor of shape `(units, units)`.

        Raises:
            ValueError: If `shape` is not square or `dtype` is not floating.
        """
        owner = type(self).__name__
        units = square_size(owner, shape)
        dtype = float_dtype(owner, dtype)
        return keras.ops.convert_to_tensor(self.matrix(units), dtype=dtype)

    def matrix(self, units: int) -> np.ndarray:
        """The matrix (units, units) in float64."""
        raise NotImplementedError
