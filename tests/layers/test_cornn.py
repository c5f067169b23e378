"""CoRNN: its equations, two states, and the bound of its energy."""

import numpy as np
import pytest

from keras_nonnormal.layers import CoRNN
from tests.layers.own_loop import BATCH, UNITS, built, check_steps, draws, float64

pytestmark = pytest.mark.usefixtures("uncompiled")


@pytest.mark.parametrize("implicit", [False, True])
def test_positions_and_velocities_are_those_of_driven_oscillators(implicit):
    dt, gamma, epsilon = 0.3, 1.5, 0.8

    def step(drive, states, recurrent):
        y, z = states
        force = np.tanh(drive + y @ recurrent[:, :UNITS] + z @ recurrent[:, UNITS:])
        if implicit:
            z = (z + dt * (force - gamma * y)) / (1 + dt * epsilon)
        else:
            z = z + dt * (force - gamma * y - epsilon * z)
        return [y + dt * z, z]

    numbers = {"dt": dt, "gamma": gamma, "epsilon": epsilon}
    layer = built(CoRNN, implicit_damping=implicit, **numbers)
    assert layer.state_size == [UNITS, UNITS]
    check_steps(layer, step)


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("numbers", [(0.076, 0.4, 8.0), (0.3, 1.0, 1.0)])
def test_energy_from_rest_is_bounded_whatever_weights_and_inputs_are(numbers, implicit):
    dt, gamma, epsilon = numbers
    layer = built(CoRNN, dt=dt, gamma=gamma, epsilon=epsilon, implicit_damping=implicit)
    rate = 2 * epsilon - gamma * dt - (0 if implicit else epsilon**2 * dt)
    assert rate > 0
    steps = 40
    for seed, size in enumerate((0.1, 3.0, 100.0)):
        for weight in layer.weights:
            (values,) = draws(weight.shape, seed=seed)
            weight.assign(size * values)
        (x,) = draws((BATCH, steps, 4), seed=seed)
        energies = []
        for length in (1, 10, steps):
            _, y, z = map(float64, layer(10 * x[:, :length]))
            energies.append(np.sum(gamma * y**2 + z**2, axis=-1).max())
            assert energies[-1] <= UNITS * length * dt / rate
        assert energies[-1] > 0


@pytest.mark.parametrize("wrong", [{"dt": 0}, {"gamma": -1}, {"epsilon": "8"}], ids=str)
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` to be a number"):
        CoRNN(UNITS, **wrong)
