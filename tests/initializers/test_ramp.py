import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.initializers import Ramp
from tests.golden import keys

units = st.integers(2, 30)
gains = st.floats(-2.0, 2.0).filter(lambda gain: abs(gain) > 1e-3)


def test_I8_ramp_of_four_units_written_out(matrix):
    expected = [[0, 1, 2, 3], [-1, 0, 1, 2], [-2, -1, 0, 1], [-3, -2, -1, 0]]
    np.testing.assert_allclose(matrix(Ramp(3.0), 4, 4), expected, rtol=1e-15)


def test_I8_ramp_equals_the_golden_gate_blocks(golden, matrix):
    arrays = golden("nonnormal_init/lstm")
    end_gain = arrays["gains_mixed_chain_end"][1]
    units = keys(arrays, r"keras_faithful_mixed__n(\d+)")
    assert units
    for n in map(int, units):
        block = arrays[f"keras_faithful_mixed__n{n}"][:, :n]
        # The archive holds float32: one rounding.
        np.testing.assert_allclose(matrix(Ramp(end_gain), n, n), block, rtol=1.2e-7)


def test_I8_a_single_unit_has_no_weight(matrix):
    np.testing.assert_array_equal(matrix(Ramp(0.5), 1, 1), [[0.0]])


def test_I8_the_default_end_gain_is_0_01(matrix):
    assert matrix(Ramp(), 9, 9)[0, -1] == 0.01


@given(n=units, e=gains)
def test_I8_ramp_is_skew_symmetric_with_its_gain_in_the_corners(matrix, n, e):
    ramp = matrix(Ramp(e), n, n)
    np.testing.assert_array_equal(ramp.T, -ramp)
    assert ramp[0, -1] == e
    assert ramp[-1, 0] == -e


@given(n=units, e=gains)
def test_I8_reverse_is_the_transpose_and_the_negation(matrix, n, e):
    reverse = matrix(Ramp(e, direction="reverse"), n, n)
    np.testing.assert_array_equal(reverse, matrix(Ramp(e), n, n).T)
    np.testing.assert_array_equal(reverse, matrix(Ramp(-e), n, n))


@given(n=units, e=gains)
def test_S14_norm_rank_and_eigenvalues_of_the_ramp(matrix, n, e):
    ramp = matrix(Ramp(e), n, n)
    norm = abs(e) * n * np.sqrt((n + 1) / (6 * (n - 1)))
    np.testing.assert_allclose(np.linalg.norm(ramp), norm, rtol=1e-12)

    # The singular values of a skew-symmetric matrix are the eigenvalues' moduli.
    singular = np.linalg.svd(ramp, compute_uv=False)
    modulus = abs(e) * n * np.sqrt((n + 1) / (12 * (n - 1)))
    np.testing.assert_allclose(singular[:2], modulus, rtol=1e-12)
    np.testing.assert_allclose(singular[2:], 0, atol=1e-13 * n)


@given(n=units, e=gains)
def test_S13_the_ramp_is_normal(matrix, n, e):
    ramp = matrix(Ramp(e), n, n)
    np.testing.assert_allclose(ramp @ ramp.T, ramp.T @ ramp, rtol=1e-12, atol=1e-12)
