import math

import keras
import numpy as np

from keras_nonnormal.initializers._skew import SkewInitializer, block_skew


@keras.saving.register_keras_serializable("keras_nonnormal")
class CayleySkew(SkewInitializer):
    """Skew-symmetric matrix of 2 x 2 blocks, made for the Cayley map.

        A = blockdiag([[0, s_i], [-s_i, 0]]),      s_i = -tan(u_i / 2),

    with u_i uniform on [0, pi / 2). The Cayley map (I + A)^-1 (I - A) turns the planes
    by the angles u_i, which is what the formula is for. The published nnRNN and expRNN
    programs feed it to the matrix *exponential*: the planes then turn by
    tan(u_i / 2), at most 1 radian. Choose `orthogonal_map="cayley"` in a layer for the
    intended law, `"exp"` for the published one. With an odd number of units the last
    one is not turned.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: When called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import CayleySkew
    >>> start = keras.ops.convert_to_numpy(CayleySkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Helfrich et al., 2018](https://arxiv.org/abs/1707.09520)
    """

    def draw(self, units, rng):
        angles = rng.uniform(0, math.pi / 2, units // 2)
        return block_skew(units, -np.tan(angles / 2))
