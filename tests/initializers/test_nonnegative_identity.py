import numpy as np
import pytest

from keras_nonnormal.initializers import NonNegativeIdentity, recurrent_initializer


@pytest.mark.parametrize("units", [1, 2, 200])
def test_it_is_positive_definite_with_the_largest_eigenvalue_one(matrix, units):
    u = matrix(NonNegativeIdentity(seed=1), units, units)
    np.testing.assert_allclose(u, u.T, atol=1e-15)
    values = np.linalg.eigvalsh(u)
    assert values[-1] == pytest.approx(1, abs=1e-12)
    assert values[0] > 0.15


def test_it_is_the_identity_and_a_wishart_matrix_scaled(matrix):
    u = matrix(NonNegativeIdentity(seed=1), 400, 400)
    scale = 1 / np.linalg.eigvalsh(u)[0]  # of I + A, whose least eigenvalue is near 1
    a = scale * u - np.eye(400)
    assert np.trace(a) / 400 == pytest.approx(1, rel=0.02)  # R has variance 1
    off = a[np.triu_indices(400, 1)]
    assert off.std() == pytest.approx(400**-0.5, rel=0.03)


def test_seeds_and_its_name(matrix):
    one, again, other = (
        matrix(make, 5, 5)
        for make in (
            NonNegativeIdentity(seed=1),
            recurrent_initializer("np_rnn", seed=1),
            NonNegativeIdentity(seed=2),
        )
    )
    np.testing.assert_array_equal(one, again)
    assert np.all(one != other)
