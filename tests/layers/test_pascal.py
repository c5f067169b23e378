"""The Pascal network beside its closed form and the golden arrays."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.layers import PascalRNN, PascalRNNCell
from tests.golden import cases, keys, number
from tests.helpers import DTYPE, layer_values_and_gradients, relative_error


def pascal(layers, rho, length, **arguments):
    layer = PascalRNN(layers, rho, return_sequences=True, dtype=DTYPE, **arguments)
    layer.build((None, length, 1))
    return layer


def closed_form(layers, length, rho):
    """The derivative of the sum of all outputs by the input of every time step."""
    terms = [
        math.comb(d + layers - 1, layers - 1) * rho ** (d + layers)
        for d in range(length)
    ]
    return np.cumsum(terms)[::-1]


# LSC row 2
@pytest.mark.parametrize("case", cases("lsc/pascal", r"grad_(\w+)"))
def test_outputs_and_gradients_are_published_and_closed_form(golden, case):
    g = golden("lsc/pascal")
    ((layers, length, rho),) = keys([case], r"L(\d+)_T(\d+)_rho(\w+)")
    layers, length, rho = int(layers), int(length), number(rho)
    x = g[f"x_{case}"].astype(DTYPE)
    y, gradient = layer_values_and_gradients(
        pascal(layers, rho, length), [x], [np.ones_like(x)]
    )
    assert relative_error(y, g[f"y_{case}"]) < 1e-5  # the arrays are float32
    np.testing.assert_allclose(gradient, g[f"grad_{case}"], rtol=1e-5)
    expected = closed_form(layers, length, rho)
    np.testing.assert_allclose(gradient[1, :, 0], expected, rtol=1e-5)


# LSC row 3
def test_half_makes_a_plateau_of_one_and_one_makes_a_binomial():
    layers, length = 4, 60
    gradients = []
    for rho in (0.5, 1.0):
        x = np.zeros((2, length, 1), DTYPE)
        layer = pascal(layers, rho, length)
        gradients.append(layer_values_and_gradients(layer, [x], [1 + x])[1][0, :, 0])
    np.testing.assert_allclose(gradients[0][:20], 1, rtol=1e-5)
    assert gradients[0][-1] == pytest.approx(0.5**layers)
    paths = [math.comb(length - 1 - t + layers, layers) for t in range(length)]
    np.testing.assert_allclose(gradients[1], paths, rtol=1e-5)


def test_cell_layer_and_copy_from_the_configuration_give_the_same():
    layer = pascal(3, 0.7, 6, return_state=True)
    assert not layer.weights
    again = PascalRNN.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    cell = PascalRNNCell.from_config(layer.cell.get_config())
    plain = keras.layers.RNN(cell, return_sequences=True, return_state=True)
    x = np.random.default_rng(1).normal(size=(2, 6, 1)).astype(DTYPE)
    results = [[ops.convert_to_numpy(y) for y in f(x)] for f in (layer, again, plain)]
    for result in results[1:]:
        for one, other in zip(result, results[0], strict=True):
            assert relative_error(one, other) < 1e-6


def test_more_than_one_feature_is_refused():
    with pytest.raises(ValueError, match="expected 1 feature"):
        PascalRNN(3).build((2, 6, 2))
