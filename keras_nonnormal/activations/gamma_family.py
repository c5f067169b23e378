r"""The gamma family of nonlinearities, its derivatives, and the published grid.

$$ γ(x; n, s) = (1 - s) \frac{\ln(1 + e^{n x})}{n} + s σ(n x) $$

Between softplus (s = 0, n = 1), ReLU (s = 0, large n), the logistic function (s = 1,
n = 1) and a step (s = 1, large n). Everything is written with exp(-|n x|), so that
nothing overflows or cancels for either sign of n.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal import _backend

GAINS = (1.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0)
"""Initial gains n of the published grid."""

SATURATIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Initial saturations s of the published grid."""

FINE_GAINS = (1.0, *(float(n) for n in np.arange(2.5, 20.1, 1.25)))
"""The gains with half-way values, for psMNIST and Penn Treebank."""


def gamma(x: Any, n: Any = 1.0, s: Any = 0.0) -> Any:
    r"""The gamma nonlinearity of tensors, with derivatives in closed form.

    $$ γ(x; n, s) = (1 - s) \frac{\ln(1 + e^{n x})}{n} + s σ(n x) $$

    Value and derivatives stay finite and accurate for any $|n x|$ that is a number of
    the dtype, also where autodiff would subtract large numbers.

    Args:
        x: Floating-point tensor of any shape.
        n: Gain: a number or a tensor that broadcasts against `x`. Meant to be positive,
            right for negative values as well; infinite or NaN at 0.
        s: Saturation: a number or a tensor that broadcasts against `x`. Meant to be in
            [0, 1]; not enforced.

    Returns:
        Tensor of the shape that the three broadcast to, in the dtype of `x`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.activations import gamma
    >>> float(gamma(np.float32(0.0), n=1.0, s=1.0))
    0.5

    Reference:
        - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253)
    """
    x = ops.convert_to_tensor(x)
    n, s = (ops.cast(each, x.dtype) for each in (n, s))
    return _gamma(x, n, s)


@ops.custom_gradient
def _gamma(x, n, s):
    def gradient(*cotangents, upstream=None):
        cotangent = cotangents[0] if upstream is None else upstream
        return tuple(
            _sum_to_shape(cotangent * partial, argument.shape)
            for partial, argument in zip(
                gamma_partials(x, n, s), (x, n, s), strict=True
            )
        )

    return _values(x, n, s, ops), gradient


def gamma_slope(x: Any, n: Any = 1.0, s: Any = 0.0) -> Any:
    """The derivative of `gamma` by `x`; arguments and result as there."""
    x = ops.convert_to_tensor(x)
    n, s = (ops.cast(each, x.dtype) for each in (n, s))
    return _slopes(x, n, s, ops)


def gamma_partials(x: Any, n: Any, s: Any) -> tuple:
    """The derivatives of `gamma` by `x`, `n` and `s`, tensors of one dtype."""
    u: Any = n * x
    # Not the absolute value, whose slope is 0 at 0: these functions are smooth there.
    magnitude = u * (2 * ops.cast(u >= 0, u.dtype) - 1)
    e = ops.exp(-magnitude)
    sigmoid, slope = _sigmoid(u, e, ops), _sigmoid_slope(e)
    # ln(1 + e^u) - u sigma(u), without the difference of two numbers like u.
    entropy = _backend.log1p(e) + magnitude * (e / (1 + e))
    return (
        (1 - s) * sigmoid + s * n * slope,
        s * x * slope - (1 - s) * entropy / (n * n),
        sigmoid - _softplus(u, e, ops) / n,
    )


def gamma_values(x: Any, n: Any = 1.0, s: Any = 0.0) -> np.ndarray:
    """`gamma` of NumPy arrays, in float64.

    Raises:
        ValueError: If a gain is 0.
    """
    return _values(*_arrays(x, n, s), np)


def gamma_slopes(x: Any, n: Any = 1.0, s: Any = 0.0) -> np.ndarray:
    """The derivative of `gamma_values` by `x`.

    Raises:
        ValueError: If a gain is 0.
    """
    return _slopes(*_arrays(x, n, s), np)


def gamma_sup_slope(n: Any, s: Any) -> np.ndarray:
    r"""The supremum over $x$ of the slope of gamma.

    It is $(1 + s (n - 1))^2 / (4 n s)$ for $s > 1 / (n + 1)$, and $1 - s$, the slope at
    infinity, below. Above 1, differences may grow from step to step.

    Args:
        n: Array of gains, positive.
        s: Array of saturations that broadcasts against it.

    Returns:
        Array in float64.

    Raises:
        ValueError: If a gain is not positive.
    """
    n, s = (np.asarray(each, np.float64) for each in (n, s))
    if not np.all(n > 0):
        raise ValueError(f"Expected `n` to be positive. Received: n={n.min()}")
    inside = s > 1 / (n + 1)
    return np.where(
        inside,
        np.square(1 + s * (n - 1)) / (4 * n * np.where(inside, s, 1.0)),
        1 - s,
    )


# u = n x; e = exp(-|u|) is all that the functions need of it, and in [0, 1].


def _values(x, n, s, xp):
    u = n * x
    e = xp.exp(-xp.abs(u))
    return (1 - s) * _softplus(u, e, xp) / n + s * _sigmoid(u, e, xp)


def _slopes(x, n, s, xp):
    u = n * x
    e = xp.exp(-xp.abs(u))
    return (1 - s) * _sigmoid(u, e, xp) + s * n * _sigmoid_slope(e)


def _softplus(u, e, xp):
    log1p = np.log1p if xp is np else _backend.log1p
    return xp.where(u >= 0, u, xp.zeros_like(u)) + log1p(e)


def _sigmoid(u, e, xp):
    return xp.where(u >= 0, xp.ones_like(e), e) / (1 + e)


def _sigmoid_slope(e):
    return e / ((1 + e) * (1 + e))


def _sum_to_shape(values: Any, shape) -> Any:
    """The sum over the axes along which a tensor of that shape was broadcast."""
    for _ in range(len(values.shape) - len(shape)):
        values = ops.sum(values, axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and values.shape[axis] != 1:
            values = ops.sum(values, axis=axis, keepdims=True)
    return values


def _arrays(x, n, s):
    x, n, s = (np.asarray(each, np.float64) for each in (x, n, s))
    if not np.all(n):
        raise ValueError(
            "Expected the gain `n` to be other than 0, by which gamma divides. "
            "Received: n=0"
        )
    return x, n, s
