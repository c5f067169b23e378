import math

import keras

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._skew import SkewInitializer, block_skew


@keras.saving.register_keras_serializable("keras_nonnormal")
class HenaffSkew(SkewInitializer):
    """Skew-symmetric matrix of 2 x 2 blocks with uniform rotation angles.

        A = blockdiag([[0, s_i], [-s_i, 0]]),      s_i uniform on [low, high).

    With the defaults exp(A) turns every coordinate plane by an angle whose magnitude is
    uniform on [0, pi]. With an odd number of units the last one is not turned. It is
    the usual start of expRNN and of the basis of nnRNN; the later expRNN code draws
    from `low=-pi, high=pi`, the same law up to the orientation of each plane.

    Args:
        low: Lower end of the angles in radians. Defaults to `-pi`.
        high: Upper end of the angles in radians. Defaults to `0`.
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: If an end is not a finite real number or `low` is above `high`; when
            called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import HenaffSkew
    >>> start = keras.ops.convert_to_numpy(HenaffSkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Henaff et al., 2016](https://arxiv.org/abs/1602.06662)
    - [Lezcano-Casado and Martínez-Rubio, 2019](https://arxiv.org/abs/1901.08428)
    """

    def __init__(self, low=-math.pi, high=0.0, seed=None):
        super().__init__(seed)
        self.low = finite_real("low", low)
        self.high = finite_real("high", high)
        if self.low > self.high:
            raise ValueError(
                "Expected `low` not to be above `high`. "
                f"Received: low={low!r}, high={high!r}"
            )

    def draw(self, units, rng):
        return block_skew(units, rng.uniform(self.low, self.high, units // 2))

    def get_config(self):
        return {"low": self.low, "high": self.high, **super().get_config()}
