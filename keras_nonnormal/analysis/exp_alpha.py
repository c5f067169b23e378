import math

import numpy as np


def exp_alpha_response(z, alpha) -> tuple[np.ndarray, np.ndarray]:
    r"""Exp-alpha of the identity, $y = (1 - e^{-\alpha z}) z$, and its slope.

    $$ \partial y / \partial z = 1 - (1 - u) e^{-u}, \qquad u = \alpha z $$

    Args:
        z: Array of pre-activations, of any shape.
        alpha: Array of heights that broadcasts against them.

    Returns:
        The pair of arrays $y$ and $\partial y / \partial z$ in float64.

    Example:

    >>> y, slope = exp_alpha_response([0.0, 1.0], alpha=1.0)
    >>> print(y.round(3), slope.round(3))
    [0.    0.632] [0. 1.]
    """
    z, alpha = np.asarray(z, np.float64), np.asarray(alpha, np.float64)
    u = alpha * z
    return -np.expm1(-u) * z, u * np.exp(-u) - np.expm1(-u)


def contracting_interval() -> tuple[float, float]:
    r"""The range of $\alpha z$ where the slope of exp-alpha is in (-1, 1).

    The slope is that of the identity, which rises from -1 through 0 at 0 to 1. At the
    left end $(1 - u) e^{-u} = 2$, which is $v e^v = 2e$ with $v = 1 - u$, so that
    $u = 1 - W(2e)$ with Lambert's function W.

    Returns:
        The pair of both ends.

    Example:

    >>> low, high = contracting_interval()
    >>> print(f"{low:.6f} {high:.6f}")
    -0.374823 1.000000
    """
    v, before = 1.0, 0.0  # Newton's method for v + ln v = ln(2e); it climbs, then stays
    while v > before:
        before, v = v, v * (1 + math.log(2 * math.e) - math.log(v)) / (1 + v)
    return 1 - v, 1.0
