"""Row A1: departure from normality, S11 and S13 to S15, and what eigenvalues hide."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal import Ramp
from keras_nonnormal.analysis import (
    commutator_norm,
    delay_line,
    henrici_index,
    pseudospectrum,
    schur_decomposition,
    spectral_radius,
    spectrum,
)
from tests.analysis.test_memory_theory import fbchain, orthogonal
from tests.golden import cases, number


def rotated_chain(n, alpha=1.02, seed=0):
    rotation = orthogonal(n, seed)
    return rotation @ delay_line(n, alpha) @ rotation.T


@pytest.mark.parametrize("which", cases("nonnormal_init/analysis", r"henrici_W(\d+)"))
def test_henrici_indices_are_those_of_the_reference(golden, which):  # Row A1
    arrays = golden("nonnormal_init/analysis")
    matrix = arrays[f"henrici_W{which}"]
    absolute = henrici_index(matrix, relative=False)
    assert absolute == pytest.approx(arrays[f"henrici_d{which}"], rel=1e-9)
    expected = arrays[f"henrici_rel{which}"]
    assert henrici_index(matrix) == pytest.approx(expected, rel=1e-9)
    expected = arrays[f"henrici_commutator{which}"]
    assert commutator_norm(matrix) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n", [2, 25, 100])
def test_departure_of_chains_in_closed_form(n):  # Row A1, S13, S15
    root = np.sqrt(n - 1)
    for d in (0.0, 0.3):
        chain = delay_line(n, 1.02, d=d)
        assert henrici_index(chain, relative=False) == pytest.approx(1.02 * root)
    assert commutator_norm(delay_line(n, 1.02)) == pytest.approx(np.sqrt(2) * 1.02**2)
    with warnings.catch_warnings():  # right, but only by luck, for 100 units
        warnings.simplefilter("error" if n < 100 else "ignore")
        for matrix in (fbchain(n, 0.04), fbchain(n, 0.04).T):
            found = henrici_index(matrix, relative=False)
            assert found == pytest.approx(0.95 * root, rel=2e-4)


ANALYSIS = "nonnormal_init/analysis"


@pytest.mark.parametrize(
    ("kind", "n", "gain"), cases(ANALYSIS, r"henrici_(chain|fbchain)__n(\d+)_g(\w+)")
)
def test_departure_of_chains_of_the_reference(golden, kind, n, gain):  # Row A1
    expected = golden(ANALYSIS)[f"henrici_{kind}__n{n}_g{gain}"]
    build = {"chain": delay_line, "fbchain": fbchain}[kind]
    found = henrici_index(build(int(n), number(gain)), relative=False)
    assert found == pytest.approx(float(expected), rel=1e-9)


def cosines(n, beta):
    return 2 * np.sqrt(0.99 * beta) * np.cos(np.arange(1, n + 1) * np.pi / (n + 1))


@pytest.mark.parametrize(("n", "beta"), cases(ANALYSIS, r"eig_fbchain__n(\d+)_g(\w+)"))
def test_eigenvalues_of_feedback_chains_of_the_reference(golden, n, beta):  # S11
    expected = golden(ANALYSIS)[f"eig_fbchain__n{n}_g{beta}"]
    np.testing.assert_allclose(cosines(int(n), number(beta)), expected)
    found = spectrum(fbchain(int(n), number(beta)), check=False)
    np.testing.assert_allclose(np.sort(found.real)[::-1], expected, atol=1e-6)


@pytest.mark.parametrize(("n", "beta"), [(10, 0.04), (20, 0.07), (9, 0.04)])
def test_eigenvalues_of_feedback_chains_are_cosines(n, beta):  # S11
    values = cosines(n, beta)
    found = spectrum(fbchain(n, beta), check=False)
    np.testing.assert_allclose(np.sort(found.real)[::-1], values, atol=1e-6)
    determinant = (-0.99 * beta) ** (n / 2) if n % 2 == 0 else 0.0
    assert np.linalg.det(fbchain(n, beta)) == pytest.approx(determinant, abs=1e-20)


def test_a_ramp_is_normal():  # S13, S14
    n, e = 12, 0.3
    ramp = keras.ops.convert_to_numpy(Ramp(e)((n, n), dtype="float64"))
    assert henrici_index(ramp) < 1e-6
    assert np.linalg.matrix_rank(ramp) == 2
    expected = e * n * np.sqrt((n + 1) / (6 * (n - 1)))
    assert np.linalg.norm(ramp) == pytest.approx(expected)
    assert spectral_radius(ramp) == pytest.approx(expected / np.sqrt(2))


@given(st.integers(0, 2**31), st.integers(2, 8))
def test_the_commutator_bounds_the_departure(seed, n):  # S15
    matrix = np.random.default_rng(seed).normal(size=(n, n))
    commutator = commutator_norm(matrix)
    departure = henrici_index(matrix, relative=False) ** 2
    low = commutator**2 / (6 * np.linalg.norm(matrix) ** 2)
    assert low <= departure <= np.sqrt((n**3 - n) / 12) * commutator


def test_eigenvalues_that_rounding_decides_are_warned_of():  # Row A1
    matrix = rotated_chain(100)  # its index is 1, found is 0.7
    with pytest.warns(UserWarning, match="Henrici index may be too small"):
        assert henrici_index(matrix) < 0.9
    with pytest.warns(UserWarning, match="eigenvalues may be wrong"):
        assert spectral_radius(matrix) > 0.5  # it is 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert henrici_index(matrix, np.zeros(100)) == 1.0
        shuffled = np.random.default_rng(0).permutation(100)
        for exact in (delay_line(100, 1.02), orthogonal(100), np.zeros((3, 3))):
            spectrum(exact[np.ix_(shuffled, shuffled)] if len(exact) == 100 else exact)
        trained = orthogonal(40) + 0.1 * np.random.default_rng(1).normal(size=(40, 40))
        assert henrici_index(trained) == pytest.approx(
            henrici_index(trained.astype("float32")), abs=1e-6
        )


@given(st.integers(0, 2**31), st.integers(1, 7), st.booleans())
def test_a_schur_decomposition_is_one_largest_first(seed, n, real):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, n)) + (0 if real else 1j) * rng.normal(size=(n, n))
    schur = schur_decomposition(matrix)
    basis, triangle = schur.basis, schur.triangle
    np.testing.assert_allclose(basis @ triangle @ basis.conj().T, matrix, atol=1e-12)
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(n), atol=1e-12)
    assert np.abs(np.tril(triangle, -1)).max(initial=0) == 0
    sizes = np.abs(schur.eigenvalues)
    assert (sizes[1:] <= sizes[:-1] * (1 + 1e-6)).all()
    departure = np.linalg.norm(schur.feedforward)
    assert henrici_index(matrix, relative=False) == pytest.approx(departure, abs=1e-6)


@given(st.integers(0, 2**31), st.booleans())
def test_pseudospectra_of_normal_matrices_are_distances(seed, real):
    parts = np.random.default_rng(seed).normal(size=(3, 2))
    matrix = np.diag(parts[:, 0] if real else parts @ [1, 1j])
    found = pseudospectrum(matrix, points=8)
    plane = found.real + 1j * found.imaginary[:, None]
    nearest = np.abs(plane[..., None] - np.diag(matrix)).min(axis=-1)
    np.testing.assert_allclose(found.distance, nearest, rtol=1e-10)


def test_pseudospectra_of_a_rotated_chain_show_what_eigenvalues_cannot():
    n = 30
    distance = pseudospectrum(rotated_chain(n, 1.0), points=5, reach=1.0).distance
    np.testing.assert_allclose(
        distance,
        pseudospectrum(delay_line(n, 1.0), points=5, reach=1.0).distance,
        atol=1e-14,
    )  # one number z in, about z^n out
    assert distance[2, 3] == pytest.approx(0.5**n * 0.75, rel=1e-3)
