import numpy as np


def running_products(heights) -> np.ndarray:
    r"""Products of the first factors of a stair: $\prod_{i \le j} \rho_i$ for every j.

    The last of them is the share of a gradient that the stair leaves over a whole
    sequence. Those of the logarithmic schedules are soon below what single precision
    can hold, 1e-45.

    Args:
        heights: Array `(time,)` of the factors $\rho_j$, as
            `keras_nonnormal.stair_heights` gives.

    Returns:
        An array `(time,)` in float64; 0 where a product is below 2.2e-308.

    Raises:
        ValueError: If the array has another number of axes.

    Example:

    >>> from keras_nonnormal import stair_heights
    >>> print(running_products(stair_heights("n", np.arange(4.0))).round(3))
    [0.5   0.333 0.25  0.2  ]
    """
    return _products(_heights(heights))


def gradient_bounds(heights) -> np.ndarray:
    r"""How much of a gradient a stair lets through to each state, at most.

    $$ \|\partial h_T / \partial h_t\| \le \prod_{j > t} |\rho_j| $$

    holds where no singular value of the recurrent matrix and no slope of the
    nonlinearity is above 1. With an orthogonal matrix and the identity they are equal.

    Args:
        heights: Array `(time,)` of the factors of all steps, the last one that of the
            state from which the gradient comes.

    Returns:
        An array `(time,)` in float64; its last entry is 1, and 0 is what is below
        2.2e-308.

    Raises:
        ValueError: If the array has another number of axes.

    Example:

    >>> gradient_bounds([0.5, 0.8, -0.5])
    array([0.4, 0.5, 1. ])
    """
    later = np.abs(_heights(heights))[:0:-1]
    return np.concatenate([[1.0], _products(later)])[::-1]


def _products(factors: np.ndarray) -> np.ndarray:
    """Running products of factors, 0 where the subnormal numbers begin.

    There rounding up keeps a product where it is, however many factors follow.
    """
    products = np.cumprod(factors)
    return np.where(np.abs(products) < np.finfo(float).tiny, 0.0, products)


def _heights(values) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not values.size:
        raise ValueError(
            f"`heights` must have shape (time,). Received: shape {values.shape}"
        )
    return values
