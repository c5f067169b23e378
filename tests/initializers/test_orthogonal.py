import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm, logm

from keras_nonnormal.initializers._orthogonal import (
    random_orthogonal,
    random_rotation,
    rotation_logarithm,
    skew_exponential,
)

seeds = st.integers(0, 2**32 - 1)
# Half turns, turns next to them, equal turns and no turn at all.
angles = st.lists(
    st.sampled_from(
        [0.0, 1e-12, 1e-6, 0.5, math.pi / 2, 2.0, 2.0 + 1e-9, 3.0]
        + [math.pi - gap for gap in (1e-4, 1e-8, 1e-10, 1e-15, 0.0)]
    )
    | st.floats(-math.pi, math.pi),
    min_size=1,
    max_size=8,
)


def generator(seed):
    return np.random.default_rng(seed)


def rotation_by(turns, seed, odd=False):
    """A rotation by the given angles in planes of random orientation."""
    turn = np.eye(2 * len(turns) + odd)
    for plane, angle in enumerate(turns):
        block = slice(2 * plane, 2 * plane + 2)
        c, s = math.cos(angle), math.sin(angle)
        turn[block, block] = [[c, s], [-s, c]]
    basis = random_orthogonal(len(turn), generator(seed))
    return basis @ turn @ basis.T


def largest_angle(skew):
    return np.abs(np.linalg.eigvalsh(1j * skew)).max()


@pytest.mark.parametrize("n", [1, 2, 3, 5, 63, 64])
def test_logarithm_of_a_random_rotation_by_the_exponential_of_scipy(n):
    q = random_rotation(n, generator(n))
    a = rotation_logarithm(q)
    np.testing.assert_array_equal(a.T, -a)
    assert a.dtype == np.float64
    np.testing.assert_allclose(expm(a), q, atol=1e-13)


def test_logarithm_is_the_one_of_scipy_where_both_are_well_defined():
    q = random_rotation(20, generator(1))
    np.testing.assert_allclose(rotation_logarithm(q), logm(q).real, atol=1e-11)


@given(turns=angles, seed=seeds, odd=st.booleans())
def test_logarithm_holds_for_half_turns_and_equal_turns(turns, seed, odd):
    q = rotation_by(turns, seed, odd)
    a = rotation_logarithm(q)
    np.testing.assert_array_equal(a.T, -a)
    # The level is 1e-10; measured a few 1e-15.
    np.testing.assert_allclose(skew_exponential(a), q, atol=1e-13)
    assert largest_angle(a) <= math.pi + 1e-13


def test_logarithm_of_the_negated_identity_turns_every_plane_by_pi():
    a = rotation_logarithm(-np.eye(6))
    np.testing.assert_allclose(np.abs(np.linalg.eigvalsh(1j * a)), math.pi, rtol=1e-14)


def test_logarithm_of_the_identity_is_zero():
    np.testing.assert_allclose(rotation_logarithm(np.eye(5)), 0, atol=1e-15)


@given(n=st.integers(1, 12), seed=seeds)
def test_a_reflection_has_no_real_logarithm(n, seed):
    q = random_rotation(n, generator(seed))
    q[0] *= -1
    with pytest.raises(ValueError, match="determinant -1"):
        rotation_logarithm(q)


@given(turns=angles, seed=seeds, odd=st.booleans())
def test_exponential_of_a_dense_skew_matrix_turns_its_planes(turns, seed, odd):
    skew = np.zeros((2 * len(turns) + odd,) * 2)
    for plane, angle in enumerate(turns):
        skew[2 * plane, 2 * plane + 1] = angle
    basis = random_orthogonal(len(skew), generator(seed))
    dense = basis @ (skew - skew.T) @ basis.T
    expected = rotation_by(turns, seed, odd)
    q = skew_exponential((dense - dense.T) / 2)
    np.testing.assert_allclose(q, expected, atol=1e-13)


@given(n=st.integers(1, 20), seed=seeds, scale=st.sampled_from([1e-9, 1, 50]))
def test_exponentials_are_orthogonal_to_round_off(n, seed, scale):
    upper = np.triu(generator(seed).normal(scale=scale, size=(n, n)), k=1)
    q = skew_exponential(upper - upper.T)
    np.testing.assert_allclose(q @ q.T, np.eye(n), atol=1e-13)


def test_golden_exponential_of_a_skew_matrix(golden):
    arrays = golden("nnrnn/orthogonal_maps")
    # The archive's exponential is a Pade approximant in float64.
    q = skew_exponential(arrays["A"])
    np.testing.assert_allclose(q, arrays["expm_A"], atol=1e-13)
    np.testing.assert_allclose(
        skew_exponential(rotation_logarithm(q)), arrays["expm_A"], atol=1e-13
    )


@given(n=st.integers(1, 12), seed=seeds)
def test_random_rotations_are_orthogonal_with_determinant_1(n, seed):
    q = random_rotation(n, generator(seed))
    np.testing.assert_allclose(q @ q.T, np.eye(n), atol=1e-13)
    np.testing.assert_allclose(np.linalg.det(q), 1, rtol=1e-12)


def test_signs_of_q_make_the_diagonal_positive_and_signs_of_r_do_not():
    assert (np.diag(random_orthogonal(50, generator(1), "q")) > 0).all()
    positive = (np.diag(random_orthogonal(50, generator(1), "r")) > 0).sum()
    assert 10 < positive < 40


def test_haar_traces_are_standard_normal():
    # The trace of a Haar orthogonal matrix is normal to a very good approximation;
    # the signs of Q would shift its mean to n * E|q_ii|, about 3.5 for n = 20.
    rng = generator(5)
    traces = [np.trace(random_orthogonal(20, rng)) for _ in range(2000)]
    assert abs(np.mean(traces)) < 0.1  # standard error 0.022
    assert abs(np.std(traces) - 1) < 0.08  # standard error 0.016
