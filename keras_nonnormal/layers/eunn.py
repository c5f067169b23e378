import keras
from keras import ops

from keras_nonnormal.parametrizations import Givens


@keras.saving.register_keras_serializable("keras_nonnormal")
class EUNN(keras.layers.Layer):
    """A dense layer without bias whose matrix is a product of plane rotations.

    The matrix has as many rows as columns and keeps the length of every row that it
    multiplies. It has n/2 log2(n) parameters, in the fast-Fourier style.

    Args:
        angle_initializer: Start of all angles. Defaults to uniform in [-π, π].
        **kwargs: The arguments every Keras layer takes.

    Input shape:
        `(..., n)`, where n is a power of two.

    Output shape:
        That of the input.

    Raises:
        ValueError: If n is no power of two.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import EUNN
    >>> y = keras.ops.convert_to_numpy(EUNN()(np.array([[3.0, 0.0, 4.0, 0.0]])))
    >>> bool(np.isclose(np.linalg.norm(y), 5.0))
    True

    Reference:
        - [Jing et al. 2017](https://arxiv.org/abs/1612.05231), section 3.2
    """

    def __init__(self, angle_initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.givens = Givens(
            fft=True,
            complex=False,
            initializer=angle_initializer,
            dtype=kwargs.get("dtype"),
            name="givens",
        )

    def build(self, input_shape):
        self.givens.build((input_shape[-1], input_shape[-1]))

    def call(self, inputs):
        return ops.matmul(inputs, ops.cast(self.givens.matrix(), inputs.dtype))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        initializer = self.givens.get_config()["initializer"]
        return {**super().get_config(), "angle_initializer": initializer}
