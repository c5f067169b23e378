"""SLSTM: its equations without a stabilizer, large gates, heads."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import SLSTM
from keras_nonnormal.layers.slstm import FORGET_GATES
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
)

pytestmark = pytest.mark.usefixtures("uncompiled")

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 6


def layer_of(dtype=DTYPE, **arguments):
    keras.utils.set_random_seed(1)
    settings = {"bias_initializer": "normal", "return_sequences": True}
    layer = SLSTM(UNITS, dtype=dtype, **{**settings, **arguments})
    layer.build((BATCH, TIME, FEATURES))
    return layer


def draws(*shapes, dtype=DTYPE):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def head_by_head(cell, h):
    """The product of h with the recurrent matrices, a product for each head."""
    blocks = np.asarray(cell.recurrent_kernel, "float64")
    size = UNITS // cell.heads
    heads = [slice(start, start + size) for start in range(0, UNITS, size)]
    products = [np.split(h[:, head] @ blocks[head], 4, axis=1) for head in heads]
    return [np.concatenate(parts, axis=1) for parts in zip(*products, strict=True)]


def reference(layer, x):
    """The paper's equations before the stabilizer is put in, in float64."""
    cell = layer.cell
    kernel, bias = np.asarray(cell.kernel, "float64"), np.asarray(cell.bias, "float64")
    h, c, n = np.zeros((3, len(x), UNITS))
    outputs = []
    for now in np.moveaxis(x.astype("float64"), 1, 0):
        own = np.split(now @ kernel + bias, 4, axis=1)
        i, f, z, o = (a + b for a, b in zip(own, head_by_head(cell, h), strict=True))
        f = sigmoid(f) if cell.forget_gate == "sigmoid" else np.exp(f)
        c, n = f * c + np.exp(i) * np.tanh(z), f * n + np.exp(i)
        h = sigmoid(o) * c / n
        outputs.append(h)
    return np.stack(outputs, axis=1)


@pytest.mark.parametrize("heads", [1, 2, 6])
@pytest.mark.parametrize("forget_gate", FORGET_GATES)
def test_outputs_are_those_without_a_stabilizer(forget_gate, heads):
    layer = layer_of(forget_gate=forget_gate, heads=heads)
    (x,) = draws((BATCH, TIME, FEATURES))
    outputs = np.asarray(layer(x))
    assert relative_error(outputs, reference(layer, x)) < 20 * TOLERANCE[DTYPE]


@pytest.mark.parametrize("size", [80.0, 800.0])
@pytest.mark.parametrize("forget_gate", FORGET_GATES)
def test_large_pre_activations_leave_values_and_gradients_finite(forget_gate, size):
    layer = SLSTM(UNITS, forget_gate=forget_gate, return_sequences=True)
    x = np.random.default_rng(2).choice([-size, size], (BATCH, TIME, 4 * UNITS))
    layer.build(x.shape)
    _, *others = layer.get_weights()
    layer.set_weights([np.eye(4 * UNITS), *(0 * each for each in others)])
    values = layer_values_and_gradients(
        layer, [x.astype("float32")], draws((BATCH, TIME, UNITS), dtype="float32")
    )
    assert all(np.isfinite(each).all() for each in values)
    assert np.abs(values[0]).max() <= 1


def test_the_normalizer_is_never_below_one():
    layer = layer_of(return_state=True)
    (x,) = draws((BATCH, TIME, FEATURES))
    *_, n, _ = layer(5 * x)
    assert np.all(np.asarray(n) >= 1)


def test_stabilizer_and_normalizer_may_start_anywhere_together():
    """States that differ by a factor of c and n, and its logarithm in m, are one."""
    layer = layer_of()
    x, h, c, n, m = draws((BATCH, TIME, FEATURES), *[(BATCH, UNITS)] * 4)
    n = np.abs(n) + 1
    outputs = [
        np.asarray(layer(x, initial_state=[h, s * c, s * n, m - np.log(s)]))
        for s in np.array([1, 7], DTYPE)
    ]
    assert relative_error(*outputs) < 20 * TOLERANCE[DTYPE]


def test_heads_are_blocks_of_the_matrix():
    cell = layer_of(heads=3).cell
    matrices = np.split(np.asarray(cell.matrix()), 4, axis=1)
    (h,) = draws((BATCH, UNITS))
    allowed = np.kron(np.eye(3), np.ones((2, 2))) > 0
    for matrix, product in zip(matrices, head_by_head(cell, h), strict=True):
        assert np.all(matrix[~allowed] == 0)
        assert np.all(matrix[allowed] != 0)
        np.testing.assert_allclose(h @ matrix, product, rtol=1e-5, atol=1e-6)


def test_one_is_the_start_of_the_forget_gate_unless_told_otherwise():
    bias = np.split(np.asarray(layer_of().cell.bias), 4)
    np.testing.assert_array_equal(bias[1], 1)
    bias = np.split(np.asarray(layer_of(unit_forget_bias=False).cell.bias), 4)
    assert np.all(bias[1] != 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heads": 4}, "divides 6 units.*Received: heads=4"),
        ({"heads": 0}, "positive integer.*Received: heads=0"),
        ({"forget_gate": "tanh"}, "'sigmoid' or 'exponential'.*Received"),
    ],
    ids=str,
)
def test_impossible_arguments_are_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        SLSTM(UNITS, **arguments)
    assert "\n" not in str(caught.value)


def test_its_configuration_makes_the_same_layer(tmp_path):
    layer = layer_of(heads=2, forget_gate="exponential", unit_forget_bias=False)
    model = keras.Sequential([keras.Input((TIME, FEATURES), dtype=DTYPE), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == layer.get_config()
    (x,) = draws((BATCH, TIME, FEATURES))
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
