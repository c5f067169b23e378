"""Radii of networks along time, sample by sample."""

from typing import Any

import numpy as np


def small_network(
    net: str,
    units: int,
    shape: tuple[int, int],
    *,
    layers: int = 1,
    embedding: int | None = None,
    activation: str | None = None,
) -> Any:
    """A model of recurrent layers, with new weights.

    Args:
        net: `"LSTM"`, `"GRU"` or `"ALIF"`.
        units: Of every layer.
        shape: Time and features of what goes in.
        layers: How many there are.
        embedding: Width of a softmax layer below them, or None for none.
        activation: Of LSTM and GRU, if it is not tanh.
    """
    import keras

    from keras_nonnormal.layers import ALIF

    inputs = keras.Input(shape)
    x: Any = inputs
    if embedding:
        x = keras.layers.Dense(embedding, activation="softmax")(x)
    for _ in range(layers):
        if net == "ALIF":
            layer: Any = ALIF(units, return_sequences=True)
        else:
            made = {"LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}[net]
            other = {"activation": activation} if activation else {}
            layer = made(units, return_sequences=True, **other)
        x = layer(x)
    return keras.Model(inputs, x)


class RadiiOverTime:
    """Spectral radii from each state of a layer to its next, compiled once.

    Args:
        model: A built model with recurrent layers. Its weights may change.
    """

    def __init__(self, model: Any):
        from keras_nonnormal.pretraining.frames import FrameStack
        from keras_nonnormal.pretraining.jacobians import Jacobians

        self._stack = FrameStack(model, most_outputs=0)
        self._jacobians = Jacobians(self._stack)

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Radii of a batch `(samples, time, features)`.

        Returns:
            For each layer an array `(samples, time - 1)`: the first step, which leads
            from zeros, is left out.
        """
        stack = self._stack
        entries = stack.entries(np.asarray(inputs, "float32"))
        states = stack.initial_states(len(inputs))
        found: list[list[np.ndarray]] = [[] for _ in range(stack.depth)]
        for step in range(stack.length(entries)):
            frame = stack.frame(entries, step)
            radii, states, _ = self._jacobians.radii(frame, states)
            for layer, each in enumerate(found):
                each.append(radii[f"rec/{layer}"])
        return [np.stack(each[1:], axis=1) for each in found]
