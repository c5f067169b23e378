"""Random orthogonal matrices, their logarithms and exponentials, with NumPy alone."""

import numpy as np


def random_orthogonal(units: int, rng: np.random.Generator, sign="r") -> np.ndarray:
    """The Q of the QR decomposition of a Gaussian matrix, its column signs settled.

    With the signs of the diagonal of R (``sign="r"``) it follows the Haar measure of
    O(units); with those of Q itself (``"q"``) its diagonal is non-negative.
    """
    q, r = np.linalg.qr(rng.standard_normal((units, units)))
    return q * np.where(np.diag(r if sign == "r" else q) < 0, -1.0, 1.0)


def random_rotation(units: int, rng: np.random.Generator) -> np.ndarray:
    """A matrix of the Haar measure of SO(units)."""
    q = random_orthogonal(units, rng)
    if np.linalg.det(q) < 0:
        q[rng.integers(units)] *= -1
    return q


def skew_exponential(skew: np.ndarray) -> np.ndarray:
    """exp(A) of a skew-symmetric A, orthogonal to round-off however large A is."""
    return _function_of_skew(skew, lambda angle: np.exp(1j * angle))


def rotation_logarithm(q: np.ndarray) -> np.ndarray:
    """The principal logarithm of an orthogonal matrix (n, n) with determinant 1.

    It is real and exactly skew-symmetric, with angles in [-pi, pi], also where Q has
    rotations by pi (whose orientation is arbitrary) or equal rotations. An eigenbasis
    would be ill-conditioned there; instead the space is cut into two invariant parts:
    in one, no rotation is near pi, and the logarithm is a smooth function of a
    Hermitian matrix; in the other, -Q is near the identity.

    Raises:
        ValueError: If the determinant is negative: then there is no real logarithm.
    """
    cosines, basis = np.linalg.eigh((q + q.T) / 2)
    # The widest gap between two cosines, away from the ends of the circle, is at least
    # 0.6 / (n + 1): wide enough for both sides to be invariant to round-off.
    inside = cosines[(cosines > -0.9) & (cosines < -0.3)]
    marks = np.concatenate([[-0.9], inside, [-0.3]])
    widest = np.argmax(np.diff(marks))
    cut = np.searchsorted(cosines, (marks[widest] + marks[widest + 1]) / 2)
    near_half_turn, rest = basis[:, :cut], basis[:, cut:]
    if cut % 2:
        raise ValueError(
            "Expected an orthogonal matrix with determinant 1. Received one with "
            "determinant -1, which has no real logarithm."
        )
    logarithm = (
        near_half_turn
        @ _logarithm_near_half_turn(near_half_turn.T @ q @ near_half_turn)
        @ near_half_turn.T
    ) + rest @ _logarithm_below_half_turn(rest.T @ q @ rest) @ rest.T
    return (logarithm - logarithm.T) / 2


def _logarithm_below_half_turn(q: np.ndarray) -> np.ndarray:
    # The orthogonal polar factor of I + Q is the square root of Q, because
    # 1 + exp(i a) = 2 cos(a / 2) exp(i a / 2).
    left, _, right = np.linalg.svd(np.eye(len(q)) + q)
    root = left @ right
    return _function_of_skew(
        (root - root.T) / 2, lambda sine: 2j * np.arcsin(np.clip(sine, -1, 1))
    )


def _logarithm_near_half_turn(q: np.ndarray) -> np.ndarray:
    # In each plane -Q turns by a small angle b, hence Q by b - pi.
    sines, first, second = _planes((q.T - q) / 2)
    turn = np.arcsin(np.clip(sines, 0, 1)) - np.pi
    half = (first * turn) @ second.T
    return half - half.T


def _function_of_skew(skew: np.ndarray, function) -> np.ndarray:
    """V function(a) V^H for a skew matrix V (i a) V^H, where that is real."""
    # i times a skew matrix is Hermitian: an orthonormal basis of eigenvectors always.
    minus_angles, vectors = np.linalg.eigh(1j * skew)
    return ((vectors * function(-minus_angles)) @ vectors.conj().T).real


def _planes(skew: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The real normal form of a skew matrix (n, n) with n even.

    Returns s (n/2), P and R (n, n/2), all n columns orthonormal, s >= 0, such that the
    matrix is the sum of s_i (p_i r_i^T - r_i p_i^T). Planes with s = 0 are paired, too,
    which eigenvectors cannot do.
    """
    size = len(skew)
    tridiagonal, basis = skew.copy(), np.eye(size)
    for k in range(size - 2):
        mirror = tridiagonal[k + 1 :, k].copy()
        mirror[0] += np.copysign(np.linalg.norm(mirror), mirror[0])
        length = np.linalg.norm(mirror)
        if length == 0:
            continue
        mirror /= length
        rows, columns = tridiagonal[k + 1 :, k:], tridiagonal[k:, k + 1 :]
        rows -= 2 * np.outer(mirror, mirror @ rows)
        columns -= 2 * np.outer(columns @ mirror, mirror)
        basis[:, k + 1 :] -= 2 * np.outer(basis[:, k + 1 :] @ mirror, mirror)
    # A skew tridiagonal matrix couples even with odd places only.
    left, sines, right = np.linalg.svd(tridiagonal[0::2, 1::2])
    return sines, basis[:, 0::2] @ left, basis[:, 1::2] @ right.T
