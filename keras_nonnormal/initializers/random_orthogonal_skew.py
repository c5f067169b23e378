import keras
import numpy as np

from keras_nonnormal.initializers._orthogonal import (
    random_orthogonal,
    rotation_logarithm,
)
from keras_nonnormal.initializers._skew import SkewInitializer

SIGNS = ("r", "q")


@keras.saving.register_keras_serializable("keras_nonnormal")
class RandomOrthogonalSkew(SkewInitializer):
    """Logarithm of a random orthogonal matrix: a dense skew-symmetric matrix.

        A = log(Q),      Q = QR factor of a Gaussian matrix, redrawn until det Q > 0.

    The QR decomposition leaves the signs of the columns of Q open. Taken from the
    diagonal of R they make Q follow the Haar measure, without preferred angles. The
    published nnRNN program takes them from the diagonal of Q itself, which makes that
    diagonal positive and favours small angles slightly: their density is about
    `(1 + 2 * sqrt(2 / (pi * units)) * cos(angle)) / (2 * pi)`.

    Args:
        sign: `"r"` for the Haar measure, `"q"` for the published program. Defaults to
            `"r"`.
        seed: An integer, None, or a `keras.random.SeedGenerator`. An integer draws the
            same matrix at every call and on every backend.

    Raises:
        ValueError: If `sign` is unknown; when called, if the shape is not square.

    Example:

    >>> import keras
    >>> from keras_nonnormal.initializers import RandomOrthogonalSkew
    >>> start = keras.ops.convert_to_numpy(RandomOrthogonalSkew(seed=1)(shape=(5, 5)))
    >>> bool((start == -start.T).all())
    True

    Reference:

    - [Mezzadri, 2007, "A correct and efficient algorithm"](https://arxiv.org/abs/math-ph/0609050)
    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    """

    def __init__(self, sign="r", seed=None):
        super().__init__(seed)
        if not isinstance(sign, str) or sign not in SIGNS:
            raise ValueError(
                f"Expected `sign` to be 'r' or 'q'. Received: sign={sign!r}"
            )
        self.sign = sign

    def draw(self, units, rng):
        matrix = random_orthogonal(units, rng, self.sign)
        while np.linalg.det(matrix) < 0:
            matrix = random_orthogonal(units, rng, self.sign)
        return rotation_logarithm(matrix)

    def get_config(self):
        return {"sign": self.sign, **super().get_config()}
