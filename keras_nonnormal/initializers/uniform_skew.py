import math

import keras
import numpy as np

from keras_nonnormal.initializers._skew import SkewInitializer


@keras.saving.register_keras_serializable("keras_nonnormal")
class UniformSkew(SkewInitializer):
    """Dense skew-symmetric matrix with uniform entries.

    The entries above the diagonal are independent and uniform on
    (-1, 1) / sqrt(units), PyTorch's default for a dense layer. The rotation angles of
    exp(A) follow a semicircle law of radius 2 / sqrt(3), about 1.15 radians: no plane
    turns by more.

    This is the start of every orthogonal plain RNN of the released nnRNN program, which
    discards the initializer that was asked for; "exp_uniform" is its name in
    `recurrent_initializer`.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: When called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import UniformSkew
    >>> start = keras.ops.convert_to_numpy(UniformSkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    """

    def draw(self, units, rng):
        bound = 1 / math.sqrt(units)
        upper = np.triu(rng.uniform(-bound, bound, (units, units)), k=1)
        return upper - upper.T
