import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_nonnormal.activations import slope_in_terms_of_output
from tests.helpers import DTYPE, value_and_gradients


@pytest.mark.parametrize("name", ["linear", "tanh", "sigmoid", "relu", "elu"])
@given(z=st.lists(st.floats(-15, 15), min_size=1, max_size=5))
def test_slope_of_the_output_is_the_derivative_at_the_input(name, z):
    activation = keras.activations.get(name)
    z = np.array(z, DTYPE)
    y, derivative = value_and_gradients(
        lambda z: (activation(z),), [z], [np.ones_like(z)]
    )
    slope = slope_in_terms_of_output(activation)(ops.convert_to_tensor(y))
    # 1 - tanh**2 cancels: absolute, not relative, accuracy is what a gradient needs.
    error = {"float64": 1e-15, "float32": 5e-7}[DTYPE]
    np.testing.assert_allclose(slope, derivative, atol=error, rtol=1e-12)


def test_an_unknown_activation_has_none():
    assert slope_in_terms_of_output(keras.activations.softmax) is None
    assert slope_in_terms_of_output(keras.layers.PReLU()) is None
    assert slope_in_terms_of_output(lambda z: z) is None
