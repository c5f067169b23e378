"""Sine and cosine as serializable nonlinearities."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
def sin(x):
    """The sine of every entry: a nonlinearity that never saturates.

    Example:

    >>> import keras
    >>> from keras_nonnormal.activations import sin
    >>> layer = keras.layers.Dense(3, activation=sin)
    """
    return ops.sin(x)


@keras.saving.register_keras_serializable("keras_nonnormal")
def cos(x):
    """The cosine of every entry; its slope is zero at zero."""
    return ops.cos(x)
