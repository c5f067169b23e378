import warnings

import numpy as np

# 2^40 steps: a matrix whose powers have not died out by then is taken for one whose
# powers never do.
DOUBLINGS = 40
# A bound on the relative error of what is made of a factor above which it is worth a
# warning, and one above which no digit is left.
TOLERANCE, NOTHING_LEFT = 1e-2, 1.0


def noise_factor(matrix: np.ndarray, horizon: int | None = None) -> np.ndarray:
    """Lower triangular L with `L @ L.T` the covariance of noise of unit variance.

    Args:
        matrix: Array `(units, units)` in column form.
        horizon: How many steps there has been noise; None for ever.

    Raises:
        ValueError: If noise piles up without limit, or L has no correct digit.

    Warns:
        UserWarning: If fewer than two digits are reliable.
    """
    factor = factor_of_sum(matrix, np.eye(len(matrix)), horizon)
    _check_accuracy(factor)
    return factor


def factor_of_sum(
    matrix: np.ndarray, start: np.ndarray, horizon: int | None = None
) -> np.ndarray:
    """Lower triangular F with F F^T = sum over k < horizon of M^k S (M^k S)^T.

    Doubled from 1 to 2, 4, 8, ... terms. Householder's QR of [F, M^m F]^T has errors
    that are small relative to every row of F by itself, which matters because the rows
    differ by many orders of magnitude.

    Args:
        matrix: M, `(units, units)`.
        start: S, `(units, units)`.
        horizon: How many terms; None for all.

    Raises:
        ValueError: If the sum of all does not exist, or is beyond float64.
    """
    if horizon is None:
        return _factor_of_series(matrix, start)
    start = _triangle(start)
    factor, power = start, matrix
    for bit in bin(horizon)[3:]:
        with np.errstate(over="ignore", invalid="ignore"):
            factor, power = _triangle(factor, power @ factor), power @ power
            if bit == "1":
                factor, power = _triangle(start, matrix @ factor), matrix @ power
    if not np.isfinite(factor).all():
        raise ValueError(
            f"The powers of `matrix` overflow within {horizon} steps. Scale it down, "
            "or take a smaller `horizon`."
        )
    return factor


def solve_lower(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Forward substitution, which unlike a general solver does not mix rows."""
    solution = right.copy()
    for row in range(len(factor)):
        solution[row] -= factor[row, :row] @ solution[:row]
        solution[row] /= factor[row, row]
    return solution


def _factor_of_series(matrix: np.ndarray, start: np.ndarray) -> np.ndarray:
    factor, power = _triangle(start), matrix
    for _ in range(DOUBLINGS):
        with np.errstate(over="ignore", invalid="ignore"):
            more = power @ factor
            sizes = np.linalg.norm(more, axis=1), np.linalg.norm(factor, axis=1)
        if not np.isfinite(sizes).all():
            break
        factor = _triangle(factor, more)
        if (sizes[0] <= np.finfo(float).eps * sizes[1]).all():
            return factor
        with np.errstate(over="ignore", invalid="ignore"):
            power = power @ power
    raise ValueError(
        "`matrix` must have a spectral radius below 1: its powers do not die out, and "
        "the noise piles up without limit. Scale it down, or give a `horizon`."
    )


def _triangle(*factors: np.ndarray) -> np.ndarray:
    """Lower triangular T with T T^T the sum of all F F^T."""
    both = np.hstack(factors)
    if not np.isfinite(both).all():
        return np.full_like(factors[0], np.nan)
    return np.asarray(np.linalg.qr(both.T, mode="r")).T


def _check_accuracy(factor: np.ndarray) -> None:
    rows = np.linalg.norm(factor, axis=1, keepdims=True)
    error = np.finfo(float).eps * np.linalg.cond(factor / rows)
    if not error < NOTHING_LEFT:
        raise ValueError(
            "The noise covariance of this matrix is not positive definite in float64: "
            "the matrix is too far from normal. Take fewer units or smaller weights."
        )
    if error > TOLERANCE:
        warnings.warn(
            "The noise covariance of this matrix is too ill-conditioned for float64: "
            f"the relative error of Fisher memory may reach {error:.0e}.",
            stacklevel=4,
        )
