"""Gradient descent with averaged weights."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.optimizers import AveragedSGD


def descend(optimizer, updates, weight=None):
    """Where a weight is after each update with gradients 1, 2, 3 and so on."""
    if weight is None:
        weight = keras.Variable(np.zeros(1), name="kernel")
    positions = []
    for number in range(updates):
        optimizer.apply([ops.full((1,), number + 1.0)], [weight])
        positions.append(float(weight[0]))
    return weight, positions


def mean_of(optimizer, weight):
    with optimizer.averaged():
        return float(weight[0])


@pytest.mark.parametrize("start", [1, 3, 6])
def test_the_mean_is_that_of_all_positions_since_the_start(start):
    optimizer = AveragedSGD(0.1, start=start)
    weight, positions = descend(optimizer, 6)
    assert positions == pytest.approx(-0.1 * np.cumsum(np.arange(1, 7)))
    assert mean_of(optimizer, weight) == pytest.approx(np.mean(positions[start - 1 :]))
    assert float(weight[0]) == positions[-1]  # as before


def test_before_the_start_the_mean_is_the_weight():
    optimizer = AveragedSGD(0.1)
    weight, positions = descend(optimizer, 3)
    assert not optimizer.averaging
    assert mean_of(optimizer, weight) == positions[-1]
    optimizer.start_averaging()
    assert not optimizer.averaging  # from the next one on
    _, positions = descend(optimizer, 2, weight)
    assert optimizer.averaging
    optimizer.start_averaging()  # goes on
    assert mean_of(optimizer, weight) == pytest.approx(np.mean(positions))


def test_decay_comes_after_clipping():
    """As `torch.optim.ASGD` after `clip_grad_norm_`, from its second update on."""
    rng = np.random.default_rng(0)
    position, gradients = rng.normal(size=4), rng.normal(size=(5, 4))
    variable = keras.Variable(position, dtype="float64")
    optimizer = AveragedSGD(
        0.5, start=2, coupled_weight_decay=0.03, global_clipnorm=0.25
    )
    positions = []
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        clipped = gradient * min(1, 0.25 / np.linalg.norm(gradient))
        position = position - 0.5 * (clipped + 0.03 * position)
        positions.append(position)
    # On JAX in single precision.
    np.testing.assert_allclose(variable, position, rtol=1e-5, atol=1e-7)
    with optimizer.averaged():
        mean = np.mean(positions[1:], 0)
        np.testing.assert_allclose(variable, mean, rtol=1e-5, atol=1e-7)


def test_a_restored_optimizer_goes_on():
    whole = AveragedSGD(0.1)
    weight, _ = descend(whole, 2)
    whole.start_averaging()
    descend(whole, 2, weight)
    broken = AveragedSGD.from_config(whole.get_config())
    other = keras.Variable(weight.numpy(), name="kernel")
    broken.build([other])
    for mine, theirs in zip(broken.variables, whole.variables, strict=True):
        mine.assign(theirs)
    for optimizer, variable in ((whole, weight), (broken, other)):
        descend(optimizer, 3, variable)
    assert broken.averaging
    assert mean_of(broken, other) == mean_of(whole, weight)


def test_fit_leaves_the_mean_behind():
    optimizer = AveragedSGD(0.1, start=1)
    weight, positions = descend(optimizer, 4)
    optimizer.finalize_variable_values([weight])
    assert float(weight[0]) == pytest.approx(np.mean(positions))


def test_an_impossible_start_is_refused():
    with pytest.raises(ValueError, match="`start` must be at least 1"):
        AveragedSGD(start=0)
