"""Initial states of all recurrent layers: numbers, shapes, and what is refused."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import FusedLSTM, StairCell, StairRNN
from tests.layers.registry import RECURRENT

pytestmark = pytest.mark.usefixtures("uncompiled")

BATCH, TIME, UNITS = 2, 3, 4
EVERY = pytest.mark.parametrize("name", RECURRENT)


def inputs(features=4, batch=BATCH):
    random = np.random.default_rng(0)
    return random.normal(size=(batch, TIME, features)).astype("float32")


def made(name, **arguments):
    keras.utils.set_random_seed(1)
    arguments = {"return_sequences": False, "return_state": True, **arguments}
    layer = RECURRENT[name].make(**arguments)
    layer.build((None, TIME, RECURRENT[name].features))
    return layer


@EVERY
def test_states_of_another_size_or_number_are_refused_in_one_line(name):
    layer = made(name)
    x = inputs(RECURRENT[name].features)
    _, *states = layer(x)
    count = len(states)
    wider = keras.ops.ones((BATCH, states[0].shape[1] + 1))
    others = keras.ops.ones((BATCH + 1, states[0].shape[1]))
    wrong = ([wider, *states[1:]], [others, *states[1:]], [*states, states[0]])
    for received in wrong:
        with pytest.raises(ValueError, match="expected `initial_state`") as raised:
            layer(x, initial_state=received)
        lines = str(raised.value).splitlines()  # Keras puts one before it
        (line,) = (each for each in lines if "expected `initial_state`" in each)
        assert f"list of {count} tensor" in line
        assert f"({BATCH}, {states[0].shape[1]})" in line
        assert all(str(tuple(state.shape)) in line for state in received)
    if count > 1:
        with pytest.raises(ValueError, match=f"list of {count} tensors"):
            layer(x, initial_state=states[0])


@EVERY
def test_states_go_on_where_they_were(name):
    layer, x = made(name), inputs(RECURRENT[name].features)
    _, *states = layer(x[:, :1])
    whole, half = layer(x), layer(x[:, 1:], initial_state=states)
    for expected, actual in zip(whole, half, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_a_bare_tensor_is_a_list_of_one_as_in_keras():
    x, state = inputs(), keras.ops.ones((BATCH, UNITS))
    layer = RECURRENT["simple tanh"].make()
    np.testing.assert_array_equal(
        layer(x, initial_state=state), layer(x, initial_state=[state])
    )
    with pytest.raises(ValueError, match=r"2 tensors of shape \(2, 4\), \(2, 4\)"):
        FusedLSTM(UNITS)(x, initial_state=state)


def encoded(units=UNITS):
    encoder = keras.layers.Bidirectional(StairRNN(units, "n2", return_state=True))
    _, h, step, back, step_back = encoder(inputs())
    joined = [
        keras.ops.concatenate(pair, axis=-1) for pair in ((h, back), (step, step_back))
    ]
    return joined, step


def test_joined_states_of_a_bidirectional_encoder_start_a_decoder():
    joined, step = encoded()
    decoder = StairRNN(2 * UNITS, "n2")
    np.testing.assert_array_equal(
        decoder(inputs(), initial_state=joined),
        decoder(inputs(), initial_state=[joined[0], step]),
    )


def test_stair_cell_in_kerass_own_layer_says_what_to_do_with_joined_time_steps():
    joined, _ = encoded()
    decoder = keras.layers.RNN(StairCell(keras.layers.SimpleRNNCell(2 * UNITS), "n2"))
    with pytest.raises(ValueError, match=r"pass on that of one.*shape \(2, 2\)"):
        decoder(inputs(), initial_state=joined)
