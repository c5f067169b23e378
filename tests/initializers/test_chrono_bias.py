"""ChronoBias: its law, the order of the gates, layers that take it."""

import keras
import numpy as np
import pytest

from keras_nonnormal.initializers import ChronoBias

UNITS = 2000


def drawn(initializer, *shape):
    return keras.ops.convert_to_numpy(initializer(shape))


def test_gates_of_an_lstm_open_for_uniform_spans_of_time():
    bias = drawn(ChronoBias(UNITS, 101, seed=1), 4 * UNITS)
    take, forget, *others = np.split(bias, 4)
    np.testing.assert_array_equal(take, -forget)
    np.testing.assert_array_equal(others, 0)
    spans = np.exp(forget)
    assert 1 <= spans.min() < 1.5
    assert 99 < spans.max() <= 100.01
    assert spans.mean() == pytest.approx(50.5, rel=0.05)


@pytest.mark.parametrize("rows", [(), (2,)])
def test_the_update_gate_of_a_gru_keeps_the_state(rows):
    bias = drawn(ChronoBias(UNITS, 101, "GRU", seed=1), *rows, 3 * UNITS)
    first, *second = np.atleast_2d(bias)
    np.testing.assert_array_equal(first[UNITS:], 0)
    assert not np.any(second)
    spans = np.exp(first[:UNITS])
    assert 1 <= spans.min() < spans.max() <= 100.01


def test_two_steps_are_gates_half_open():
    np.testing.assert_array_equal(drawn(ChronoBias(3, 2), 12), 0)


def test_layers_are_built_with_it():
    lstm = keras.layers.LSTM(
        3, bias_initializer=ChronoBias(3, 50, seed=1), unit_forget_bias=False
    )
    gru = keras.layers.GRU(3, bias_initializer=ChronoBias(3, 50, "GRU", seed=1))
    for layer in (lstm, gru):
        layer.build((None, 2, 2))
        again = type(layer).from_config(layer.get_config())
        again.build((None, 2, 2))
        np.testing.assert_array_equal(layer.cell.bias, again.cell.bias)
        assert np.abs(layer.cell.bias).max() > 0


def test_a_layer_that_starts_its_forget_gate_itself_is_told_so():
    layer = keras.layers.LSTM(4, bias_initializer=ChronoBias(4, 50))
    with pytest.raises(ValueError, match=r"unit_forget_bias=False. Received.*\(4,\)"):
        layer.build((None, 2, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "`units`.*Received: units=0"),
        ({"max_steps": 1.5}, "at least 2 time steps.*Received: max_steps=1.5"),
        ({"max_steps": float("inf")}, "finite.*Received: max_steps=inf"),
        ({"cell": "RNN"}, "'LSTM' or 'GRU'. Received: cell='RNN'"),
    ],
    ids=str,
)
def test_impossible_arguments_are_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        ChronoBias(**{"units": 3, "max_steps": 9, **arguments})
    assert "\n" not in str(caught.value)


def test_its_configuration_makes_the_same_numbers():
    initializer = ChronoBias(3, 50, "GRU", seed=4)
    saved = keras.initializers.serialize(initializer)
    again = keras.initializers.deserialize(saved)
    np.testing.assert_array_equal(drawn(again, 9), drawn(initializer, 9))
