import numpy as np
import pytest

from keras_nonnormal.analysis import he_stack, pascal_stack, stack_gradients


def test_gradients_of_stacks_are_those_of_their_outputs(golden):  # LSC row 57
    stored = golden("lsc/pascal")
    inputs = stored["x_L3_T20_rho0p7"][..., 0].astype(float)
    outputs, gradients = stack_gradients(inputs, pascal_stack(3, 0.7))
    expected = stored["y_L3_T20_rho0p7"][..., 0]
    np.testing.assert_allclose(outputs, expected, rtol=2e-5, atol=1e-5)
    np.testing.assert_allclose(
        gradients, stored["grad_L3_T20_rho0p7"][..., 0], rtol=1e-5
    )
    rng = np.random.default_rng(0)
    kernels = he_stack(2, 4, rng)
    change = 1e-6 * rng.normal(size=inputs.shape)
    _, gradients = stack_gradients(inputs, kernels, rectified=True)
    ahead, behind = (
        stack_gradients(inputs + way * change, kernels, rectified=True)[0]
        for way in (1, -1)
    )
    np.testing.assert_allclose(
        np.sum(ahead - behind, axis=1) / 2,
        np.sum(gradients * change, axis=1),
        rtol=1e-6,
    )


def test_weights_of_a_stack_are_in_the_bounds_of_he():
    (into, back), (above, _) = he_stack(2, 50, np.random.default_rng(1))
    assert (into.shape, back.shape, above.shape) == ((1, 50), (50, 50), (50, 50))
    for kernel in (into, back, above):
        limit = np.sqrt(6 / len(kernel))
        assert 0.9 * limit < np.abs(kernel).max() <= limit


def test_inputs_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"`inputs` must have shape \(samples, time"):
        stack_gradients(np.ones((2, 3, 1)), pascal_stack(1, 0.5))
