import warnings

import keras
import numpy as np

from keras_nonnormal.initializers._checks import finite_real, float_dtype, matrix_shape


@keras.saving.register_keras_serializable("keras_nonnormal")
class Source(keras.initializers.Initializer):
    """Input kernel that feeds channel c into unit c, where the chain begins.

        kernel = scale * eye(channels, units)

    With more channels than units the last channels stay disconnected at the start;
    a warning says so.

    The kernel of an LSTM or a GRU holds its gates side by side, `(channels,
    gates * units)`. Such a shape cannot be told apart from an ordinary rectangle:
    given to `Source` directly, only the *first* gate would be fed. Write
    `Gatewise([Source()] * 4)` for an LSTM, `* 3` for a GRU.

    Args:
        scale: Weight from each channel to its unit; any finite number. Defaults to
            `0.9`.

    Raises:
        ValueError: If `scale` is not a finite real number; when called, if the
            shape is not of rank 2.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import Source
    >>> keras.ops.convert_to_numpy(Source()(shape=(2, 4)))
    array([[0.9, 0. , 0. , 0. ],
           [0. , 0.9, 0. , 0. ]], dtype=float32)

    Reference:

    - [Orhan and Pitkow, 2020, section 3.1](https://arxiv.org/abs/1905.13715)
    """

    def __init__(self, scale=0.9):
        self.scale = finite_real("scale", scale)

    def __call__(self, shape, dtype=None):
        """Returns the kernel as a backend tensor.

        Args:
            shape: `(channels, units)`.
            dtype: A floating dtype. Defaults to `keras.config.floatx()`.

        Returns:
            A tensor of shape `(channels, units)`.

        Raises:
            ValueError: If `shape` is not of rank 2 or `dtype` is not floating.
        """
        channels, units = matrix_shape("Source", shape)
        dtype = float_dtype("Source", dtype)
        if channels > units:
            warnings.warn(
                f"Source connects {units} of {channels} input channels: channels "
                f"{units} to {channels - 1} start disconnected. Use more units, or "
                "another kernel initializer.",
                stacklevel=2,
            )
        matrix = self.scale * np.eye(channels, units)
        return keras.ops.convert_to_tensor(matrix, dtype=dtype)

    def get_config(self):
        return {"scale": self.scale}
