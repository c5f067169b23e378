"""First and second derivatives of every activation."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import activations
from keras_nonnormal.activations import (
    Gamma,
    ModReLU,
    Stair,
    cos,
    exp_alpha,
    gamma,
    gamma_slope,
    sin,
    slope_in_terms_of_output,
    spike,
    surrogate_slope,
)
from tests.derivatives import check_derivatives, of_variables

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Keras rounds float64 to float32 on JAX",
)

X = np.random.default_rng(0).normal(size=(3, 4))
X[0, 0] = 0.0  # where the branches of gamma meet
N, S = np.array([1.0, 3.0, -2.0, 7.0]), np.array([0.0, 0.5, 1.0, 0.3])
COMPILED = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])

FUNCTIONS = {
    "gamma": (gamma, [X, N, S]),
    "gamma of single numbers": (gamma, [X, np.array(3.0), np.array(0.5)]),
    "gamma_slope": (gamma_slope, [X[1:], N, S]),
    "exp_alpha": (
        lambda x, alpha: exp_alpha(x, ops.tanh(x), alpha),
        [X, np.array([[0.1], [0.0], [2.0]])],
    ),
    "sin": (sin, [X]),
    "cos": (cos, [X]),
    "surrogate_slope": (surrogate_slope, [X[1:]]),
}
LAYERS = {
    "ModReLU": lambda: ModReLU("ones"),
    "ModReLU, cut off": lambda: ModReLU(keras.initializers.Constant(-0.5)),
    "ModReLU, complex": lambda: ModReLU("zeros", epsilon=0.01, complex=True),
    "Gamma": lambda: Gamma(3.0, 0.5),
    "Gamma, shared": lambda: Gamma(3.0, 0.5, shared=True),
}


@COMPILED
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, compiled):
    function, arrays = FUNCTIONS[name]
    check_derivatives(function, arrays, compiled)


@COMPILED
@pytest.mark.parametrize("name", LAYERS)
def test_layers_by_inputs_and_variables(name, compiled):
    keras.config.set_dtype_policy("float64")
    try:
        layer = LAYERS[name]()
    finally:
        keras.config.set_dtype_policy("float32")
    x = X[1:]
    layer.build(x.shape)
    inputs = [x]

    def call():
        return layer(inputs[0])

    of_values, values = of_variables(layer, call)

    def function(x, *values):
        inputs[0] = x
        return of_values(*values)

    check_derivatives(function, [x, *values], compiled)


@COMPILED
@pytest.mark.parametrize("schedule", ["n2", "logn", "alpha", "expalpha"])
def test_stairs(schedule, compiled):
    stair = Stair(schedule, max_steps=3, dtype="float64")
    stair.build()
    inputs = [X]

    def call():
        heights = stair.heights(np.arange(3), "float64")[:, None]
        return stair.apply(inputs[0], ops.tanh(inputs[0]), heights)

    of_values, values = of_variables(stair, call)

    def function(x, *values):
        inputs[0] = x
        return of_values(*values)

    check_derivatives(function, [X, *values], compiled)


def test_gradient_of_spikes_has_the_derivative_of_the_surrogate():
    check_derivatives(spike, [X[1:]], second_only=True)


@pytest.mark.parametrize("name", ["linear", "tanh", "sigmoid", "relu", "elu"])
def test_slopes_in_terms_of_outputs_are_smooth_in_them(name):
    activation = keras.activations.get(name)
    slope = slope_in_terms_of_output(activation)
    x = X[1:]

    def derivative(x):
        return slope(activation(x))

    check_derivatives(derivative, [x])


def test_every_activation_is_here():
    plain = {"FINE_GAINS", "GAINS", "SATURATIONS", "get", "slope_in_terms_of_output"}
    # On arrays of NumPy, which have no gradient, or fixed numbers.
    plain |= {"gamma_slopes", "gamma_sup_slope", "gamma_values", "stair_heights"}
    here = {"ModReLU", "Gamma", "Stair", "spike", *FUNCTIONS}
    assert set(activations.__all__) - plain == here - {"gamma of single numbers"}
