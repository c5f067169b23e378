import keras
import numpy as np
from keras.initializers import Initializer

from keras_nonnormal.initializers._host_matrix import HostMatrix
from keras_nonnormal.initializers._orthogonal import skew_exponential
from keras_nonnormal.initializers._skew import SkewInitializer
from keras_nonnormal.initializers.named_skews import skew_initializer as get_skew


@keras.saving.register_keras_serializable("keras_nonnormal")
class SkewExponential(HostMatrix):
    """Orthogonal matrix exp(A) with a random skew-symmetric A.

    It starts an unconstrained recurrent kernel where expRNN starts its constrained one:
    a plain RNN with it is the "RNN-orth" of the nnRNN paper. The determinant is 1, and
    the angles of the rotations are those of `A` (modulo 2 pi).

    Args:
        skew_initializer: The initializer of `A`, or one of the names of
            `skew_initializer`. Of an initializer that is not skew-symmetric, X, only
            the entries above the diagonal count: `A = triu(X, 1) - triu(X, 1)^T`.
            Defaults to `"henaff"`.

    Raises:
        ValueError: If there is no such initializer; when called, if the shape is not
            square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import CayleySkew, SkewExponential
    >>> layer = keras.layers.SimpleRNN(
    ...     100, recurrent_initializer=SkewExponential(CayleySkew(seed=1))
    ... )

    Reference:

    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    - [Lezcano-Casado and Martínez-Rubio, 2019](https://arxiv.org/abs/1901.08428)
    """

    def __init__(self, skew_initializer: str | Initializer | dict = "henaff"):
        self.skew_initializer = get_skew(skew_initializer)

    def matrix(self, units):
        initializer = self.skew_initializer
        if isinstance(initializer, SkewInitializer):
            # Not through a tensor, which JAX would round to float32.
            return skew_exponential(initializer.matrix(units))
        values = keras.ops.convert_to_numpy(initializer((units, units)))
        upper = np.triu(np.asarray(values, "float64"), k=1)
        return skew_exponential(upper - upper.T)

    def get_config(self):
        return {"skew_initializer": keras.initializers.serialize(self.skew_initializer)}
