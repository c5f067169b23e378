import keras
import numpy as np

from keras_nonnormal.initializers._orthogonal import random_rotation, rotation_logarithm
from keras_nonnormal.initializers._skew import SkewInitializer, block_skew


@keras.saving.register_keras_serializable("keras_nonnormal")
class HaarSkew(SkewInitializer):
    """Logarithm of a rotation drawn from the Haar measure: dense and skew-symmetric.

    A Haar orthogonal matrix with determinant -1 has one random row negated. The law is
    that of `RandomOrthogonalSkew(sign="r")`, which draws again instead; this is how the
    dynamic trivialization code starts.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: When called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import HaarSkew
    >>> start = keras.ops.convert_to_numpy(HaarSkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Lezcano-Casado, 2019](https://arxiv.org/abs/1909.09501)
    """

    def draw(self, units, rng):
        return rotation_logarithm(random_rotation(units, rng))


@keras.saving.register_keras_serializable("keras_nonnormal")
class HaarDiagSkew(SkewInitializer):
    """Skew-symmetric 2 x 2 blocks with the rotation angles of a Haar draw.

        A = blockdiag([[0, s_i], [-s_i, 0]]),      s_i in [0, pi],

    where exp(+-i s_i) are the eigenvalues of a rotation from the Haar measure. Unlike
    independent angles (`HenaffSkew`), these repel one another and so spread evenly.
    With an odd number of units the last one is not turned.

    Args:
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: When called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import HaarDiagSkew
    >>> start = keras.ops.convert_to_numpy(HaarDiagSkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Lezcano-Casado, 2019](https://arxiv.org/abs/1909.09501)
    """

    def draw(self, units, rng):
        eigenvalues = np.linalg.eigvals(random_rotation(units, rng))
        # Sorted downwards the conjugates stand side by side, and the eigenvalue 1 of an
        # odd number of units stands last.
        magnitudes = np.sort(np.abs(np.angle(eigenvalues)))[::-1]
        return block_skew(units, rng.permutation(magnitudes[: units // 2 * 2 : 2]))
