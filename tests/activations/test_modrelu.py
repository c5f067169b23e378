"""ModReLU; its values beside the published program's are in tests/layers."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import activations
from keras_nonnormal.activations import ModReLU, slope_in_terms_of_output
from tests.helpers import DTYPE, relative_error, value_and_gradients


def built(offsets, **arguments):
    layer = ModReLU(dtype=DTYPE, **arguments)
    width = len(offsets) * (2 if layer.complex else 1)
    layer.build((None, width))
    layer.offset.assign(offsets)
    return layer


def test_zero_stays_zero_also_with_a_positive_offset():
    layer = built([0.5, 0.5])
    assert ops.convert_to_numpy(layer(np.zeros((1, 2), DTYPE))).tolist() == [[0, 0]]


@pytest.mark.parametrize("epsilon", [0.0, 0.01])
def test_complex_form_shifts_the_length_and_keeps_the_direction(epsilon):
    layer = built([0.3, -0.2, -5.0], complex=True, epsilon=epsilon)
    z = np.array([1 + 2j, -0.5j, 3 - 1j])
    x = np.concatenate([z.real, z.imag])[None].astype(DTYPE)
    y = ops.convert_to_numpy(layer(x))[0]
    length = np.abs(z) + epsilon
    expected = np.maximum(length + np.array([0.3, -0.2, -5.0]), 0) * z / length
    np.testing.assert_allclose(y[:3] + 1j * y[3:], expected, atol=1e-6)


@pytest.mark.parametrize("complex_", [False, True])
def test_gradients_at_zero_are_finite(complex_):
    layer = built([0.2], complex=complex_)
    x = np.zeros((1, 2 if complex_ else 1), DTYPE)

    def call(x, b):
        return (layer.stateless_call([b], [], x)[0],)

    _, dx, db = value_and_gradients(call, [x, np.array([0.2], DTYPE)], [x + 1])
    assert np.isfinite(dx).all()
    assert np.isfinite(db).all()


@pytest.mark.parametrize("epsilon", [0.0, 0.01])
def test_gradients_from_the_output_are_those_of_autodiff(epsilon):
    random = np.random.default_rng(0)
    layer = built(random.normal(size=5), epsilon=epsilon)
    x, dy = (random.normal(size=(4, 3, 5)).astype(DTYPE) for _ in range(2))
    b = ops.convert_to_numpy(layer.offset)

    def call(x, b):
        return (layer.stateless_call([b], [], x)[0],)

    y, dx, db = value_and_gradients(call, [x, b], [dy])
    slope = slope_in_terms_of_output(layer)
    assert slope is not None
    actual = ops.convert_to_numpy(slope(ops.convert_to_tensor(y))) * dy
    np.testing.assert_allclose(actual, dx, atol=1e-12)
    (offset,) = layer.parameter_cotangents(y, dx)
    assert relative_error(offset, db) < 1e-5


def test_complex_form_has_no_slope_in_terms_of_its_output():
    assert slope_in_terms_of_output(ModReLU(complex=True)) is None


def test_names_and_configurations_make_it():
    assert isinstance(activations.get("modrelu"), ModReLU)
    assert activations.get("tanh") is keras.activations.tanh
    assert activations.get(None) is keras.activations.linear
    layer = ModReLU("zeros", epsilon=0.01, complex=True)
    again = activations.get(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    with pytest.raises(ValueError, match="epsilon"):
        ModReLU(epsilon=-1)
    with pytest.raises(ValueError, match="even size"):
        ModReLU(complex=True).build((None, 3))
