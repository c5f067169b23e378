import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.initializers import Chain, FBChain
from tests.golden import keys, number

units = st.integers(1, 12)
gains = st.floats(-1.5, 1.5)
positive = st.floats(0.0, 1.5)


def test_I2_fbchain_equals_the_golden_matrices(golden, matrix):
    arrays = golden("nonnormal_init/initializers")
    gains = keys(arrays, r"fbchain__n(\d+)_d(\w+)_g(\w+)")
    assert gains
    for n, d, g in gains:
        chain = FBChain(beta=number(g), diag_gain=number(d))
        expected = arrays[f"fbchain__n{n}_d{d}_g{g}"]
        np.testing.assert_array_equal(matrix(chain, int(n), int(n)), expected)
    defaults = keys(arrays, r"fbchain_default__n(\d+)")
    assert defaults
    for n in defaults:
        expected = arrays[f"fbchain_default__n{n}"]
        np.testing.assert_array_equal(matrix(FBChain(), int(n), int(n)), expected)


def test_I2_the_forward_gain_is_0_99_by_default_and_free(matrix):
    assert FBChain().alpha == 0.99
    expected = [[0.5, 2.0, 0.0], [3.0, 0.5, 2.0], [0.0, 3.0, 0.5]]
    written_out = FBChain(beta=3.0, alpha=2.0, diag_gain=0.5)
    np.testing.assert_array_equal(matrix(written_out, 3, 3), expected)


@given(n=units, beta=gains, alpha=gains, d=gains)
def test_I4_reverse_is_the_transpose_and_swaps_the_gains(matrix, n, beta, alpha, d):
    reverse = matrix(FBChain(beta, alpha, d, direction="reverse"), n, n)
    np.testing.assert_array_equal(reverse, matrix(FBChain(beta, alpha, d), n, n).T)
    np.testing.assert_array_equal(reverse, matrix(FBChain(alpha, beta, d), n, n))


@given(n=units, alpha=gains, d=gains)
def test_without_feedback_it_is_the_chain(matrix, n, alpha, d):
    np.testing.assert_array_equal(
        matrix(FBChain(0.0, alpha, d), n, n), matrix(Chain(alpha, d), n, n)
    )


@given(n=units, beta=positive, alpha=positive, d=gains)
def test_S13_departure_from_normality_is_the_difference_of_the_gains(
    matrix, n, beta, alpha, d
):
    chain = matrix(FBChain(beta, alpha, d), n, n)
    # Gains of one sign have real eigenvalues, whose squares sum to the trace.
    squared = np.sum(chain**2) - np.trace(chain @ chain)
    np.testing.assert_allclose(
        squared, (alpha - beta) ** 2 * (n - 1), rtol=1e-11, atol=1e-11
    )
