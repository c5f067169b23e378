import numpy as np
import pytest

from keras_nonnormal.initializers import HiPPOLegS, recurrent_initializer


def continuous(units):
    """The published matrix, entry by entry."""
    a = np.zeros((units, units))
    for n in range(units):
        a[n, n] = -(n + 1)
        for k in range(n):
            a[n, k] = -np.sqrt((2 * n + 1) * (2 * k + 1))
    return a


@pytest.mark.parametrize("step", [None, 0.01, 1.0])
def test_it_is_a_bilinear_step_of_the_published_matrix(matrix, step):
    u = matrix(HiPPOLegS(step), 7, 7)
    half = continuous(7) * (step or 1 / 7) / 2
    np.testing.assert_allclose((np.eye(7) - half) @ u.T, np.eye(7) + half, atol=1e-12)


def test_eigenvalues_and_lengths(matrix):
    units = 20
    u = matrix(HiPPOLegS(), units, units)
    rates = np.arange(1, units + 1) / units / 2
    expected = np.sort((1 - rates) / (1 + rates))
    np.testing.assert_allclose(np.sort(np.linalg.eigvals(u).real), expected, rtol=1e-6)
    assert np.linalg.norm(u, 2) < 1
    assert np.linalg.norm(u @ u.T - u.T @ u) > 0.5  # far from normal


def test_it_has_a_name(matrix):
    named = matrix(recurrent_initializer("hippo"), 5, 5)
    np.testing.assert_array_equal(named, matrix(HiPPOLegS(), 5, 5))


@pytest.mark.parametrize("step", [0, -1.0, "long", float("nan")])
def test_steps_that_make_no_sense_are_refused(step):
    with pytest.raises(ValueError, match=r"`step`.*Received: step="):
        HiPPOLegS(step)
