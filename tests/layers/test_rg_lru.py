"""RGLRU: its equation, its scans, its decay, its heads."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import RGLRU
from tests.helpers import DTYPE, relative_error

pytestmark = pytest.mark.usefixtures("uncompiled")

BATCH, TIME, UNITS = 3, 7, 6


def layer_of(features=UNITS, **arguments):
    keras.utils.set_random_seed(1)
    layer = RGLRU(UNITS, dtype=DTYPE, return_sequences=True, **arguments)
    layer.build((BATCH, TIME, features))
    return layer


def draws(*shapes):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(DTYPE) for shape in shapes]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def reference(layer, x, h):
    """The equations of the paper, one step after the other, in float64."""
    cell, outputs = layer.cell, []
    if cell.projection is not None:
        x = x @ np.asarray(cell.projection.kernel)
    blocks, bias, logit = (
        np.asarray(each, "float64")
        for each in (cell.gate_kernel, cell.gate_bias, cell.decay_logit)
    )
    size = UNITS // cell.heads
    gates = np.zeros((2, UNITS, UNITS))  # r and i, a block for each head
    for start in range(0, UNITS, size):
        head = slice(start, start + size)
        gates[:, head, head] = np.stack(np.split(blocks[head], 2, axis=1))
    for u in np.moveaxis(x.astype("float64"), 1, 0):
        r = sigmoid(u @ gates[0] + bias[:UNITS])
        i = sigmoid(u @ gates[1] + bias[UNITS:])
        a = sigmoid(logit) ** (cell.sharpness * r)
        h = a * h + np.sqrt(1 - a * a) * (i * u)
        outputs.append(h)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("scan", ["loop", "associative"])
@pytest.mark.parametrize("arguments", [{}, {"heads": 3}, {"features": 4}], ids=str)
def test_both_scans_give_the_states_of_the_equations(scan, arguments):
    layer = layer_of(scan=scan, **arguments)
    x, h = draws((BATCH, TIME, arguments.get("features", UNITS)), (BATCH, UNITS))
    outputs = np.asarray(layer(x, initial_state=[h]))
    assert relative_error(outputs, reference(layer, x, h)) < 1e-6  # of the root


def test_decays_are_inside_zero_and_one_whatever_the_gates():
    layer = layer_of()
    layer.cell.gate_bias.assign(np.repeat([-200.0, 200.0], UNITS))
    for logit in (-200.0, 0.0, 200.0):
        layer.cell.decay_logit.assign(np.full(UNITS, logit))
        for z in (-200.0, 200.0):
            context = np.zeros((1, UNITS), "float32"), np.full((1, 2 * UNITS), z)
            decay, _ = layer.cell.gates((context[0], context[1].astype("float32")))
            decay = np.asarray(decay)
            assert decay.dtype == "float32"
            assert np.all(decay > 0)
            assert np.all(decay < 1)


def test_decays_of_open_gates_start_uniform_between_their_bounds():
    keras.utils.set_random_seed(1)
    cell = RGLRU(4000, heads=1000, min_decay=0.5, max_decay=0.9).cell
    cell.build((None, 4000))
    decay = sigmoid(np.asarray(cell.decay_logit, "float64")) ** cell.sharpness
    assert 0.5 <= decay.min() < 0.51
    assert 0.89 < decay.max() <= 0.9
    assert decay.mean() == pytest.approx(0.7, abs=0.01)


def test_a_driven_state_keeps_the_variance_of_its_drive():
    """Why the root: with constant gates, noise of variance 1 gives a variance of 1."""
    layer = layer_of()
    kernel, bias, logit = layer.get_weights()
    weights = {id(kernel): 0 * kernel, id(bias): np.repeat([0.0, 100.0], UNITS)}
    layer.set_weights([weights[id(kernel)], weights[id(bias)], logit])
    decay = np.asarray(layer.cell.gates(layer.cell.prepare(np.zeros((1, UNITS))))[0])
    noise = np.eye(UNITS)[None].astype(DTYPE)  # an impulse for each unit, in turn
    first = np.abs(np.asarray(layer(noise))[0]).max(axis=0)
    np.testing.assert_allclose(first**2 / (1 - decay[0] ** 2), 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 2.5}, "`units`.*Received"),
        ({"heads": 4}, "divides 6 units.*Received: heads=4"),
        ({"max_decay": 1.0}, "`max_decay` < 1.*Received"),
        ({"sharpness": 0}, "positive number.*Received: sharpness=0"),
        ({"input_projection": "dense"}, "None, True or False.*Received"),
        ({"scan": "log"}, "'loop' or 'associative'.*Received: scan='log'"),
    ],
    ids=str,
)
def test_impossible_arguments_are_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        RGLRU(**{"units": UNITS, **arguments})
    assert "\n" not in str(caught.value)


def test_projection_is_there_where_it_is_asked_for():
    for wanted in (None, False, True):
        cell = layer_of(input_projection=wanted).cell
        assert (cell.projection is not None) == bool(wanted)
    with pytest.raises(ValueError, match="`input_projection` of None or True"):
        layer_of(features=4, input_projection=False)


def test_its_configuration_makes_the_same_layer(tmp_path):
    layer = layer_of(heads=2, min_decay=0.8, sharpness=4, scan="associative")
    model = keras.Sequential([keras.Input((TIME, UNITS), dtype=DTYPE), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == layer.get_config()
    (x,) = draws((BATCH, TIME, UNITS))
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
