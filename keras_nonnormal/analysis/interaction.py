from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_nonnormal.analysis._checks import at_least
from keras_nonnormal.analysis._optional import scipy_module


def interactions(deviations, orders: Sequence[int] = (2, 3, 4)) -> np.ndarray:
    r"""How strongly deviations at several time steps depend on one another.

    $$ \Bigl\lvert \sum_{t_1 < \dots < t_k} E_b \prod_i y_{b, t_i} \Bigr\rvert $$

    That is the mean over the batch of the elementary symmetric polynomial of order k of
    all time steps, which takes time times k multiplications instead of a product for
    every choice of steps. Of factors $1 + y_t$ it is what order k adds to the mean of
    the product over time beyond that of independent steps.

    Args:
        deviations: Array `(batch, time)`, radii of transitions minus their means over
            the batch.
        orders: The orders k, integers >= 1.

    Returns:
        Array `(orders,)`.

    Raises:
        ValueError: If shapes or orders do not fit.

    Example:

    >>> print(interactions([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]))
    [5.5 3.  0. ]

    Reference:

    - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), supplement
    """
    deviations = _over_time(deviations, "deviations")
    orders = [at_least(1, order, "orders") for order in orders]
    polynomials = np.zeros((max(orders, default=0) + 1, len(deviations)))
    polynomials[0] = 1
    for step in deviations.T:
        polynomials[1:] += step * polynomials[:-1]  # the right side is of before
    return np.abs(polynomials.mean(axis=1)[orders])


@dataclass(frozen=True)
class CovarianceDecay:
    """How radii at the first step and at each later one go together.

    Args:
        steps: Array `(steps,)`, the later steps, counted from 0 with those dropped.
        covariance: Array `(steps,)`, sample covariances over the batch.
        correlation: Array `(steps,)`, Pearson's; NaN where one of them is constant.
        p_value: Array `(steps,)`, how likely one as far from 0 is of independent normal
            ones, two-sided.
    """

    steps: np.ndarray
    covariance: np.ndarray
    correlation: np.ndarray
    p_value: np.ndarray


def covariance_decay(radii, drop: int = 1) -> CovarianceDecay:
    """Whether radii of transitions forget what they were at the first step.

    Args:
        radii: Array `(batch, time)`, of a batch of at least 3.
        drop: Integer, steps to leave out at the start, where states are still those
            that the network begins with. Defaults to `1`.

    Returns:
        `CovarianceDecay` between the first step that is left and each later one.

    Raises:
        ValueError: If there are too few samples or steps.
        ImportError: If SciPy is not installed.

    Example:

    >>> first = np.random.default_rng(0).normal(size=(100, 1))
    >>> found = covariance_decay(first * [9.0, 1.0, 0.5, -0.5], drop=1)
    >>> print(found.steps, found.correlation.round(6))
    [2 3] [ 1. -1.]
    """
    radii = _over_time(radii, "radii")
    drop = at_least(0, drop, "drop")
    batch, steps = radii.shape
    if batch < 3 or steps < drop + 2:
        raise ValueError(
            "`radii` must be of 3 samples and of 2 steps beyond those dropped, at "
            f"least. Received: shape {radii.shape}, drop={drop}"
        )
    kept = radii[:, drop:] - radii[:, drop:].mean(axis=0)
    first, later = kept[:, 0], kept[:, 1:]
    covariance = first @ later / (batch - 1)
    sizes = np.linalg.norm(first) * np.linalg.norm(later, axis=0)
    correlation = np.full(len(covariance), np.nan)
    np.divide(first @ later, sizes, out=correlation, where=sizes > 0)
    correlation = np.clip(correlation, -1, 1)
    # 1 - r ** 2 is beta distributed, with half of the degrees of freedom and 1/2.
    p_value = scipy_module("special").betainc(
        (batch - 2) / 2, 0.5, (1 - correlation) * (1 + correlation)
    )
    return CovarianceDecay(np.arange(drop + 1, steps), covariance, correlation, p_value)


def _over_time(values, name: str) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"`{name}` must have shape (batch, time), none of them 0. "
            f"Received: shape {values.shape}"
        )
    return values
