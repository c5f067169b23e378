from collections.abc import Callable

import keras
from keras import ops

from keras_nonnormal.activations.modrelu import ModReLU

_SLOPES: dict[Callable, Callable] = {
    keras.activations.linear: ops.ones_like,
    keras.activations.tanh: lambda y: 1 - y * y,
    keras.activations.sigmoid: lambda y: y * (1 - y),
    keras.activations.relu: lambda y: ops.cast(y > 0, y.dtype),
    keras.activations.elu: lambda y: ops.where(y > 0, ops.ones_like(y), y + 1),
}


def slope_in_terms_of_output(activation: Callable) -> Callable | None:
    """The derivative of an elementwise activation as a function of its output.

    Args:
        activation: A function of `keras.activations`, as `keras.activations.get` gives
            it, with its default settings; or a real `ModReLU`.

    Returns:
        A function from $y = \\phi(z)$ to $\\phi'(z)$, both of any shape, or `None` if
        this module knows none, or the output does not determine the derivative.

    Example:

    >>> import keras
    >>> slope = slope_in_terms_of_output(keras.activations.tanh)
    >>> float(slope(keras.ops.tanh(0.5))) == float(1 - keras.ops.tanh(0.5) ** 2)
    True
    """
    if isinstance(activation, ModReLU):
        return None if activation.complex else activation.slope
    try:
        return _SLOPES.get(activation)
    except TypeError:  # not hashable, so none of these
        return None
