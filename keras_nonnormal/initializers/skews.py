"""Random skew-symmetric matrices: the draws that published programs start from."""

import math

import keras
import numpy as np

from keras_nonnormal.initializers._checks import finite_real
from keras_nonnormal.initializers._orthogonal import (
    random_orthogonal,
    random_rotation,
    rotation_logarithm,
)
from keras_nonnormal.initializers._skew import SkewInitializer, block_skew

SIGNS = ("r", "q")


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
        seed: As for `HenaffSkew`.

    Reference:

    - [Helfrich et al., 2018](https://arxiv.org/abs/1707.09520)
    """

    def draw(self, units, rng):
        angles = rng.uniform(0, math.pi / 2, units // 2)
        return block_skew(units, -np.tan(angles / 2))


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
        seed: As for `HenaffSkew`.

    Raises:
        ValueError: If `sign` is unknown.

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


@keras.saving.register_keras_serializable("keras_nonnormal")
class HaarSkew(SkewInitializer):
    """Logarithm of a rotation drawn from the Haar measure: dense and skew-symmetric.

    A Haar orthogonal matrix with determinant -1 has one random row negated. The law is
    that of `RandomOrthogonalSkew(sign="r")`, which draws again instead; this is how the
    dynamic trivialization code starts.

    Args:
        seed: As for `HenaffSkew`.

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
        seed: As for `HenaffSkew`.

    Reference:

    - [Lezcano-Casado, 2019](https://arxiv.org/abs/1909.09501)
    """

    def draw(self, units, rng):
        eigenvalues = np.linalg.eigvals(random_rotation(units, rng))
        # Sorted downwards the conjugates stand side by side, and the eigenvalue 1 of an
        # odd number of units stands last.
        magnitudes = np.sort(np.abs(np.angle(eigenvalues)))[::-1]
        return block_skew(units, rng.permutation(magnitudes[: units // 2 * 2 : 2]))


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
        seed: As for `HenaffSkew`.

    Raises:
        ValueError: If `modulus` is not a positive finite number.

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
        seed: As for `HenaffSkew`.

    Reference:

    - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080)
    """

    def draw(self, units, rng):
        bound = 1 / math.sqrt(units)
        upper = np.triu(rng.uniform(-bound, bound, (units, units)), k=1)
        return upper - upper.T
