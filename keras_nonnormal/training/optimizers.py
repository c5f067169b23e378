"""Optimizers by the names that options and presets use."""

import keras

from keras_nonnormal.optimizers import AdamTorch, RMSpropKeras2, RMSpropTorch

OPTIMIZERS = {
    "rmsprop-keras2": RMSpropKeras2,
    "rmsprop-torch": RMSpropTorch,
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
    "adam-torch": AdamTorch,
}


def optimizer_by_name(
    name: str, learning_rate: float, clip_norm: float | None = None
) -> keras.Optimizer:
    """An optimizer with the defaults of its name, clipping all gradients jointly.

    Args:
        name: A key of `OPTIMIZERS`.
        learning_rate: Float.
        clip_norm: Float, the largest joint norm of all gradients, or None.

    Returns:
        A new optimizer.
    """
    return OPTIMIZERS[name](learning_rate=learning_rate, global_clipnorm=clip_norm)
