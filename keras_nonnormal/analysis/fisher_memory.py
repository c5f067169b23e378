from dataclasses import dataclass

import numpy as np

from keras_nonnormal.analysis._checks import (
    at_least,
    positive,
    source_vector,
    square_matrix,
)
from keras_nonnormal.analysis._noise_factor import (
    factor_of_sum,
    noise_factor,
    solve_lower,
)

STEPS = 150  # what the total was summed over in nnRNN


def fisher_memory_curve(
    matrix,
    steps: int | None = None,
    source=None,
    noise_variance: float = 1.0,
    horizon: int | None = None,
) -> np.ndarray:
    """Fisher information that a noisy linear network's state has of its past input.

    The network is `x <- matrix @ x + source * input + noise`, with white Gaussian noise
    in every unit. The information about the input k steps ago is

        J(k) = u^T (M^k)^T C^{-1} M^k u,    C = noise_variance * sum_j M^j (M^j)^T

    with u the source and C the stationary covariance of the noise, or that after as
    many steps as `horizon`. For strongly non-normal matrices C has a condition number
    beyond 1/eps of float64 (1e24 for `delay_line(100, 1.05, 0.005, 0.2)`). It is
    therefore never formed: a triangular factor L of it, C = L L^T, is doubled from 1 to
    2, 4, 8, ... terms of the sum by QR decompositions. In coordinates in which the
    noise is white the network is the contraction L^{-1} M L, and J(k) is the squared
    length of L^{-1} u after k steps of it. That needs half the digits: errors stay
    below 2e-7 in the published settings, in which accumulating C in float64 is off by
    up to 0.08.

    Args:
        matrix: Array `(units, units)` in column form: `matrix @ x` is the next state.
            Of a `recurrent_kernel` of Keras pass the transpose.
        steps: Integer, how far to look back: k = 0 ... steps - 1. Defaults to
            `horizon`, or 150.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.
        horizon: Integer, how many steps there has been noise. Defaults to None, for
            ever; a matrix that does not forget needs a number.

    Returns:
        An array `(steps,)`: J(0), J(1), ...

    Raises:
        ValueError: If the spectral radius of the matrix is not below 1, so that noise
            piles up without limit, and there is no `horizon`; if the matrix is so
            non-normal that float64 leaves no digit; or if shapes do not fit.

    Warns:
        UserWarning: If float64 leaves fewer than two reliable digits.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> print(fisher_memory_curve(delay_line(4, alpha=1), steps=5).round(3))
    [1.    0.5   0.333 0.25  0.   ]

    Reference:

    - [Ganguli, Huh and Sompolinsky, 2008](https://doi.org/10.1073/pnas.0804451105)
    - [Kerg et al., 2019, figure 1](https://arxiv.org/abs/1905.12080)
    """
    signals = _white_signals(matrix, steps, source, noise_variance, horizon)
    return np.square(signals).sum(axis=0)


def fisher_memory_matrix(
    matrix,
    steps: int | None = None,
    source=None,
    noise_variance: float = 1.0,
    horizon: int | None = None,
) -> np.ndarray:
    """The information of a noisy linear network about its past inputs taken together.

    J(k, l) = u^T (M^k)^T C^{-1} M^l u, the Fisher information matrix of all past
    inputs; its diagonal is `fisher_memory_curve`. That of `delay_line(n, alpha)` is
    diagonal: each input has a unit of its own.

    Args:
        matrix: See `fisher_memory_curve`, also for the following.
        steps: Integer, how far to look back. Defaults to `horizon`, or 150.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.
        horizon: Integer, how many steps there has been noise, or None for ever.

    Returns:
        An array `(steps, steps)`, symmetric, its rank at most `units`.

    Example:

    >>> print(fisher_memory_matrix([[0.5]], steps=2))
    [[0.75   0.375 ]
     [0.375  0.1875]]
    """
    signals = _white_signals(matrix, steps, source, noise_variance, horizon)
    return signals.T @ signals


def total_memory(
    matrix,
    steps: int | None = STEPS,
    source=None,
    noise_variance: float = 1.0,
    horizon: int | None = None,
) -> float:
    """Sum of the Fisher memory curve, J_tot: 1 for a normal matrix, at most its size.

    Args:
        matrix: See `fisher_memory_curve`, also for the following.
        steps: Integer, terms to sum, or None for all of them, those before `horizon` if
            there is one. Defaults to `150`, as published of nnRNN.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.
        horizon: Integer, how many steps there has been noise, or None for ever.

    Returns:
        A float.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> print(f"{total_memory(delay_line(100, alpha=1.0)):.2f}")
    5.19
    """
    if steps is not None:
        curve = fisher_memory_curve(matrix, steps, source, noise_variance, horizon)
        return float(curve.sum())
    matrix = square_matrix(matrix)
    source = source_vector(source, len(matrix))
    return float(source @ spatial_memory(matrix, noise_variance, horizon) @ source)


def spatial_memory(
    matrix, noise_variance: float = 1.0, horizon: int | None = None
) -> np.ndarray:
    """How much memory an input has that enters at one place or another.

    The matrix S = sum_k (M^k)^T C^{-1} M^k, with which the total memory of an input
    that enters by u is J_tot = u^T S u. Its trace is the number of units (over the
    noise variance): what one source gains another loses. Its top eigenvector is the
    best place to enter, which for a delay line is the first unit.

    Args:
        matrix: See `fisher_memory_curve`, also for the following.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.
        horizon: Integer, how many steps there has been noise, or None for ever.

    Returns:
        An array `(units, units)`, symmetric and positive definite.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> print(np.diag(spatial_memory(delay_line(2, alpha=3.0))).round(1))
    [1.9 0.1]

    Reference:

    - [Ganguli, Huh and Sompolinsky, 2008](https://doi.org/10.1073/pnas.0804451105)
    """
    white = _White.of(matrix, noise_variance, horizon)
    half = factor_of_sum(white.step.T, np.eye(len(white.step)), white.horizon)
    half = half.T @ white.coordinates(np.eye(len(white.step)))
    return half.T @ half


def noise_covariance(
    matrix, noise_variance: float = 1.0, horizon: int | None = None
) -> np.ndarray:
    """Covariance of the states of a linear network that has noise for its input.

    The solution of C = M C M^T + noise_variance I, or the sum of the first terms.

    Args:
        matrix: See `fisher_memory_curve`, also for the following.
        noise_variance: Float, variance of the noise in every unit. Defaults to `1`.
        horizon: Integer, how many steps there has been noise, or None for ever.

    Returns:
        An array `(units, units)`, symmetric and positive definite.

    Example:

    >>> print(noise_covariance([[0.5]]).round(3))
    [[1.333]]
    """
    factor = _White.of(matrix, noise_variance, horizon).factor
    return factor @ factor.T


@dataclass(frozen=True)
class _White:
    """A network in coordinates in which the noise is white.

    Args:
        factor: L with L L^T = C.
        step: L^{-1} M L, `(units, units)`.
        horizon: How many steps count, or None.
    """

    factor: np.ndarray
    step: np.ndarray
    horizon: int | None

    @classmethod
    def of(cls, matrix, noise_variance: float, horizon: int | None) -> "_White":
        matrix = square_matrix(matrix)
        scale = np.sqrt(positive(noise_variance, "noise_variance"))
        horizon = None if horizon is None else at_least(1, horizon, "horizon")
        factor = noise_factor(matrix, horizon)
        return cls(scale * factor, solve_lower(factor, matrix @ factor), horizon)

    def coordinates(self, states: np.ndarray) -> np.ndarray:
        """States `(units, ...)` in these coordinates."""
        return solve_lower(self.factor, states)


def _white_signals(matrix, steps, source, noise_variance, horizon) -> np.ndarray:
    """Traces of inputs of 1 in the state, a step per column, where noise is white."""
    white = _White.of(matrix, noise_variance, horizon)
    horizon = white.horizon
    steps = at_least(1, (horizon or STEPS) if steps is None else steps, "steps")
    state = white.coordinates(source_vector(source, len(white.step)))
    signals = np.zeros((len(state), steps))
    for step in range(min(steps, horizon or steps)):
        signals[:, step] = state
        state = white.step @ state
    return signals
