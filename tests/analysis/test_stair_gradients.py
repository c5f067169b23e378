import keras
import numpy as np
import pytest

from keras_nonnormal import stair_heights
from keras_nonnormal.analysis import (
    orthogonal_stair_network,
    stair_gradient_norms,
    state_gradient_norms,
    state_gradients,
)


@pytest.mark.parametrize("schedule", ["n", "logn", "none"])
@pytest.mark.parametrize("activation", ["linear", "modrelu"])
def test_gradients_through_stairs_are_those_of_the_cells_themselves(
    schedule, activation
):
    """The compiled network with heights of its own beside the steps of the schedule."""
    steps = 12
    heights = {schedule: stair_heights(schedule, np.arange(float(steps)))}
    found = stair_gradient_norms(heights, activation)[schedule]
    rng = np.random.default_rng(1)
    drive = rng.normal(size=(4, steps, 32))
    direction = rng.normal(size=(4, 32))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    layer = orthogonal_stair_network(32, schedule, activation)
    layer.build(drive.shape)
    gradients = state_gradients(
        layer, drive, lambda outputs: keras.ops.sum(direction * outputs[-1])
    )
    norms = np.median(state_gradient_norms(gradients), axis=0)
    np.testing.assert_allclose(found, norms, rtol=1e-10)


def test_stairs_of_different_lengths_are_refused():
    heights = {"n": np.ones(3), "none": np.ones(4)}
    with pytest.raises(ValueError, match=r"of one length. Received: lengths \[3, 4\]"):
        stair_gradient_norms(heights)
