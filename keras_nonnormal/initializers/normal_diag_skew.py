import math

import keras
import numpy as np

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._skew import SkewInitializer, block_skew


@keras.saving.register_keras_serializable("keras_nonnormal")
class NormalDiagSkew(SkewInitializer):
    """Skew-symmetric 2 x 2 blocks with normal angles, reduced to a smaller interval.

        A = blockdiag([[0, s_i], [-s_i, 0]]),      s_i = remainder(n_i, modulus),

    with n_i standard normal; the remainder keeps the sign of n_i, so that the angles
    lie in (-modulus, modulus). With an odd number of units the last one is not turned.

    Args:
        modulus: Bound of the angles in radians, positive. The dynamic trivialization
            code uses pi ("normal_diag") and pi / 8 ("normal_squeeze_diag"). Defaults to
            `pi`.
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: If `modulus` is not a positive finite number; when called, if the
            shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import NormalDiagSkew
    >>> start = keras.ops.convert_to_numpy(NormalDiagSkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Lezcano-Casado, 2019](https://arxiv.org/abs/1909.09501)
    """

    def __init__(self, modulus=math.pi, seed=None):
        super().__init__(seed)
        self.modulus = finite_real("modulus", modulus)
        if self.modulus <= 0:
            raise ValueError(
                f"Expected `modulus` to be positive. Received: modulus={modulus!r}"
            )

    def draw(self, units, rng):
        normals = rng.standard_normal(units // 2)
        return block_skew(units, np.fmod(normals, self.modulus))

    def get_config(self):
        return {"modulus": self.modulus, **super().get_config()}
