"""The dominant eigenpairs against all eigenpairs."""

import numpy as np
import pytest

from keras_nonnormal.pretraining import leading
from keras_nonnormal.pretraining.leading import leading_pairs
from keras_nonnormal.pretraining.published.variants import scalars_and_gradients

WIDTH = 80
SLOPES = {
    "relu": lambda rng, shape: (rng.random(shape) > 0.5).astype(float),
    "sin": lambda rng, shape: np.cos(rng.normal(size=shape)),
    "cos": lambda rng, shape: np.sin(0.5 + 0.3 * rng.normal(size=shape)),
    "linear": lambda rng, shape: np.ones(shape),
}


def jacobians(activation, count=24):
    """Jacobians of a layer at several inputs, `(count, 80, 80)`."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(WIDTH, WIDTH)) / WIDTH**0.5
    return SLOPES[activation](rng, (count, WIDTH))[:, :, None] * kernel


@pytest.fixture
def by_iteration(monkeypatch):
    monkeypatch.setattr(leading, "SMALL", 0)


@pytest.mark.parametrize("activation", SLOPES)
@pytest.mark.usefixtures("by_iteration")
def test_eigenvalues_are_the_largest_ones(activation):
    matrices = jacobians(activation)
    values, vectors = leading_pairs(matrices)
    largest = np.abs(np.linalg.eigvals(matrices)).max(axis=1)
    np.testing.assert_allclose(np.abs(values), largest, rtol=1e-8)
    images = np.einsum("bij,bj->bi", matrices, vectors)
    np.testing.assert_allclose(images, values[:, None] * vectors, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-10)


@pytest.mark.usefixtures("by_iteration")
def test_nilpotent_and_zero_matrices_have_radius_zero_and_no_gradient():
    nilpotent = np.triu(np.ones((WIDTH, WIDTH)), 1)
    radii, slopes = scalars_and_gradients(np.stack([nilpotent, 0 * nilpotent]))
    assert (radii < 1e-6).all()
    assert np.isfinite(slopes).all()


@pytest.mark.parametrize("activation", SLOPES)
def test_radii_and_gradients_are_those_of_all_eigenpairs(activation, monkeypatch):
    matrices = jacobians(activation)
    monkeypatch.setattr(leading, "SMALL", np.inf)
    radii, slopes = scalars_and_gradients(matrices)
    monkeypatch.setattr(leading, "SMALL", 0)
    found, found_slopes = scalars_and_gradients(matrices)
    np.testing.assert_allclose(found, radii, rtol=1e-8)
    scale = np.abs(slopes).max()
    np.testing.assert_allclose(found_slopes / scale, slopes / scale, atol=1e-7)
