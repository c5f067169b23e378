"""Norms of a gradient on its way back through recurrent layers."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_nonnormal import _backend


class GradientRatios:
    r"""How much of a gradient is left at the first state of each recurrent layer.

    $\|\partial L / \partial h_0\| / \|\partial L / \partial h_T\|$, from the state that
    a layer begins with and its last output: small where gradients vanish, large where
    they explode. These are total gradients; norms are over the batch.

    Args:
        model: A compiled model. Its layers stay as they are; it is traced here once
            more, at the first call, and then knows its weights of any later time.
        batch: Inputs, targets and, if there are, sample weights.

    Returns:
        When it is called, a dict of floats by the names of the layers. A layer whose
        last output does not matter has none.
    """

    def __init__(self, model: keras.Model, batch: Sequence[Any]):
        import tensorflow as tf

        self.model: Any = model
        self.batch = tf.nest.map_structure(tf.convert_to_tensor, tuple(batch))
        # XLA would take longer to compile than this takes to run a few hundred times.
        self._norms = tf.function(self._norms_of, autograph=False, jit_compile=False)

    def __call__(self) -> dict[str, float]:
        compiled = _backend.jit_compile_enabled()
        _backend.set_jit_compile(False)
        try:
            norms = self._norms()
        finally:
            _backend.set_jit_compile(compiled)
        pairs = {name: list(map(float, pair)) for name, pair in norms.items()}
        return {name: first / last for name, (first, last) in pairs.items() if last}

    def _norms_of(self) -> dict[str, list[Any]]:
        import tensorflow as tf

        ends: dict[str, tuple[Any, Any]] = {}
        inputs, targets, weights = [*self.batch, None][:3]
        with tf.GradientTape() as tape, contextlib.ExitStack() as stack:
            for layer in recurrent_layers(self.model):
                stack.enter_context(_observed(layer, tape, ends))
            predicted = self.model(inputs, training=False)
            loss = self.model.compute_loss(inputs, targets, predicted, weights, False)
        gradients: Any = tape.gradient(
            loss, ends, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return {
            name: [tf.norm(tf.cast(each, "float64")) for each in pair]
            for name, pair in gradients.items()
        }


def recurrent_layers(model: keras.Model) -> list[Any]:
    """The recurrent layers of a model, also those inside of others, from input up."""
    layers = model._flatten_layers(include_self=False, recursive=True)
    return [each for each in layers if isinstance(each, keras.layers.RNN)]


@contextlib.contextmanager
def _observed(layer: Any, tape: Any, ends: dict) -> Iterator[None]:
    """Adds zeros that are watched to the first state of a layer and its last output."""
    import tensorflow as tf

    loop = layer.inner_loop

    def inner_loop(sequences, initial_state, mask, training=False):
        first, *others = initial_state
        start = tf.zeros_like(first)
        tape.watch(start)
        last, outputs, states = loop(
            sequences, [first + start, *others], mask, training=training
        )
        end = tf.zeros_like(last)
        tape.watch(end)
        ends[layer.name] = (start, end)
        final = outputs[:, -1:] + end[:, None]
        return last + end, tf.concat([outputs[:, :-1], final], axis=1), states

    vars(layer)["inner_loop"] = inner_loop  # past Keras, which tracks attributes
    try:
        yield
    finally:
        del vars(layer)["inner_loop"]
