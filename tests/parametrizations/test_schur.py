"""The Schur form of nnRNN."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_nonnormal.parametrizations import Free, Orthogonal, PullTowardsOne, Schur
from tests.helpers import DTYPE


def built(size=6, seed=0, upper=0.5, **arguments):
    schur = Schur(Orthogonal("haar", dtype=DTYPE), dtype=DTYPE, **arguments)
    schur.build((size, size))
    random = np.random.default_rng(seed)
    schur.theta.assign(random.uniform(0, 2 * np.pi, size // 2))
    schur.gamma.assign(random.uniform(0.8, 1.2, size // 2))
    schur.upper.assign(upper * random.normal(size=(size, size)))
    return schur


# Row 17.
@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([2, 4, 8]))
def test_eigenvalues_of_the_block_mask_are_the_rotations(seed, size):
    schur = built(size, seed, t_mask="block")
    if DTYPE == "float64":
        v, bound = ops.convert_to_numpy(schur.matrix()), 1e-6
    else:  # eigenvalues of such a matrix are ill-conditioned
        v, bound = ops.convert_to_numpy(schur.schur_form()), 1e-4
        v = v.astype("float64")
    theta, gamma = (ops.convert_to_numpy(x) for x in (schur.theta, schur.gamma))
    rotations = gamma * np.exp(1j * theta)
    # Symmetric functions of the eigenvalues do not depend on their order.
    for power in range(1, size + 1):
        actual = np.trace(np.linalg.matrix_power(v, power))
        assert actual == pytest.approx(2 * np.sum(rotations**power).real, abs=bound)


def test_strict_mask_reaches_into_the_blocks_and_the_block_mask_does_not():
    strict, block = (
        ops.convert_to_numpy(built(t_mask=mask).schur_form())
        for mask in ("strict", "block")
    )
    same = np.isclose(strict, block)
    assert list(zip(*np.nonzero(~same), strict=True)) == [(0, 1), (2, 3), (4, 5)]


def test_matrix_is_the_schur_form_in_its_basis():
    schur = built()
    p, theta, v = (
        ops.convert_to_numpy(m)
        for m in (schur.basis(), schur.schur_form(), schur.matrix())
    )
    np.testing.assert_allclose(p @ theta @ p.T, v, atol=1e-5)
    assert not np.any(np.tril(theta, -2))


def test_lower_triangle_of_the_variable_has_no_effect():
    schur = built()
    before = ops.convert_to_numpy(schur.matrix())
    schur.upper.assign(np.triu(ops.convert_to_numpy(schur.upper), 1))
    np.testing.assert_array_equal(ops.convert_to_numpy(schur.matrix()), before)


def test_penalty_counts_every_gamma():
    schur = built(gamma_penalty=0.3)
    gamma = ops.convert_to_numpy(schur.gamma)
    (penalty,) = schur.losses
    assert float(penalty) == pytest.approx(0.3 * np.sum((gamma - 1) ** 2), rel=1e-5)
    assert not built(gamma_penalty=0.0).losses
    regularizer = PullTowardsOne(0.3)
    assert PullTowardsOne.from_config(regularizer.get_config()).strength == 0.3


def test_angles_start_uniform():
    schur = Schur()
    schur.build((2000, 2000))
    theta = np.sort(ops.convert_to_numpy(schur.theta))
    uniform = 2 * np.pi * (np.arange(1000) + 0.5) / 1000
    assert np.abs(theta - uniform).max() < 0.5
    assert not np.any(ops.convert_to_numpy(schur.upper))
    assert np.all(ops.convert_to_numpy(schur.gamma) == 1)


def test_odd_sizes_and_shapes_that_are_not_square_are_refused():
    with pytest.raises(ValueError, match="even number of units"):
        Schur().build((5, 5))
    with pytest.raises(ValueError, match="square"):
        Free().build((4, 6))


@pytest.mark.parametrize(
    "parametrization",
    [
        Free("zeros"),
        Schur(Orthogonal("cayley", orthogonal_map="cayley"), t_mask="block"),
    ],
    ids=lambda p: type(p).__name__,
)
def test_configuration_round_trips(parametrization):
    config = keras.saving.serialize_keras_object(parametrization)
    again = keras.saving.deserialize_keras_object(config)
    assert keras.saving.serialize_keras_object(again) == config
