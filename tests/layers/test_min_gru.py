"""MinGRU and MinLSTM: their equations, and their scans."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import MinGRU, MinLSTM
from tests.helpers import DTYPE, TOLERANCE, relative_error

pytestmark = pytest.mark.usefixtures("uncompiled")

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 5
KINDS = {MinGRU: 2, MinLSTM: 3}
EVERY = pytest.mark.parametrize("kind", KINDS)


def layer_of(kind, **arguments):
    keras.utils.set_random_seed(1)
    settings = {"bias_initializer": "normal", "return_sequences": True}
    layer = kind(UNITS, **{"dtype": DTYPE, **settings, **arguments})
    layer.build((BATCH, TIME, FEATURES))
    return layer


def draws(*shapes):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(DTYPE) for shape in shapes]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def reference(layer, x, h):
    """The equations of the paper, one step after the other, in float64."""
    kernel, bias = (np.asarray(each, "float64") for each in layer.get_weights())
    x, h, outputs = x.astype("float64"), h.astype("float64"), []
    for now in np.moveaxis(x, 1, 0):
        *gates, z = np.split(now @ kernel + bias, KINDS[type(layer)], axis=-1)
        if layer.cell.positive:
            z = np.where(z >= 0, z + 0.5, sigmoid(z))
        if len(gates) == 1:
            update = sigmoid(gates[0])
            h = (1 - update) * h + update * z
        else:
            forget, take = map(sigmoid, gates)
            h = (forget * h + take * z) / (forget + take)
        outputs.append(h)
    return np.stack(outputs, axis=1)


@EVERY
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"positive": False},
        {"scan": "associative"},
        {"positive": False, "scan": "associative"},
        {"scan": "log"},
    ],
    ids=str,
)
def test_every_scan_gives_the_states_of_the_equations(kind, arguments):
    layer = layer_of(kind, **arguments)
    x, h = draws((BATCH, TIME, FEATURES), (BATCH, UNITS))
    outputs = np.asarray(layer(x, initial_state=[h]))
    assert relative_error(outputs, reference(layer, x, h)) < 10 * TOLERANCE[DTYPE]


@EVERY
@pytest.mark.parametrize("scan", ["loop", "log"])
def test_gates_that_saturate_leave_everything_finite(kind, scan):
    layer = layer_of(kind, scan=scan, dtype="float32")
    x = (1e4 * draws((BATCH, TIME, FEATURES))[0]).astype("float32")
    assert np.isfinite(np.asarray(layer(x))).all()


@EVERY
def test_the_candidate_is_continuous_and_positive(kind):
    cell = layer_of(kind).cell
    z = np.array([-30.0, -1e-9, 0.0, 1e-9, 3.0], DTYPE)
    g = np.asarray(cell.candidate(z))
    np.testing.assert_allclose(g[1:], [0.5, 0.5, 0.5, 3.5], rtol=1e-6)
    assert g[0] > 0
    np.testing.assert_allclose(np.exp(np.asarray(cell.log_candidate(z))), g, rtol=1e-5)


@EVERY
def test_what_two_gates_let_through_sums_to_one(kind):
    """A constant candidate is where every state goes, and none goes beyond it."""
    layer = layer_of(kind, positive=False)
    kernel, bias = layer.get_weights()
    kernel[:, -UNITS:], bias[-UNITS:] = 0, 2.0
    layer.set_weights([kernel, bias])
    outputs = np.asarray(layer(draws((BATCH, TIME, FEATURES))[0]))
    assert np.all(np.diff(outputs, axis=1) > 0)
    assert np.all(outputs < 2)


@EVERY
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "`units`.*Received"),
        ({"units": 4, "scan": "tree"}, "'associative' or 'log'.*Received"),
        ({"units": 4, "scan": "log", "positive": False}, "positive=True.*Received"),
        ({"units": 4, "stair": "n2"}, "`stair`.*Received: stair='n2'"),
    ],
    ids=str,
)
def test_impossible_arguments_are_refused_in_one_line(kind, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        kind(**arguments)
    assert "\n" not in str(caught.value)


@EVERY
def test_its_configuration_makes_the_same_layer(kind, tmp_path):
    layer = layer_of(kind, scan="log", use_bias=False)
    model = keras.Sequential([keras.Input((TIME, FEATURES), dtype=DTYPE), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == layer.get_config()
    (x,) = draws((BATCH, TIME, FEATURES))
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
