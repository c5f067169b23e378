"""Norms of the Jacobian of a step: what they bound, and what was published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.activations import gamma_slopes, gamma_values
from keras_nonnormal.analysis import jacobian_norm

SEEDS = st.integers(0, 2**31)


def test_means_are_the_published_ones(golden):  # Row A27
    arrays = golden("gamma/jacobian_norm")
    n, s, v = arrays["n"], arrays["s"], arrays["V"].T
    pixels = arrays["x"][:, arrays["order"]]
    h, slopes = np.zeros((len(pixels), len(v))), []
    for t in range(pixels.shape[1]):
        biases = arrays["bU"] + arrays["bV"]
        drive = pixels[:, [t]] @ arrays["U"].T + h @ v + biases
        slopes.append(gamma_slopes(drive, n, s))
        h = gamma_values(drive, n, s)
    norms = jacobian_norm(v, slopes, "original")
    assert norms.shape == (pixels.shape[1], len(pixels))
    np.testing.assert_allclose(
        norms.mean(axis=0), arrays["mean_norm_original"], rtol=1e-9
    )


@pytest.mark.parametrize(("norm", "order"), [("inf", np.inf), ("2", 2), ("fro", None)])
@given(SEEDS)
def test_norms_are_those_of_the_jacobian(norm, order, seed):  # Row A27
    rng = np.random.default_rng(seed)
    v, slopes = rng.normal(size=(4, 4)), rng.normal(size=(2, 3, 4))
    norms = jacobian_norm(v, slopes, norm)
    assert norms.shape == (2, 3)
    for index in np.ndindex(2, 3):
        column_form = np.diag(slopes[index]) @ v.T  # of h <- phi(V^T h)
        expected = np.linalg.norm(column_form, order)
        assert norms[index] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("norm", "order"), [("inf", np.inf), ("2", 2)])
@given(SEEDS)
def test_no_difference_grows_by_more(norm, order, seed):
    rng = np.random.default_rng(seed)
    v, slopes = rng.normal(size=(4, 4)), rng.normal(size=4)
    change = rng.normal(size=4)
    grown = np.linalg.norm(change @ (v * slopes), order)
    bound = jacobian_norm(v, slopes, norm) * np.linalg.norm(change, order)
    assert grown <= bound * (1 + 1e-12)


def test_the_original_is_no_norm():
    """It is 0 for a Jacobian that is not."""
    assert jacobian_norm([[1, -1], [1, -1]], [1.0, 1.0], "original") == 0
    assert jacobian_norm([[1, -1], [1, -1]], [1.0, 1.0]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 3)), np.ones(3)), "`matrix` must be a square matrix"),
        ((np.eye(3), np.ones((3, 2))), r"`slopes` must have shape \(\.\.\., 3\)"),
        ((np.eye(3), 1.0), r"`slopes` must have shape \(\.\.\., 3\)"),
        ((np.eye(3), np.ones(3), "max"), "`norm` must be one of .* Received: 'max'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        jacobian_norm(*arguments)
