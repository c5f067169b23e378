import warnings

import numpy as np

from keras_nonnormal.analysis._checks import at_least, square_matrix

# 2^40 steps: a matrix whose powers have not died out by then is taken for one whose
# powers never do.
DOUBLINGS = 40
# A bound on the relative error of the curve above which it is worth a warning.
TOLERANCE = 1e-2


def fisher_memory_curve(
    matrix, steps: int = 150, source=None, noise_variance: float = 1.0
) -> np.ndarray:
    """Fisher information that a noisy linear network's state has of its past input.

    The network is `x <- matrix @ x + source * input + noise`, with white Gaussian noise
    in every unit. The information about the input k steps ago is

        J(k) = u^T (M^k)^T C^{-1} M^k u,    C = noise_variance * sum_j M^j (M^j)^T

    with u the source and C the stationary covariance of the noise. For strongly
    non-normal matrices C has a condition number beyond 1/eps of float64 (1e24 for
    `delay_line(100, 1.05, 0.005, 0.2)`). It is therefore never formed: a triangular
    factor L of it, C = L L^T, is doubled from 1 to 2, 4, 8, ... terms of the sum by QR
    decompositions, and J(k) is the squared length of L^{-1} M^k u. That needs half the
    digits: errors stay below 2e-7 in the published settings, in which accumulating C
    in float64 is off by up to 0.08.

    Args:
        matrix: Array `(units, units)` in column form: `matrix @ x` is the next state.
            Of a `recurrent_kernel` of Keras pass the transpose.
        steps: Integer, how far to look back: k = 0 ... steps - 1. Defaults to `150`.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.

    Returns:
        An array `(steps,)`: J(0), J(1), ...

    Raises:
        ValueError: If the spectral radius of the matrix is not below 1, so that noise
            piles up without limit; or if shapes do not fit.

    Warns:
        UserWarning: If the matrix is so non-normal that float64 leaves fewer than two
            reliable digits.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> print(fisher_memory_curve(delay_line(4, alpha=1), steps=5).round(3))
    [1.    0.5   0.333 0.25  0.   ]

    Reference:

    - [Ganguli, Huh and Sompolinsky, 2008](https://doi.org/10.1073/pnas.0804451105)
    - [Kerg et al., 2019, figure 1](https://arxiv.org/abs/1905.12080)
    """
    matrix = square_matrix(matrix)
    steps = at_least(1, steps, "steps")
    if not noise_variance > 0:
        raise ValueError(
            f"`noise_variance` must be positive. Received: {noise_variance}"
        )
    units = len(matrix)
    state = np.eye(units)[0] if source is None else np.asarray(source, np.float64)
    if state.shape != (units,):
        raise ValueError(
            f"`source` must have shape ({units},) like a state. "
            f"Received: shape {state.shape}"
        )
    factor = _noise_factor(matrix)
    signals = np.empty((units, steps))
    for step in range(steps):
        signals[:, step] = state
        state = matrix @ state
    whitened = _solve_lower(factor, signals)
    return np.square(whitened).sum(axis=0) / noise_variance


def total_memory(
    matrix, steps: int = 150, source=None, noise_variance: float = 1.0
) -> float:
    """Sum of the Fisher memory curve, J_tot: 1 for a normal matrix, at most its size.

    Args:
        matrix: See `fisher_memory_curve`, also for the following.
        steps: Integer, terms to sum. Defaults to `150`, as published.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.

    Returns:
        A float.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> print(f"{total_memory(delay_line(100, alpha=1.0)):.2f}")
    5.19
    """
    return float(fisher_memory_curve(matrix, steps, source, noise_variance).sum())


def _noise_factor(matrix: np.ndarray) -> np.ndarray:
    """Lower triangular L with L L^T = sum over j >= 0 of M^j (M^j)^T.

    Householder's QR of [L, M^m L]^T has errors that are small relative to every row of
    L by itself, which matters because the rows differ by many orders of magnitude.
    """
    factor, power = np.eye(len(matrix)), matrix
    for _ in range(DOUBLINGS):
        with np.errstate(over="ignore", invalid="ignore"):
            more = power @ factor
            sizes = np.linalg.norm(more, axis=1), np.linalg.norm(factor, axis=1)
        if not np.isfinite(sizes).all():
            break
        both = np.hstack([factor, more])
        factor = np.asarray(np.linalg.qr(both.T, mode="r")).T
        if (sizes[0] <= np.finfo(float).eps * sizes[1]).all():
            _warn_if_inaccurate(factor)
            return factor
        with np.errstate(over="ignore", invalid="ignore"):
            power = power @ power
    raise ValueError(
        "`matrix` must have a spectral radius below 1: its powers do not die out, and "
        "the noise piles up without limit. Scale it down."
    )


def _warn_if_inaccurate(factor: np.ndarray) -> None:
    rows = np.linalg.norm(factor, axis=1, keepdims=True)
    error = np.finfo(float).eps * np.linalg.cond(factor / rows)
    if error > TOLERANCE:
        warnings.warn(
            "The noise covariance of this matrix is too ill-conditioned for float64: "
            f"the relative error of the Fisher memory curve may reach {error:.0e}.",
            stacklevel=4,
        )


def _solve_lower(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Forward substitution, which unlike a general solver does not mix rows."""
    solution = right.copy()
    for row in range(len(factor)):
        solution[row] -= factor[row, :row] @ solution[:row]
        solution[row] /= factor[row, row]
    return solution
