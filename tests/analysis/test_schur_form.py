import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.analysis import (
    fold_angles,
    henrici_index,
    schur_eigenvalues,
    schur_matrix,
)
from tests.golden import variants

ANGLES = st.lists(st.floats(-20, 20), min_size=1, max_size=6)


def parameters(angles, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    units = 2 * len(angles)
    gamma = rng.uniform(0.5, 1.5, len(angles))
    return np.array(angles), gamma, scale * rng.normal(size=(units, units))


@pytest.mark.parametrize("name", variants("nnrnn/nnrnn_*"))
def test_theta_is_that_of_the_published_program(golden, name):  # Row 13
    arrays = golden(f"nnrnn/nnrnn_{name}")
    ours = schur_matrix(arrays["theta"], arrays["gamma"], arrays["T"])
    # Sines of other libraries may differ in the last place.
    np.testing.assert_allclose(ours, arrays["Theta"], rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", variants("nnrnn/nnrnn_*"))
def test_eigenvalues_are_those_of_the_published_recurrent_matrix(golden, name):
    arrays = golden(f"nnrnn/nnrnn_{name}")
    ours = schur_eigenvalues(arrays["theta"], arrays["gamma"], arrays["T"])
    for value in ours:  # a solver orders them in its own way
        assert np.abs(np.linalg.eigvals(arrays["V"]) - value).min() < 1e-9


@given(ANGLES, st.integers(0, 100), st.sampled_from(["strict", "block"]))
def test_sum_and_product_of_eigenvalues_are_trace_and_determinant(angles, seed, mask):
    theta, gamma, upper = parameters(angles, seed)
    values = schur_eigenvalues(theta, gamma, upper, mask)
    matrix = schur_matrix(theta, gamma, upper, mask)
    assert values.sum() == pytest.approx(np.trace(matrix), abs=1e-9)
    assert values.prod() == pytest.approx(np.linalg.det(matrix), abs=1e-8)


@given(ANGLES)
def test_eigenvalues_under_the_block_mask_are_gamma_at_the_angles_theta(angles):
    theta, gamma, upper = parameters(angles)  # Row 17
    values = schur_eigenvalues(theta, gamma, upper, "block").reshape(-1, 2)
    np.testing.assert_allclose(np.abs(values), np.stack([gamma, gamma], 1), rtol=1e-12)
    # Near 0 and pi the angle depends on the root of rounding errors.
    expected = fold_angles(theta)
    np.testing.assert_allclose(np.abs(np.angle(values[:, 0])), expected, atol=1e-7)


def test_what_is_below_the_diagonal_does_not_count():
    theta, gamma, upper = parameters([1.0, 2.0])
    np.testing.assert_array_equal(
        schur_matrix(theta, gamma, upper), schur_matrix(theta, gamma, np.triu(upper))
    )


def test_masks_differ_inside_the_rotations_only():
    theta, gamma, upper = parameters([1.0, 2.0, 3.0])
    strict, block = (schur_matrix(theta, gamma, upper, m) for m in ("strict", "block"))
    inside = np.zeros((6, 6))
    inside[[0, 2, 4], [1, 3, 5]] = upper[[0, 2, 4], [1, 3, 5]]
    np.testing.assert_allclose(strict - block, inside, atol=1e-15)


def test_without_upper_and_gamma_the_matrix_is_orthogonal():
    matrix = schur_matrix([0.3, 4.0])
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(4), atol=1e-15)


@given(ANGLES)
def test_folded_angles_are_those_of_the_eigenvalues(angles):
    folded = fold_angles(angles)
    assert ((folded >= 0) & (folded <= np.pi)).all()
    np.testing.assert_allclose(np.cos(folded), np.cos(angles), atol=1e-12)


def test_angles_of_any_shape_are_folded():
    np.testing.assert_allclose(
        fold_angles([[0.0, -0.5], [np.pi, 1.5 * np.pi]]),
        [[0.0, 0.5], [np.pi, 0.5 * np.pi]],
    )


@given(st.integers(0, 1000))
def test_henrici_index_is_the_size_of_the_triangle_in_a_schur_form(seed):
    theta, gamma, upper = parameters([0.4, 1.3, 2.2], seed, scale=0.5)
    matrix = schur_matrix(theta, gamma, upper, "block")
    rest = matrix - schur_matrix(theta, gamma)
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 6)))
    expected = np.linalg.norm(rest) / np.linalg.norm(matrix)
    values = schur_eigenvalues(theta, gamma, upper, "block")
    assert henrici_index(rotation @ matrix @ rotation.T) == pytest.approx(expected)
    assert henrici_index(matrix, values) == pytest.approx(expected)


def test_henrici_index_of_normal_matrices_is_0():
    rng = np.random.default_rng(2)
    square = rng.normal(size=(7, 7))
    orthogonal, _ = np.linalg.qr(square)
    for matrix in (square + square.T, square - square.T, orthogonal, np.zeros((3, 3))):
        assert henrici_index(matrix) < 1e-6  # the root of rounding errors


def test_henrici_index_of_a_nilpotent_matrix_is_1():
    assert henrici_index(np.eye(6, k=-1)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "`theta` must have shape"),
        (([1.0], [1.0, 2.0]), "`gamma` must have the shape of `theta`"),
        (([1.0], None, np.eye(3)), r"`upper` must have shape \(2, 2\)"),
        (([1.0], None, None, "upper"), "`t_mask` must be one of"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        schur_matrix(*arguments)
