from typing import Any

import keras
import numpy as np

from keras_nonnormal import initializers
from keras_nonnormal._precision import precise
from keras_nonnormal.parametrizations.matrix_functions import cayley, skew
from keras_nonnormal.parametrizations.parametrization import Parametrization


@keras.saving.register_keras_serializable("keras_nonnormal")
class ScaledCayley(Parametrization):
    r"""An orthogonal matrix as a Cayley map with some of its columns turned round.

    $$ Q = (I + A)^{-1} (I - A)\, D, \qquad
       A = \mathrm{triu}_1(X) - \mathrm{triu}_1(X)^T, \qquad
       D = \mathrm{diag}(1, …, 1, -1, …, -1) $$

    The plain Cayley map has no image with the eigenvalue -1, and all its determinants
    are 1. For every orthogonal matrix there is a number of -1, and an order of the
    units, with which it is an image of this one; the determinant is $(-1)^k$ for k of
    them.

    Args:
        negative_ones: Integer of at least 0 and at most the size of the matrix: how
            many entries of $D$, the last ones, are -1. 0 is the plain Cayley map.
        skew_initializer: Start of $X$: a Keras initializer of square matrices, or a
            name that `keras_nonnormal.initializers.skew_initializer` knows. Defaults to
            `"cayley"`, the paper's.
        **kwargs: The arguments every Keras layer takes.

    Raises:
        ValueError: If `negative_ones` is no such integer; when it is built, if it is
            more than the size.

    Example:

    >>> import numpy as np
    >>> scaled = ScaledCayley(1)
    >>> scaled.build((4, 4))
    >>> q = keras.ops.convert_to_numpy(scaled.matrix())
    >>> bool(np.allclose(q.T @ q, np.eye(4), atol=1e-6)), round(float(np.linalg.det(q)))
    (True, -1)

    Reference:
        - [Helfrich et al. 2018](https://arxiv.org/abs/1707.09520), "Orthogonal
          Recurrent Neural Networks with Scaled Cayley Transform", section 3
    """

    def __init__(self, negative_ones, skew_initializer: Any = "cayley", **kwargs):
        super().__init__(**kwargs)
        whole = isinstance(negative_ones, int) and not isinstance(negative_ones, bool)
        if not whole or negative_ones < 0:
            raise ValueError(
                "Expected `negative_ones` to be an integer of at least 0. "
                f"Received: negative_ones={negative_ones!r}"
            )
        self.negative_ones = negative_ones
        self.skew_initializer = initializers.skew_initializer(skew_initializer)

    def build(self, shape):
        super().build(shape)
        if self.negative_ones > self.built_size:
            raise ValueError(
                f"Expected `negative_ones` to be at most {self.built_size}, the size "
                f"of the matrix. Received: negative_ones={self.negative_ones}"
            )
        self.skew = self.add_variable("skew", shape, self.skew_initializer)

    def matrix(self, training=False):
        matrix: Any = cayley(skew(precise(self.skew)))
        kept = self.built_size - self.negative_ones
        signs = np.where(np.arange(self.built_size) < kept, 1.0, -1.0)
        return matrix * keras.ops.convert_to_tensor(signs, matrix.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "negative_ones": self.negative_ones,
            "skew_initializer": keras.initializers.serialize(self.skew_initializer),
        }
