"""LSC row 11: radii and norms from products with vectors."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal._backend import jit
from keras_nonnormal.pretraining import krylov
from tests.golden import keys

WIDTH = 128


def families():
    """Matrices as they are met: random, orthogonal, masked, not normal, of a cell."""
    rng = np.random.default_rng(0)
    gauss = rng.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH)
    rotation = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    masked = rotation * (rng.random(WIDTH) < 0.5)[:, None]
    upper = np.triu(gauss, 1) + np.diag(rng.uniform(-1, 1, WIDTH))
    return np.stack([gauss, rotation, masked, rotation @ upper @ rotation.T, lstm(rng)])


def lstm(rng):
    """State-to-state Jacobian of a Keras LSTM cell, of half the width."""
    units = WIDTH // 2
    cell = keras.layers.LSTMCell(units, recurrent_initializer="orthogonal")
    cell.build((None, units))
    kernel, recurrent, bias = (ops.convert_to_numpy(w) for w in cell.weights)
    x, h, c = rng.normal(size=units), *(0.5 * rng.normal(size=(2, units)))
    gates = x @ kernel + h @ recurrent + bias
    i, f, g, o = np.split(gates, 4)
    i, f, o, g = *(1 / (1 + np.exp(-part)) for part in (i, f, o)), np.tanh(g)
    by_i, by_f, by_g, by_o = (part.T for part in np.split(recurrent, 4, axis=1))
    below = (c * f * (1 - f))[:, None] * by_f
    below += (g * i * (1 - i))[:, None] * by_i + (i * (1 - g * g))[:, None] * by_g
    squashed = np.tanh(f * c + i * g)
    slope = o * (1 - squashed**2)
    above = (squashed * o * (1 - o))[:, None] * by_o + slope[:, None] * below
    return np.block([[above, np.diag(slope * f)], [below, np.diag(f)]])


def starts(matrices):
    rng = np.random.default_rng(1)
    shape = (len(matrices), matrices.shape[2])
    return ops.convert_to_tensor(rng.normal(size=shape), matrices.dtype)


def radii(matrices, steps=80, wrapped=lambda function: function):
    @wrapped
    def estimated(matrices, vectors):
        return krylov.krylov_radius(
            lambda v: ops.einsum("bij,bj->bi", matrices, v), vectors, steps
        )

    matrices = ops.convert_to_tensor(matrices)
    return ops.convert_to_numpy(estimated(matrices, starts(matrices)))


def test_radius_is_within_2_per_cent_of_that_of_dense_matrices():  # LSC row 11
    matrices = families().astype("float32")
    expected = np.abs(np.linalg.eigvals(matrices.astype(float))).max(axis=1)
    np.testing.assert_allclose(radii(matrices, wrapped=jit), expected, rtol=0.02)


def test_radius_is_exact_of_as_many_products_as_units(golden):  # LSC row 11
    stored = golden("lsc/cell_jacobians")
    for cell in keys(stored, r"(\w+)_J_state"):
        found = radii(stored[f"{cell}_J_state"])
        # Gelfand's formula, with powers of 2^16, leaves less than this.
        np.testing.assert_allclose(found, stored[f"{cell}_radius"], rtol=1e-4)


def test_norm_is_within_2_per_cent():  # LSC row 11
    matrices = families()[:, :, : WIDTH // 2].astype("float32")

    found = krylov.largest_singular_value(
        lambda v: ops.einsum("bij,bj->bi", matrices, v),
        lambda v: ops.einsum("bij,bi->bj", matrices, v),
        starts(matrices),
    )
    expected = np.linalg.norm(matrices, 2, axis=(1, 2))
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=0.02)


@pytest.mark.parametrize("steps", [4, 80])
def test_radius_of_what_has_few_directions(steps):  # LSC row 11
    """Iteration comes to an end early: nothing, a projection, a product of vectors."""
    matrices = np.zeros((3, 20, 20), "float32")
    matrices[1, :7, :7] = np.eye(7)
    matrices[2] = np.outer(np.arange(20), np.ones(20)) / 100
    np.testing.assert_allclose(radii(matrices, steps), [0, 1, 1.9], rtol=1e-3)


def test_what_is_not_finite_is_not_hidden():  # LSC row 22
    matrices = np.stack([np.eye(6), np.eye(6), np.eye(6)]).astype("float32")
    matrices[1, 2, 3] = np.nan
    found = radii(matrices, steps=3)
    assert np.isnan(found[1])
    np.testing.assert_allclose(found[[0, 2]], 1, rtol=1e-5)


def test_squaring_gives_the_radius_of_whole_matrices():  # LSC row 11
    matrices = families().astype("float32")
    exact = np.abs(np.linalg.eigvals(matrices.astype("float64"))).max(axis=-1)
    found = np.array(krylov.gelfand_radius(ops.convert_to_tensor(matrices), 10))
    # A power of 1024 leaves a few tenths of a per cent, but for what is far from
    # normal (the fourth).
    limits = [0.005, 0.005, 0.005, 0.05, 0.005]
    assert np.all(np.abs(found / exact - 1) < limits)
    settled = np.array(krylov.gelfand_radius(ops.convert_to_tensor(matrices)))
    np.testing.assert_allclose(settled, exact, rtol=2e-3)


def test_nothing_is_left_of_a_nilpotent_matrix():
    chain = np.diag(np.ones(5, "float32"), 1)[None]
    assert float(krylov.gelfand_radius(ops.convert_to_tensor(chain))[0]) == 0
