"""How much of a gradient comes through an orthogonal network with a stair."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal.activations import ModReLU, Stair
from keras_nonnormal.analysis.gradients import state_gradient_norms
from keras_nonnormal.initializers import RandomOrthogonalSkew
from keras_nonnormal.layers import StairRNN


def stair_gradient_norms(
    heights: Mapping[str, np.ndarray],
    activation: str = "modrelu",
    *,
    units: int = 32,
    sequences: int = 4,
) -> dict[str, np.ndarray]:
    """Norms of the gradient of a part of the last state by each state, in float64.

    The part is the state along a random direction of its own for each sequence, so
    that the norm of its gradient by the last state is 1. The input is noise, the same
    for all stairs.

    Args:
        heights: For each stair, by its name, its factors `(time,)`.
        activation: The nonlinearity: `"linear"`, `"modrelu"` or another of Keras.
        units: Integer, units of the network. Defaults to `32`.
        sequences: Integer, sequences of noise. Defaults to `4`.

    Returns:
        By the same names arrays `(time,)`, the medians over all sequences.

    Raises:
        ValueError: If stairs have different lengths.
    """
    import tensorflow as tf

    lengths = {len(each) for each in heights.values()}
    if len(lengths) != 1:
        raise ValueError(
            f"`heights` must be of one length. Received: lengths {sorted(lengths)}"
        )
    steps = lengths.pop()
    rng = np.random.default_rng(1)
    drive = tf.constant(rng.normal(size=(sequences, steps, units)))
    direction = rng.normal(size=(sequences, units))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    # A learned stair takes any factors: one network, compiled once, serves for all.
    stair = Stair("alpha", steps, dtype="float64")
    layer = orthogonal_stair_network(units, stair, activation)
    layer.build(drive.shape)
    transposed = ops.transpose(layer.recurrent_matrix())
    norms = {}
    for name, factors in heights.items():
        layer.stair.alpha.assign(factors)
        with tf.GradientTape() as tape:
            tape.watch(drive)
            part = tf.reduce_sum(direction * layer(drive))
        by_drive: Any = tape.gradient(part, drive)
        # All that a state does to later ones goes through the matrix.
        by_earlier: Any = ops.matmul(by_drive[:, 1:], transposed)
        gradients = np.concatenate([by_earlier, direction[:, None]], axis=1)
        norms[name] = np.median(state_gradient_norms(gradients), axis=0)
    return norms


def orthogonal_stair_network(units: int, stair: Any, activation: str) -> Any:
    """A layer with an orthogonal matrix, whose input is added to the pre-activations.

    Args:
        units: Integer, units and features.
        stair: A `Stair`, or the name of a schedule.
        activation: The nonlinearity.

    Returns:
        A `StairRNN` in float64.
    """
    offsets: Any = keras.initializers.RandomUniform(-0.01, 0.01, seed=1)
    modrelu = ModReLU(offset_initializer=offsets, dtype="float64")
    return StairRNN(
        units,
        stair,
        parametrization="exp",
        activation=modrelu if activation == "modrelu" else activation,
        kernel_initializer="identity",
        skew_initializer=RandomOrthogonalSkew(seed=1),
        dtype="float64",
    )
