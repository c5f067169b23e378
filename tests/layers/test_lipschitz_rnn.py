"""LipschitzRNN: its equation, its two splits, and the region of stability."""

import numpy as np
import pytest

from keras_nonnormal.layers import LipschitzRNN
from tests.layers.own_loop import BATCH, UNITS, built, check_steps, draws, float64

pytestmark = pytest.mark.usefixtures("uncompiled")

NUMBERS = {"epsilon": 0.3, "beta_a": 0.7, "beta_w": 0.4, "gamma_a": 0.2, "gamma_w": 0.1}


def matrix_of(free, beta, gamma):
    symmetric, skew = free + free.T, free - free.T
    return (1 - beta) * symmetric + beta * skew - gamma * np.eye(UNITS)


def test_every_step_is_a_step_of_eulers_method():
    def step(drive, states, recurrent):
        (h,) = states
        a = matrix_of(recurrent[:, :UNITS], 0.7, 0.2)
        w = matrix_of(recurrent[:, UNITS:], 0.4, 0.1)
        return [h + 0.3 * (h @ a + np.tanh(drive + h @ w))]

    check_steps(built(LipschitzRNN, **NUMBERS), step)


@pytest.mark.parametrize(("beta", "odd"), [(0.0, 1), (1.0, -1)])
def test_the_ends_of_beta_are_symmetric_and_skew_symmetric(beta, odd):
    cell = built(LipschitzRNN, beta_a=beta, beta_w=beta, gamma_a=0, gamma_w=0).cell
    for matrix in map(float64, (cell.matrix(), cell.linear_matrix())):
        np.testing.assert_allclose(matrix.T, odd * matrix, atol=1e-6)
        assert np.abs(matrix).max() > 0.1


def apart(layer, steps=60):
    """Distances of two states under one input, after every step, `(steps, batch)`."""
    x, first, second = draws((BATCH, steps, 4), *[(BATCH, UNITS)] * 2)
    one, other = (float64(layer(x, initial_state=[h])[0]) for h in (first, second))
    distances = np.linalg.norm(one - other, axis=-1).T
    return np.concatenate([[np.linalg.norm(first - second, axis=-1)], distances])


def in_the_region(cell):
    """Whether the theorem says that all states approach one another."""
    a, w = map(float64, (cell.linear_matrix(), cell.matrix()))
    values = np.linalg.eigvalsh((a + a.T) / 2)
    return values.max() < 0 and np.abs(values).min() > np.linalg.norm(w, 2)


def test_states_approach_one_another_in_the_region_of_the_theorem():
    numbers = {"epsilon": 0.02, "beta_a": 0.9, "beta_w": 0.8}
    stable = built(LipschitzRNN, gamma_a=8.0, gamma_w=0.1, **numbers)
    assert in_the_region(stable.cell)
    distances = apart(stable)
    assert np.all(np.diff(distances, axis=0) < 0)
    assert np.all(distances[-1] < 0.1 * distances[0])
    other = built(LipschitzRNN, gamma_a=0.0, gamma_w=0.1, **numbers | {"beta_a": 0.0})
    assert not in_the_region(other.cell)
    assert np.any(np.diff(apart(other), axis=0) > 0)


@pytest.mark.parametrize(
    "wrong",
    [{"epsilon": 0}, {"beta_a": 1.1}, {"beta_w": -0.1}, {"gamma_a": float("nan")}],
    ids=str,
)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` to be a number"):
        LipschitzRNN(UNITS, **wrong)


def test_its_configuration_makes_the_same_layer():
    config = built(LipschitzRNN, **NUMBERS).get_config()
    assert {name: config[name] for name in NUMBERS} == NUMBERS
    assert LipschitzRNN.from_config(config).get_config() == config
