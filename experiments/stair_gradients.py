"""How much of a gradient comes through an orthogonal network with a stair."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_nonnormal import ModReLU, RandomOrthogonalSkew, Stair, StairRNN
from keras_nonnormal.analysis import state_gradient_norms

UNITS, SEQUENCES = 32, 4


def stair_gradient_norms(
    heights: Mapping[str, np.ndarray], activation: str
) -> dict[str, np.ndarray]:
    """Norms of the gradient of a part of the last state by each state, in float64.

    That part is the state along a random direction of its own for each sequence, so
    that the norm of its gradient by the last state is 1. The input is noise, the same
    for all stairs. Of all sequences it is the median.

    Args:
        heights: For each stair, by its name, its factors `(steps,)`.
        activation: The nonlinearity.

    Returns:
        By the same names, arrays `(steps,)`.
    """
    import tensorflow as tf

    steps = {len(each) for each in heights.values()}.pop()
    rng = np.random.default_rng(1)
    drive = tf.constant(rng.normal(size=(SEQUENCES, steps, UNITS)))
    direction = rng.normal(size=(SEQUENCES, UNITS))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    # A learned stair takes any factors: one network, compiled once, serves for all.
    layer = orthogonal_network(Stair("alpha", steps, dtype="float64"), activation)
    layer.build(drive.shape)
    transposed = keras.ops.transpose(layer.recurrent_matrix())
    norms = {}
    for name, factors in heights.items():
        layer.stair.alpha.assign(factors)
        with tf.GradientTape() as tape:
            tape.watch(drive)
            part = tf.reduce_sum(direction * layer(drive))
        by_drive: Any = tape.gradient(part, drive)
        # All that a state does to later ones goes through the matrix.
        by_earlier: Any = keras.ops.matmul(by_drive[:, 1:], transposed)
        gradients = np.concatenate([by_earlier, direction[:, None]], axis=1)
        norms[name] = np.median(state_gradient_norms(gradients), axis=0)
    return norms


def orthogonal_network(stair: Any, activation: str) -> Any:
    """A layer with an orthogonal matrix, whose input is added to the pre-activations.

    Args:
        stair: Its stair.
        activation: The nonlinearity.
    """
    offsets: Any = keras.initializers.RandomUniform(-0.01, 0.01, seed=1)
    modrelu = ModReLU(offset_initializer=offsets, dtype="float64")
    return StairRNN(
        UNITS,
        stair,
        parametrization="exp",
        activation=modrelu if activation == "modrelu" else activation,
        kernel_initializer="identity",
        skew_initializer=RandomOrthogonalSkew(seed=1),
        dtype="float64",
    )
