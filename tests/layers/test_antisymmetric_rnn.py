"""AntisymmetricRNN: its equation, the field that it follows, and the compiled loop."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.layers import AntisymmetricRNN
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
)

pytestmark = pytest.mark.usefixtures("uncompiled")

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 6


def layer_of(**arguments):
    keras.utils.set_random_seed(1)
    settings = {"epsilon": 0.3, "diffusion": 0.2, "bias_initializer": "normal"}
    layer = AntisymmetricRNN(UNITS, dtype=DTYPE, **{**settings, **arguments})
    layer.build((BATCH, TIME, FEATURES))
    return layer


def draws(*shapes):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(DTYPE) for shape in shapes]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("gated", [False, True])
def test_every_step_is_a_step_of_eulers_method(gated):
    layer = layer_of(return_sequences=True, gated=gated)
    x, h = draws((BATCH, TIME, FEATURES), (BATCH, UNITS))
    outputs = np.asarray(layer(x, initial_state=[h]), "float64")
    cell = layer.cell
    kernel, free, bias = (
        np.asarray(each, "float64")
        for each in (cell.kernel, cell.recurrent_kernel, cell.bias)
    )
    matrix = free - free.T - 0.2 * np.eye(UNITS)
    h = h.astype("float64")
    for time in range(TIME):
        drive = x[:, time] @ kernel + bias
        change = np.tanh(drive[:, :UNITS] + h @ matrix)
        if gated:
            change = sigmoid(drive[:, UNITS:] + h @ matrix) * change
        h = h + 0.3 * change
        assert relative_error(outputs[:, time], h) < TOLERANCE[DTYPE]


@pytest.mark.parametrize("diffusion", [0.0, 0.2])
def test_the_jacobian_of_the_field_at_zero_neither_grows_nor_oscillates_more(diffusion):
    cell = layer_of(diffusion=diffusion, bias_initializer="zeros").cell
    jacobian = np.asarray(cell.field_matrix(), "float64")  # where tanh has the slope 1
    values = np.linalg.eigvals(jacobian)
    np.testing.assert_allclose(values.real, -diffusion, atol=1e-5)
    assert np.abs(values.imag).max() > 0.1


@pytest.mark.parametrize("diffusion", [0.0, 0.2, 2.0])
def test_eulers_step_grows_where_the_diffusion_is_too_small_for_its_rotations(
    diffusion,
):
    cell = layer_of(diffusion=diffusion).cell
    field = np.asarray(cell.field_matrix(), "float64")
    factors = np.abs(np.linalg.eigvals(np.eye(UNITS) + 0.3 * field))
    rotations = np.linalg.eigvals(field).imag
    needed = 0.3 * (diffusion**2 + rotations**2) / 2
    np.testing.assert_allclose(
        np.sort(factors**2), np.sort(1 + 0.6 * (needed - diffusion)), rtol=1e-5
    )
    assert (factors.max() > 1) == (diffusion < 1)


@pytest.mark.compiled
@pytest.mark.parametrize(
    "loop", [{"gated": True}, {"go_backwards": True}, {"mask": True}], ids=str
)
def test_compiled_loop_gives_the_numbers_of_kerass_own_loop(loop):
    mask = np.random.default_rng(3).random((BATCH, TIME)) > 0.4
    call = {"mask": ops.convert_to_tensor(mask)} if "mask" in loop else {}
    loop = {k: v for k, v in loop.items() if k != "mask"}
    loop = {"return_sequences": True, "return_state": True, **loop}
    layer = layer_of(**loop)
    loop.pop("gated", None)
    plain = keras.layers.RNN(layer.cell, dtype=DTYPE, **loop)
    plain.build((BATCH, TIME, FEATURES))
    shapes = [(BATCH, TIME, FEATURES), (BATCH, UNITS)]
    x, h, *cotangents = draws(*shapes, (BATCH, TIME, UNITS), (BATCH, UNITS))
    actual, expected = (
        layer_values_and_gradients(each, [x, 0.1 * h], cotangents, **call)
        for each in (layer, plain)
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < 20 * TOLERANCE[DTYPE], errors


def test_its_configuration_makes_the_same_layer(tmp_path):
    layer = layer_of(return_sequences=True)
    again = AntisymmetricRNN.from_config(layer.get_config())
    assert (again.cell.epsilon, again.cell.diffusion) == (0.3, 0.2)
    model = keras.Sequential([keras.Input((TIME, FEATURES), dtype=DTYPE), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    (x,) = draws((BATCH, TIME, FEATURES))
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))


@pytest.mark.parametrize("wrong", [{"epsilon": 0}, {"diffusion": -0.1}], ids=str)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` to be a number"):
        AntisymmetricRNN(UNITS, **wrong)
