"""Weight dropout, embedding dropout, activation regularisation: what they compute."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import FusedLSTM, FusedSimpleRNN
from keras_nonnormal.initializers import lstm_initializers, simple_rnn_initializers
from keras_nonnormal.layers import (
    ActivationRegularization,
    EmbeddingDropout,
    TiedEmbedding,
)
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
)

BATCH, TIME, UNITS, RATE = 3, 5, 6, 0.4
CELLS = {
    "rnn": (FusedSimpleRNN, keras.layers.SimpleRNN, simple_rnn_initializers),
    "lstm": (FusedLSTM, keras.layers.LSTM, lstm_initializers),
}
X = np.random.default_rng(0).normal(size=(BATCH, TIME, 4)).astype(DTYPE)
COTANGENT = np.random.default_rng(1).normal(size=(BATCH, TIME, UNITS)).astype(DTYPE)


def built(layer_class, **arguments):
    keras.utils.set_random_seed(3)
    layer = layer_class(UNITS, return_sequences=True, dtype=DTYPE, **arguments)
    layer.build(X.shape)
    return layer


@pytest.mark.parametrize("loop", [{}, {"unroll": True}], ids=["fused", "Keras's loop"])
@pytest.mark.parametrize("cell", CELLS)
def test_dropped_weights_are_those_of_one_draw_for_the_whole_call(cell, loop):
    fused_class, keras_class, _ = CELLS[cell]
    layer = built(fused_class, weight_dropout=RATE, seed=5, **loop)
    reference = built(keras_class)
    weights = layer.get_weights()
    ones = np.ones(weights[1].shape, DTYPE)
    mask = keras.random.dropout(ones, RATE, seed=keras.random.SeedGenerator(5))
    mask = ops.convert_to_numpy(mask)
    reference.set_weights([weights[0], weights[1] * mask, weights[2]])
    y, kernel, recurrent, bias, x = layer_values_and_gradients(
        layer, [X], [COTANGENT], training=True
    )
    expected = layer_values_and_gradients(reference, [X], [COTANGENT])
    expected[2] = expected[2] * mask  # what is dropped has no gradient
    for actual, wanted in zip((y, kernel, recurrent, bias, x), expected, strict=True):
        assert relative_error(actual, wanted) < TOLERANCE[DTYPE]
    assert layer.cell.recurrent_kernel is layer.trainable_variables[1]


@pytest.mark.parametrize("cell", CELLS)
def test_every_call_drops_other_weights_and_inference_none(cell):
    fused_class, keras_class, _ = CELLS[cell]
    layer, reference = built(fused_class, weight_dropout=RATE), built(keras_class)
    reference.set_weights(layer.get_weights())
    first, second = (ops.convert_to_numpy(layer(X, training=True)) for _ in range(2))
    assert relative_error(second, first) > 1e-3
    whole = ops.convert_to_numpy(reference(X))
    assert relative_error(ops.convert_to_numpy(layer(X)), whole) < TOLERANCE[DTYPE]
    copy = fused_class.from_config(layer.get_config())
    assert copy.weight_dropout == RATE


@pytest.mark.parametrize("cell", CELLS)
def test_a_structured_start_is_in_the_variable_that_weights_are_dropped_from(cell):
    fused_class, _, initializers = CELLS[cell]
    kernel, recurrent = initializers("chain", UNITS)
    layer = built(
        fused_class,
        weight_dropout=RATE,
        kernel_initializer=kernel,
        recurrent_initializer=recurrent,
    )
    layer(X, training=True)
    start = ops.convert_to_numpy(recurrent(layer.cell.recurrent_kernel.shape, DTYPE))
    np.testing.assert_array_equal(layer.get_weights()[1], start)


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_weight_dropout_must_leave_something(rate):
    with pytest.raises(ValueError, match="Received: weight_dropout="):
        FusedLSTM(2, weight_dropout=rate)


def test_embedding_dropout_drops_tokens_everywhere_and_not_from_the_read_out():
    vocabulary = 40
    table = TiedEmbedding(vocabulary, 3, dtype=DTYPE)
    dropout = EmbeddingDropout(0.25, vocabulary, seed=1, dtype=DTYPE)
    tokens = np.tile(np.arange(vocabulary), (2, 2))
    embedded = table(tokens)
    dropped = ops.convert_to_numpy(dropout(embedded, tokens, training=True))
    factors = (dropped / ops.convert_to_numpy(embedded))[..., 0]
    assert 2 < np.sum(factors[0, :vocabulary] == 0) < 20
    kept = factors[factors != 0]
    np.testing.assert_allclose(kept, 1 / 0.75, rtol=1e-6)
    every = np.broadcast_to(factors[0, :vocabulary], (2, 2, vocabulary))
    np.testing.assert_allclose(factors.reshape(every.shape), every, rtol=1e-6)
    assert dropout(embedded, tokens) is embedded
    copy = EmbeddingDropout.from_config(dropout.get_config())
    assert (copy.rate, copy.input_dim, copy.seed) == (0.25, vocabulary, 1)


def test_activation_regularization_is_a_mean_over_the_steps_that_count():
    layer = ActivationRegularization(alpha=2.0, beta=3.0)
    h = np.random.default_rng(0).normal(size=(2, 6, 3)).astype("float32")
    mask = np.arange(6)[None] < [[4], [6]]
    assert layer(h, mask=ops.convert_to_tensor(mask), training=True) is not None
    steps = np.concatenate([h[0, :4], h[1]])
    changes = np.concatenate([np.diff(h[0, :4], axis=0), np.diff(h[1], axis=0)])
    expected = [2 * np.mean(steps**2), 3 * np.mean(changes**2)]
    np.testing.assert_allclose([float(x) for x in layer.losses], expected, rtol=1e-5)
    one_step = ActivationRegularization(beta=1.0)
    one_step(h[:, :1], training=True)
    assert float(one_step.losses[0]) == 0
    one_step(h)
    assert one_step.losses == []  # in an evaluation, the loss is that of the task


def test_weights_of_penalties_are_checked_and_saved():
    layer = ActivationRegularization(alpha=2.0, beta=1.0)
    copy = ActivationRegularization.from_config(layer.get_config())
    assert (copy.alpha, copy.beta) == (2.0, 1.0)
    with pytest.raises(ValueError, match=r"Received: alpha=.*, beta=-1"):
        ActivationRegularization(beta=-1)
