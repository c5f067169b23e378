"""LEM: its equations, its gates, and its first step."""

import numpy as np
import pytest

from keras_nonnormal.layers import LEM
from tests.layers.own_loop import (
    BATCH,
    FEATURES,
    TIME,
    UNITS,
    built,
    check_steps,
    draws,
    float64,
    sigmoid,
)

pytestmark = pytest.mark.usefixtures("uncompiled")


def quarters(array):
    return np.split(array, 4, axis=-1)


def test_both_states_go_their_own_steps_towards_what_the_other_says():
    def step(drive, states, recurrent):
        y, z = states
        w1, w2, wz, wy = quarters(recurrent)
        d1, d2, dz, dy = quarters(drive)
        first, second = 0.7 * sigmoid(d1 + y @ w1), 0.7 * sigmoid(d2 + y @ w2)
        z = (1 - first) * z + first * np.tanh(dz + y @ wz)
        y = (1 - second) * y + second * np.tanh(dy + z @ wy)
        return [y, z]

    check_steps(built(LEM, dt=0.7), step)


def test_one_step_from_rest_is_the_formula_without_memory():
    layer = built(LEM, dt=0.5)
    (x,) = draws((BATCH, 1, FEATURES))
    _, y, z = map(float64, layer(x))
    cell = layer.cell
    d1, d2, dz, dy = quarters(x[:, 0] @ float64(cell.kernel) + float64(cell.bias))
    memory = 0.5 * sigmoid(d1) * np.tanh(dz)
    wy = quarters(float64(cell.recurrent_kernel))[-1]
    np.testing.assert_allclose(z, memory, atol=1e-6)
    np.testing.assert_allclose(
        y, 0.5 * sigmoid(d2) * np.tanh(dy + memory @ wy), atol=1e-6
    )


@pytest.mark.parametrize("dt", [0.2, 1.0])
def test_steps_are_between_zero_and_dt_and_states_within_one(dt):
    layer = built(LEM, dt=dt)
    (z,) = draws((50, 4 * UNITS))
    for steps in map(float64, layer.cell.steps(4 * z)):
        assert np.all((steps > 0) & (steps < dt))
        assert steps.max() > 10 * steps.min()  # of many scales
    (x,) = draws((BATCH, TIME, FEATURES))
    for states in map(float64, layer(5 * x)):
        assert np.abs(states).max() < 1


@pytest.mark.parametrize("dt", [0, -1, float("inf"), None])
def test_steps_that_make_no_sense_are_refused(dt):
    with pytest.raises(ValueError, match="`dt` to be a number above 0"):
        LEM(UNITS, dt=dt)
