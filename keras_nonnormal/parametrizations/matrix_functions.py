"""Matrix functions by matrix products, which are fast on every device.

TensorFlow's exponential has no gradient under XLA, and inverses are slow on every
backend at the sizes of recurrent networks.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend

# Rows: the polynomials B1 ... B5 of the reference, eq. (12), in I, A, A^2, A^3, A^6.
_B = np.array(
    [
        [0, -0.100365581030144618, -0.00802924648241156932,
         -0.000892138498045729985, 0],
        [0, 0.397849749499645078, 1.36783778460411720, 0.498289622525382669,
         -0.000637898194594723280],
        [-10.9676396052962062, 1.68015813878906206, 0.0571779846478865511,
         -0.00698210122488052056, 0.0000334975017086070471],
        [-0.0904316832390810593, -0.0676404519071381882, 0.0675961301770459655,
         0.0295552570429315521, -0.0000139180257516060693],
        [0, 0, -0.0923364619367118555, -0.0169364939002081723,
         -0.0000140086798182036094],
    ]
)  # fmt: skip

# Up to this size of A the polynomial is exact to round-off (reference, table 3).
_REACH = {"float64": 1.090, "float32": 3.010}

MOST_SQUARINGS = 8

SMALL = 128
"""Up to this size a matrix is inverted by the backend, above it in four blocks."""


def skew(x: Any) -> Any:
    """The skew-symmetric matrix whose strict upper triangle is that of `x`.

    Args:
        x: Tensor `(n, n)`; its diagonal and lower triangle have no effect.

    Returns:
        Tensor `(n, n)`, `triu(x, 1) - triu(x, 1)^T`.
    """
    upper = ops.triu(x, 1)
    return upper - ops.transpose(upper)


def expm(a: Any) -> Any:
    r"""The exponential of a matrix, by matrix products alone.

    $$ e^A = \left(T_{18}(2^{-s} A)\right)^{2^s} $$

    The Taylor polynomial $T_{18}$ takes five products; how often its result is
    squared is decided from $A$ at run time. It is differentiable as it stands, at
    two products for each of the forward pass, also under XLA.

    Args:
        a: Floating-point tensor `(n, n)`. Half precision is computed in float32.

    Returns:
        Tensor `(n, n)`. Where $\max(\|A^2\|_1^{1/2}, \|A^3\|_1^{1/3})$ is beyond 770
        in float32 or 279 in float64, all entries are NaN.

    Example:

    >>> import numpy as np
    >>> angle = np.array([[0.0, -np.pi / 2], [np.pi / 2, 0.0]])
    >>> quarter_turn = keras.ops.convert_to_numpy(expm(angle.astype("float32")))
    >>> bool(np.allclose(quarter_turn, [[0, -1], [1, 0]], atol=1e-6))
    True

    Reference:
        - [Bader, Blanes and Casas 2019](https://doi.org/10.3390/math7121174),
          "Computing the Matrix Exponential with an Optimized Taylor Polynomial
          Approximation", section 3.
        - [Al-Mohy and Higham 2009](https://doi.org/10.1137/09074721X), Theorem 4.2,
          for the norm that decides.
    """
    a = ops.convert_to_tensor(a)
    if _dtype(a) not in _REACH:
        return ops.cast(expm(ops.cast(a, "float32")), a.dtype)
    return _expm(a)


def cayley(a: Any) -> Any:
    r"""The Cayley map of a skew-symmetric matrix, $(I + A)^{-1} (I - A)$.

    It is orthogonal, approximates $e^{-2A}$ for small $A$, and never has the
    eigenvalue -1. `cayley(a / 2)` is the half-step form.

    Args:
        a: Skew-symmetric floating-point tensor `(n, n)`; other matrices give no
            meaningful result. Half precision is computed in float32.

    Returns:
        Tensor `(n, n)`.

    Reference:
        - [Lezcano-Casado and Martínez-Rubio 2019](https://arxiv.org/abs/1901.08428)
    """
    a = ops.convert_to_tensor(a)
    if _dtype(a) not in _REACH:
        return ops.cast(cayley(ops.cast(a, "float32")), a.dtype)
    identity = ops.eye(a.shape[0], dtype=a.dtype)
    # (I - A) = 2 I - (I + A)
    return 2 * inverse_of_positive(identity + a) - identity


def inverse_of_positive(matrix: Any) -> Any:
    r"""The inverse of a matrix with positive definite symmetric part.

    By blocks: with the Schur complement $S = D - C A^{-1} B$,

    $$ \begin{pmatrix} A & B \\ C & D \end{pmatrix}^{-1} =
       \begin{pmatrix} A^{-1} + A^{-1} B S^{-1} C A^{-1} & -A^{-1} B S^{-1} \\
                       -S^{-1} C A^{-1} & S^{-1} \end{pmatrix} $$

    $A$ and $S$ inherit the property, so that no rows need to be exchanged.

    Args:
        matrix: Floating-point tensor `(n, n)`.

    Returns:
        Tensor `(n, n)`.
    """

    def inverse(matrix):
        n = matrix.shape[0]
        if n <= SMALL:
            return ops.inv(matrix)
        h = n // 2
        b, c = matrix[:h, h:], matrix[h:, :h]
        a = inverse(matrix[:h, :h])
        ab, ca = ops.matmul(a, b), ops.matmul(c, a)
        s = inverse(matrix[h:, h:] - ops.matmul(c, ab))
        ab_s = ops.matmul(ab, s)
        top = ops.concatenate([a + ops.matmul(ab_s, ca), -ab_s], axis=1)
        bottom = ops.concatenate([-ops.matmul(s, ca), s], axis=1)
        return ops.concatenate([top, bottom])

    @_backend.custom_gradient
    def run(matrix):
        result = inverse(matrix)

        def pullback(cotangents):
            # d(M^-1) = -M^-1 dM M^-1
            t = ops.transpose(result)
            return (-ops.matmul(ops.matmul(t, cotangents[0]), t),)

        return (result,), pullback

    return run(matrix)[0]


@_backend.cached
def _expm(a):
    dtype = _dtype(a)
    a2 = ops.matmul(a, a)
    a3 = ops.matmul(a2, a)
    size = ops.stop_gradient(ops.maximum(_norm(a2) ** (1 / 2), _norm(a3) ** (1 / 3)))
    # The least s with size / 2^s within reach.
    reach = 2.0 ** np.arange(MOST_SQUARINGS + 1) * _REACH[dtype]
    doublings: Any = ops.convert_to_tensor(reach, dtype)
    squarings = ops.sum(ops.cast(size > doublings, "int32"))
    scale = ops.cast(0.5, dtype) ** ops.cast(squarings, dtype)
    # What goes on top of the identity is small beside it, and more exact alone.
    surplus = _taylor_18(scale * a, scale**2 * a2, scale**3 * a3)
    for number in range(MOST_SQUARINGS):
        surplus = ops.cond(
            number < squarings,
            lambda e=surplus: 2 * e + ops.matmul(e, e),
            lambda e=surplus: e,
        )
    result = ops.eye(a.shape[0], dtype=a.dtype) + surplus
    return ops.where(size <= doublings[-1], result, np.nan)


def _taylor_18(a, a2, a3):
    """$T_{18}(A) - I$, from the first three powers of $A$."""
    powers = ops.stack([a, a2, a3, ops.matmul(a3, a3)])
    sums: Any = ops.matmul(
        ops.convert_to_tensor(_B[:, 1:], a.dtype), ops.reshape(powers, (4, -1))
    )
    b1, b2, b3, b4, b5 = (ops.reshape(sums[i], a.shape) for i in range(5))
    # T18 = B2 + (B3 + A9) A9 with A9 = B1 B5 + B4. Of the two factors we write the
    # multiples of the identity apart, whose product is 1.
    of_a9, of_sum = _B[3, 0], _B[2, 0] + _B[3, 0]
    a9 = ops.matmul(b1, b5) + b4
    factor = b3 + a9
    return b2 + of_sum * a9 + of_a9 * factor + ops.matmul(factor, a9)


def _norm(matrix):
    """Largest sum of the magnitudes of a column."""
    return ops.max(ops.sum(ops.abs(matrix), axis=0))


def _dtype(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)
