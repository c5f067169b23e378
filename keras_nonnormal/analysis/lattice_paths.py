import math

import numpy as np

from keras_nonnormal.analysis._checks import at_least


def lattice_paths(time: int, depth: int) -> int:
    r"""How many ways lead back over a grid of time and depth: $\binom{t + l}{t}$.

    Each step goes back by one in time or down by one layer, as a gradient does in a
    recurrent network of several layers.

    Args:
        time: Integer >= 0, the steps back in time.
        depth: Integer >= 0, the layers down.

    Returns:
        An integer, exact.

    Raises:
        ValueError: If one of them is negative or no integer.

    Example:

    >>> lattice_paths(3, 2)
    10
    """
    time, depth = at_least(0, time, "time"), at_least(0, depth, "depth")
    return math.comb(time + depth, time)


def continuous_lattice_paths(time, depth) -> np.ndarray:
    r"""The number of paths for numbers between integers, by gamma functions.

    $\Gamma(t + l + 1) / (\Gamma(t + 1) \Gamma(l + 1))$, to ten digits and more up to
    what float64 can hold, and infinite beyond.

    Args:
        time: Array of numbers > -1.
        depth: Array of numbers > -1 that broadcasts with it.

    Returns:
        A float64 array of their common shape.

    Raises:
        ValueError: If a number is not above -1.

    Example:

    >>> print(continuous_lattice_paths([3, 3.5], 2).round(6))
    [10.    12.375]
    """
    time, depth = np.asarray(time, np.float64), np.asarray(depth, np.float64)
    for name, values in (("time", time), ("depth", depth)):
        if not (values > -1).all():
            raise ValueError(f"`{name}` must be above -1. Received: {values.tolist()}")
    logs = _log_gamma(time + depth + 1) - _log_gamma(time + 1) - _log_gamma(depth + 1)
    with np.errstate(over="ignore"):
        return np.exp(logs)


def random_descent(time: int, depth: int, rng: np.random.Generator) -> np.ndarray:
    """A way of a gradient from the last step and layer to the first, drawn at random.

    At every move it goes back by one step, and at some of them down by one layer, too.

    Args:
        time: Integer, steps of the sequence.
        depth: Integer, layers, at most as many as steps.
        rng: A `numpy.random.Generator`.

    Returns:
        An integer array `(time, 2)` of the step and the layer after each move, from 0.

    Example:

    >>> random_descent(3, 3, np.random.default_rng(1)).tolist()
    [[2, 2], [1, 1], [0, 0]]
    """
    moves = time - 1
    down = np.zeros(moves, int)
    down[rng.choice(moves, depth - 1, replace=False)] = 1
    layers = depth - 1 - np.concatenate([[0], np.cumsum(down)])
    return np.stack([np.arange(moves, -1, -1), layers], axis=1)


def sum_over_paths(time: int, depth: int, over_time: float, over_depth: float) -> float:
    r"""The sum over all paths if every edge multiplies: $\binom{t+l}{t} ρ_t^t ρ_l^l$.

    It is a term of $(ρ_t + ρ_l)^{t + l}$, so it is at most 1 if $ρ_t + ρ_l = 1$; at
    radii of 1 it is the number of paths.

    Args:
        time: Integer >= 0, the steps back in time.
        depth: Integer >= 0, the layers down.
        over_time: Float $ρ_t \ge 0$, the factor of an edge in time.
        over_depth: Float $ρ_l \ge 0$, that of an edge in depth.

    Returns:
        A float, infinite where float64 cannot hold it.

    Example:

    >>> sum_over_paths(3, 2, 0.5, 0.5)
    0.3125
    """
    for name, value in (("over_time", over_time), ("over_depth", over_depth)):
        if not value >= 0:
            raise ValueError(f"`{name}` must be at least 0. Received: {value}")
    paths = lattice_paths(time, depth)
    if (time and not over_time) or (depth and not over_depth):
        return 0.0
    logs = math.log(paths)
    logs += sum(
        n * math.log(r) for n, r in ((time, over_time), (depth, over_depth)) if n
    )
    if paths < 2**53 and abs(logs) < 700:  # no need of logarithms
        return paths * over_time**time * over_depth**depth
    return float(np.exp(np.minimum(logs, 710.0)))


def sum_over_paths_bound(
    time: int, depth: int, over_time: float, over_depth: float
) -> float:
    """$(ρ_t + ρ_l)^{t + l}$, which `sum_over_paths` is never above."""
    with np.errstate(over="ignore"):
        return float(np.float64(over_time + over_depth) ** (time + depth))


def pascal_gradient(steps: int, layers: int, rho: float) -> np.ndarray:
    r"""Gradient of the summed output of a Pascal network by each of its inputs.

    Of the network $y_{t,l} = ρ (y_{t,l-1} + y_{t-1,l})$ with input $x_t = y_{t,0}$,

    $$ G(t) = \frac{\partial}{\partial x_t} \sum_s y_{s,L}
            = \sum_{d=0}^{T-1-t} \binom{d + L - 1}{L - 1} ρ^{d + L} $$

    for t from 0. At $ρ = 1$ that is $\binom{T-1-t+L}{L}$; at $ρ = 1/2$ the probability
    that L heads take at most $T - 1 - t + L$ tosses.

    Args:
        steps: Integer T >= 1.
        layers: Integer L >= 1.
        rho: Float $ρ \ge 0$.

    Returns:
        Array `(steps,)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> print(pascal_gradient(4, 2, 1.0), pascal_gradient(4, 2, 0.5))
    [10.  6.  3.  1.] [0.8125 0.6875 0.5    0.25  ]

    Reference:

    - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    steps, layers = at_least(1, steps, "steps"), at_least(1, layers, "layers")
    if not rho >= 0:
        raise ValueError(f"`rho` must be at least 0. Received: {rho}")
    later = np.arange(1.0, steps)
    ratios = np.concatenate([[rho**layers], rho * (later + layers - 1) / later])
    return np.cumsum(np.cumprod(ratios))[::-1]


def pascal_plateau(layers: int, rho: float) -> float:
    r"""Where `pascal_gradient` tends far from the end: $(ρ / (1 - ρ))^L$.

    Args:
        layers: Integer L >= 1.
        rho: Float $ρ$ of at least 0; from 1 on the gradient has no limit.

    Returns:
        A float, 1 at $ρ = 1/2$ alone and infinite from 1 on.
    """
    layers = at_least(1, layers, "layers")
    if not rho >= 0:
        raise ValueError(f"`rho` must be at least 0. Received: {rho}")
    return math.inf if rho >= 1 else (rho / (1 - rho)) ** layers


def _log_gamma(values: np.ndarray) -> np.ndarray:
    return np.vectorize(math.lgamma, otypes=[np.float64])(values)
