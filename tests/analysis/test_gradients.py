import numpy as np
import pytest

from keras_nonnormal.analysis import state_gradient_norms
from tests.golden import variants


@pytest.mark.parametrize("name", variants("nnrnn/nnrnn_*"))
def test_norms_of_the_published_state_gradients(golden, name):  # Row 29
    gradients = golden(f"nnrnn/nnrnn_{name}")["grad_h"]
    norms = state_gradient_norms(gradients)
    assert norms.shape == gradients.shape[:2]
    np.testing.assert_allclose(norms**2, (gradients**2).sum(axis=2), rtol=1e-12)


def test_one_sequence_has_one_norm_per_step():
    np.testing.assert_array_equal(state_gradient_norms([[3, 4], [0, 1]]), [5, 1])


def test_single_precision_does_not_underflow():
    tiny = np.full((1, 1, 4), 1e-30, np.float32)
    assert state_gradient_norms(tiny)[0, 0] == pytest.approx(2e-30)


def test_squares_that_underflow_in_double_precision_do_not_matter():
    tiny = np.array([[3e-190, 4e-190], [0, 0], [5e-324, 0]])
    np.testing.assert_allclose(state_gradient_norms(tiny), [5e-190, 0, 5e-324])


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_what_is_not_finite_is_shown_to_be_so(broken):
    assert not np.isfinite(state_gradient_norms([[broken, 1.0]])[0])


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2, 2)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"`gradients` must have shape"):
        state_gradient_norms(np.ones(shape))
