import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keras_nonnormal.analysis._optional import scipy_module

LAWS: dict[str, Callable] = {
    "power": lambda xi, b: xi**-b,
    "exponential": lambda xi, b: np.exp(-b * xi),
}


@dataclass(frozen=True)
class GainScaling:
    """A law of how the shape of a nonlinearity depends on the size of its input.

    Call it to evaluate it.

    Args:
        law: `"power"` or `"exponential"`.
        a: Float, the part that changes, at 1 (power) or at 0 (exponential).
        b: Float, the exponent or the rate.
        c: Float, what is left at large amplitudes.
        errors: Array `(3,)`, standard errors of the three; `inf` where the points do
            not determine them.
    """

    law: str
    a: float
    b: float
    c: float
    errors: np.ndarray

    def __call__(self, amplitudes) -> np.ndarray:
        """Values at amplitudes of any shape."""
        decay = LAWS[self.law](np.asarray(amplitudes, np.float64), self.b)
        return self.a * decay + self.c


def gain_scaling_fit(amplitudes, values, law: str = "power") -> GainScaling:
    r"""How gains or saturations scale with the amplitude of a drive or of noise.

    Fits, by least squares,

    $$ n(\xi) = a \xi^{-b} + c \quad\text{(power, for gains)} \qquad
       s(\xi) = a e^{-b \xi} + c \quad\text{(exponential, for saturations)} $$

    No start values are needed: for any b, the best a and c are the solution of a linear
    problem, so that the best b can be looked for over many scales first.

    Needs scipy: `pip install keras_nonnormal[analysis]`.

    Args:
        amplitudes: Array `(points,)` of $\xi$, positive.
        values: Array `(points,)` of n or s; as published, means over neurons and over
            steps 110 to 199 of runs at each amplitude.
        law: `"power"` (the default) or `"exponential"`.

    Returns:
        A `GainScaling`.

    Raises:
        ValueError: If there are fewer than three amplitudes, they are not positive, or
            shapes do not fit.
        ImportError: If scipy is not installed.

    Example:

    >>> xi = np.array([0.5, 1, 2.5, 5, 7.5, 10])
    >>> fit = gain_scaling_fit(xi, 3 * xi**-0.7 + 2)
    >>> print(f"{fit.a:.3f} {fit.b:.3f} {fit.c:.3f} {fit(4.0):.3f}")
    3.000 0.700 2.000 3.137
    """
    if law not in LAWS:
        raise ValueError(f"`law` must be one of {tuple(LAWS)}. Received: {law!r}")
    xi, values = (np.asarray(each, np.float64) for each in (amplitudes, values))
    if xi.ndim != 1 or xi.shape != values.shape or len(np.unique(xi)) < 3:
        raise ValueError(
            "`amplitudes` and `values` must have shape (points,), with three different "
            f"amplitudes or more. Received: shapes {xi.shape} and {values.shape}"
        )
    if not (np.isfinite(xi).all() and np.isfinite(values).all() and xi.min() > 0):
        raise ValueError(
            "`amplitudes` must be positive, and all values finite. "
            f"Received: {xi.tolist()} and {values.tolist()}"
        )
    decay = LAWS[law]
    optimize = scipy_module("optimize")
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        # Three points leave nothing to tell errors by; those are inf then.
        warnings.simplefilter("ignore", optimize.OptimizeWarning)
        found, covariance = optimize.curve_fit(
            lambda xi, a, b, c: a * decay(xi, b) + c,
            xi,
            values,
            p0=_start(xi, values, law),
            maxfev=10_000,
        )
    a, b, c = map(float, found)
    return GainScaling(law, a, b, c, np.sqrt(np.diag(covariance)))


def _start(xi: np.ndarray, values: np.ndarray, law: str) -> tuple[float, float, float]:
    """The best a, b, c of a grid of b from flat to a decay between two points."""
    sizes = np.log(xi) if law == "power" else xi
    sizes, origin = sizes - sizes.mean(), sizes.mean()
    rates = np.geomspace(0.01, 30, 60) / np.ptp(sizes)
    best, least = (0.0, 1.0, 0.0), np.inf
    for b in np.concatenate([-rates, rates]):
        columns = np.stack([np.exp(-b * sizes), np.ones_like(xi)], axis=1)
        (a, c), *_ = np.linalg.lstsq(columns, values, rcond=None)
        error = np.square(columns @ (a, c) - values).sum()
        if error < least:
            best, least = (a * np.exp(b * origin), b, c), error
    return best
