"""Spikes and their surrogate gradient."""

import numpy as np
import pytest
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.activations import spike, surrogate_slope
from tests.helpers import DTYPE, TOLERANCE


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def slope_and_curvature(u, compiled):
    """First and second derivative of `spike` at every entry, by autodiff alone."""

    def slope(u):
        _, pullback = _backend.vjp(lambda u: (spike(u),), u)
        return pullback((ops.ones_like(u),))

    def both(u):
        outputs, pullback = _backend.vjp(slope, u)
        return *outputs, *pullback((ops.ones_like(u),))

    return map(numpy, (_backend.jit(both) if compiled else both)(u))


# LSC row 40
@pytest.mark.parametrize("compiled", [False, True])
def test_spikes_are_differentiable_twice_by_the_published_surrogate(golden, compiled):
    g = golden("lsc/surrogate")
    u = ops.convert_to_tensor(g["u"].astype(DTYPE))
    np.testing.assert_array_equal(numpy(spike(u)), g["spike"])
    slope, curvature = slope_and_curvature(u, compiled)
    np.testing.assert_allclose(slope, g["psi"], atol=2e-7)  # float32 arrays
    np.testing.assert_allclose(curvature, g["dpsi"], atol=2e-6)


def test_dampening_is_the_height_and_sharpness_the_width():
    u = np.array([-0.5, 0.0, 0.25], DTYPE)
    expected = 0.3 / (1 + 2 * 4 * np.abs(u)) ** 2
    slope = numpy(surrogate_slope(u, dampening=0.3, sharpness=4.0))
    np.testing.assert_allclose(slope, expected, rtol=TOLERANCE[DTYPE])
    _, pullback = _backend.vjp(
        lambda u: (spike(u, 0.3, 4.0),), ops.convert_to_tensor(u)
    )
    (through_spikes,) = pullback((ops.ones_like(u),))
    np.testing.assert_array_equal(numpy(through_spikes), slope)
