"""Static shapes in a graph: other layers ask for them."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_nonnormal import FusedSimpleRNN
from tests.layers.registry import RECURRENT

if keras.backend.backend() != "tensorflow":
    pytest.skip("shapes are always known on JAX", allow_module_level=True)

import tensorflow as tf

MODES = {
    "last": {},
    "sequences": {"return_sequences": True},
    "sequences and state": {"return_sequences": True, "return_state": True},
    "backwards": {"return_sequences": True, "go_backwards": True},
    "keras loop": {"return_sequences": True, "fused": False},
}


def shapes_in_a_graph(call, *specs):
    outputs = tf.function(call, autograph=False).get_concrete_function(*specs)
    return [tuple(each.shape) for each in outputs.outputs]


# Every layer in every mode, with and without a mask, for one and for any size of batch:
# all that any three of these could do to each other, over the registry.
KINDS = [(masked, batch) for masked in (False, True) for batch in (None, 2)]
CASES = [
    (name, mode, *KINDS[(row + 3 * column) % len(KINDS)])
    for row, name in enumerate(RECURRENT)
    for column, mode in enumerate(MODES)
]


@pytest.mark.parametrize(("name", "mode", "masked", "batch"), CASES)
def test_shapes_are_those_that_keras_computes(name, mode, masked, batch):
    entry = RECURRENT[name]
    arguments = {"return_sequences": False, **MODES[mode]}
    layer = entry.make(**arguments)
    shape = (batch, 5, entry.features)
    layer.build(shape)
    specs = [tf.TensorSpec(shape)]
    if masked:
        specs.append(tf.TensorSpec(shape[:2], "bool"))
    actual = shapes_in_a_graph(lambda x, mask=None: layer(x, mask=mask), *specs)
    expected = layer.compute_output_shape(shape)
    if isinstance(expected[0], tuple):
        assert actual == [tuple(each) for each in expected]
    else:
        assert actual == [tuple(expected)]


BEHIND = {
    "TimeDistributed": lambda: [layers.TimeDistributed(layers.Dense(2))],
    "Flatten": lambda: [layers.Flatten(), layers.Dense(2)],
    "Reshape": lambda: [layers.Reshape((4, 5))],
    "Permute": lambda: [layers.Permute((2, 1)), layers.Dense(2)],
    "Conv1D": lambda: [layers.Conv1D(2, 3)],
    "pooling": lambda: [layers.GlobalAveragePooling1D()],
    "stacked": lambda: [FusedSimpleRNN(3, return_sequences=True)],
}


@pytest.mark.parametrize("batch", [1, 4, 7])
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("name", ["simple tanh", "lstm", "gru"])
def test_layers_behind_give_what_they_give_behind_keras_layer(name, behind, batch):
    theirs = {"simple tanh": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
    x = np.random.default_rng(0).normal(size=(batch, 5, 4)).astype("float32")
    ours = RECURRENT[name].make(return_sequences=True)
    models = [
        keras.Sequential([keras.Input((5, 4)), first, *BEHIND[behind]()])
        for first in (ours, theirs[name](4, return_sequences=True))
    ]
    models[1].set_weights(models[0].get_weights())
    mine, other = (m.predict(x, batch_size=batch, verbose=0) for m in models)
    np.testing.assert_allclose(mine, other, atol=1e-5)
