"""LMU: its equations, its window of the past, the compiled loop."""

import math

import keras
import numpy as np
import pytest
from numpy.polynomial import legendre

from keras_nonnormal.layers import LMU
from keras_nonnormal.layers.legendre_delay import legendre_delay
from tests.helpers import DTYPE, TOLERANCE, relative_error

BATCH, TIME, FEATURES, UNITS, ORDER, THETA = 3, 7, 4, 6, 5, 9.0


def layer_of(**arguments):
    keras.utils.set_random_seed(1)
    settings = {"memory_encoder_initializer": "normal", "return_sequences": True}
    layer = LMU(UNITS, ORDER, THETA, dtype=DTYPE, **{**settings, **arguments})
    layer.build((BATCH, TIME, FEATURES))
    return layer


def draws(*shapes):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(DTYPE) for shape in shapes]


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("use_bias", [False, True])
def test_outputs_and_memory_are_those_of_the_equations(use_bias):
    layer = layer_of(use_bias=use_bias, bias_initializer="normal", return_state=True)
    x, h, m = draws((BATCH, TIME, FEATURES), (BATCH, UNITS), (BATCH, ORDER))
    outputs, last = layer(x, initial_state=[np.concatenate([h, m], axis=1)])
    cell = layer.cell
    e_x, e_h, e_m, w_x, w_h, w_m = (
        np.asarray(each, "float64")
        for each in (
            *(cell.input_encoder, cell.hidden_encoder, cell.memory_encoder),
            *(cell.kernel, cell.recurrent_kernel, cell.memory_kernel),
        )
    )
    bias = np.asarray(cell.bias) if use_bias else 0.0
    a, b = legendre_delay(ORDER, THETA)
    for t in range(TIME):
        m = m @ a + (x[:, t] @ e_x + h @ e_h + m @ e_m) * b
        h = np.tanh(x[:, t] @ w_x + h @ w_h + m @ w_m + bias)
        assert relative_error(outputs[:, t], h) < 50 * TOLERANCE[DTYPE]
    assert relative_error(last, np.concatenate([h, m], axis=1)) < 50 * TOLERANCE[DTYPE]


@pytest.mark.usefixtures("uncompiled")
def test_recurrent_dropout_is_of_the_hidden_state_and_leaves_the_memory_alone():
    layer = layer_of(
        recurrent_dropout=0.5,
        hidden_encoder_initializer="zeros",
        memory_encoder_initializer="zeros",
        return_state=True,
    )
    (x,) = draws((BATCH, TIME, FEATURES))
    (outputs, still), (dropped, moved) = (layer(x, training=t) for t in (False, True))
    assert relative_error(moved[:, UNITS:], still[:, UNITS:]) < 20 * TOLERANCE[DTYPE]
    assert relative_error(dropped, outputs) > 0.01


def window_end(order):
    """Legendre polynomials on the window at its far end, for reading m."""
    return legendre.legvander(np.ones(1), order - 1)[0]


def pade(order, z):
    """The Padé approximant [d-1/d] of exp(-z), and what its error is at most.

    The error has the form z^2d / Q(z) times the integral of t^d (1 - t)^(d-1)
    exp(-tz) / (2d - 1)!, whose exponential is at most one in size on the axis.
    """
    d, f = order, math.factorial
    q = sum(
        f(2 * d - 1 - j) * f(d) / (f(2 * d - 1) * f(j) * f(d - j)) * z**j
        for j in range(d + 1)
    )
    p = sum(
        f(2 * d - 1 - j) * f(d - 1) / (f(2 * d - 1) * f(j) * f(d - 1 - j)) * (-z) ** j
        for j in range(d)
    )
    beta = f(d) * f(d - 1) / f(2 * d)
    return p / q, abs(z) ** (2 * d) / abs(q) * beta / f(2 * d - 1)


@pytest.mark.parametrize("order", [1, 2, 6, 12])
def test_the_memory_is_the_pade_approximant_of_a_delay(order):
    """In steps so short that holding the input does not matter."""
    theta = 2000.0
    a, b = legendre_delay(order, theta)
    for phase in (0.5, 3.0, 8.0):  # how far the input turns within the window
        turn = np.exp(1j * phase / theta)
        m = np.linalg.solve((turn * np.eye(order) - a).T, turn * b[0])
        # An input that is held lags behind by half a step.
        delayed = (m @ window_end(order)) * np.exp(-0.5j * phase / theta)
        expected, bound = pade(order, 1j * phase)
        assert abs(delayed - expected) < 2 * phase / theta
        assert abs(delayed - np.exp(-1j * phase)) < bound + 2 * phase / theta


@pytest.mark.compiled
def test_the_layer_gives_its_input_back_within_the_bound_of_pade():
    order, theta = 6, 200
    layer = LMU(
        1,
        order,
        theta,
        dtype=DTYPE,
        activation="linear",
        kernel_initializer="zeros",
        recurrent_initializer="zeros",
        input_encoder_initializer="ones",
        hidden_encoder_initializer="zeros",
        return_sequences=True,
    )
    time = np.arange(5 * theta) / theta
    phases = np.array([2.0, 5.0, 8.0, 11.0])
    u = np.sin(phases[:, None] * time).astype(DTYPE)
    layer.build((len(phases), len(time), 1))
    layer.cell.memory_kernel.assign(window_end(order)[:, None])
    delayed = np.asarray(layer(u[..., None]))[:, 3 * theta :, 0]
    errors = np.abs(delayed - u[:, 2 * theta : -theta]).max(axis=1)
    bounds = np.array([pade(order, 1j * phase)[1] for phase in phases])
    held = phases / theta  # of an input that is constant during a step
    assert np.all(errors < bounds + 2 * held), (errors, bounds)
    # The first two are lost to the steps, the last one to the polynomials.
    assert bounds[1] < held[1]
    assert errors[3] > 0.2 > errors[2]


def test_the_window_is_exact_for_polynomials_below_its_order():
    """A steady ramp is read at every point of the window, but for its steps."""
    order, theta = 4, 50.0
    a, b = legendre_delay(order, theta)
    m = np.zeros((1, order))
    for t in range(2000):
        m = m @ a + (t + 0.5) * b  # the mean of the ramp during the step
    points = np.linspace(0, 1, 5)
    values = legendre.legval(2 * points - 1, m[0])
    np.testing.assert_allclose(values, 2000 - theta * points, atol=0.05)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("order", [1, 256])
def test_memories_of_every_order_are_stable(order):
    a, b = legendre_delay(order, 784.0)
    assert np.all(np.abs(np.linalg.eigvals(a)) < 1)
    assert np.isfinite(b).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "`order`.*Received: order=0"),
        ({"theta": 0}, "positive number of time steps.*Received: theta=0"),
        ({"theta": "long"}, "`theta`.*Received: theta='long'"),
        ({"stair": "n2"}, "no stair. Received: stair='n2'"),
    ],
    ids=str,
)
def test_impossible_arguments_are_refused_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        LMU(UNITS, **{"order": ORDER, "theta": THETA, **arguments})
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("uncompiled")
def test_its_configuration_makes_the_same_layer(tmp_path):
    layer = layer_of(use_bias=True)
    model = keras.Sequential([keras.Input((TIME, FEATURES), dtype=DTYPE), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].get_config() == layer.get_config()
    (x,) = draws((BATCH, TIME, FEATURES))
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
