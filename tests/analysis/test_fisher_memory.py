"""Row 42: Fisher memory curves and the table of J_tot."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.analysis import delay_line, fisher_memory_curve, total_memory

# (alpha, beta, d): J_tot in 1200-bit arithmetic, section 10 of the specification.
J_TOT = {
    (0.95, 0, 0): 3.0327,
    (1.00, 0, 0): 5.1874,
    (1.05, 0, 0): 12.0873,
    (0.95, 0.005, 0): 3.1758,
    (1.00, 0.005, 0): 5.3014,
    (1.05, 0.005, 0): 12.0865,
    (0.95, 0, 0.2): 11.9393,
    (1.00, 0, 0.2): 16.2975,
    (1.05, 0, 0.2): 20.8347,
    (0.95, 0.005, 0.2): 12.0894,
    (1.00, 0.005, 0.2): 16.3903,
    (1.05, 0.005, 0.2): 20.8824,
}


@pytest.mark.parametrize("setting", J_TOT)
def test_total_memory_is_that_of_the_table(setting):  # Row 42
    # Half a unit of the last printed place.
    assert total_memory(delay_line(100, *setting)) == pytest.approx(
        J_TOT[setting], abs=5e-5
    )


def test_curves_are_those_of_1200_bit_arithmetic(golden):  # Row 42
    figure = golden("nnrnn/figure1")
    for i, alpha in enumerate(figure["alpha"]):
        for j, beta in enumerate(figure["beta"]):
            for k, d in enumerate(figure["d_fisher"]):
                line = delay_line(int(figure["N"]), alpha, beta, d)
                curve = fisher_memory_curve(line)
                # With d = 0.2 the factor of the covariance has a condition number of
                # up to 1e11; accumulating the covariance itself is off by 0.08.
                np.testing.assert_allclose(
                    curve,
                    figure["J_exact"][i, j, k],
                    rtol=0,
                    atol=1e-6 if d else 1e-14,
                )


def test_a_delay_line_remembers_one_over_the_terms_of_its_noise():
    # Unit k + 1 holds the input of k steps ago and the noise of k + 1 steps.
    np.testing.assert_allclose(
        fisher_memory_curve(delay_line(5, 1.0), steps=7),
        [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 0, 0],
        rtol=1e-14,
    )


def stable(draw_seed, n, radius=0.9):
    matrix = np.random.default_rng(draw_seed).normal(size=(n, n))
    return radius * matrix / np.abs(np.linalg.eigvals(matrix)).max()


@given(st.integers(0, 2**31), st.integers(1, 12))
def test_the_curve_is_that_of_the_definition(seed, n):
    matrix = stable(seed, n)
    covariance = np.eye(n)
    for _ in range(400):
        covariance = matrix @ covariance @ matrix.T + np.eye(n)
    source = np.random.default_rng(seed).normal(size=n)
    expected = []
    state = source
    for _ in range(5):
        expected.append(state @ np.linalg.solve(covariance, state) / 0.25)
        state = matrix @ state
    curve = fisher_memory_curve(matrix, 5, source, noise_variance=0.25)
    np.testing.assert_allclose(curve, expected, rtol=1e-8)


@given(st.integers(0, 2**31), st.integers(1, 12))
def test_memory_of_all_units_together_is_their_number(seed, n):
    """The trace of C^-1 times C: what one source gains another loses."""
    matrix = stable(seed, n)
    totals = [total_memory(matrix, 600, source) for source in np.eye(n)]
    assert sum(totals) == pytest.approx(n, rel=1e-9)


@given(st.integers(0, 2**31), st.floats(0.05, 0.97))
def test_a_decaying_orthogonal_matrix_has_total_memory_1(seed, decay):
    orthogonal, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 6)))
    curve = fisher_memory_curve(decay * orthogonal, 1000)
    expected = (1 - decay**2) * decay ** (2 * np.arange(1000))
    np.testing.assert_allclose(curve, expected, rtol=1e-9, atol=1e-15)
    assert curve.sum() == pytest.approx(1)


@pytest.mark.parametrize("factor", [1.0, 1.01, 1e3, 1e200])
def test_a_matrix_that_does_not_forget_is_refused(factor):
    with pytest.raises(ValueError, match="spectral radius below 1"):
        fisher_memory_curve(factor * np.eye(4)[[1, 2, 3, 0]])


def test_a_slowly_forgetting_matrix_is_taken():
    curve = fisher_memory_curve([[1 - 1e-9]], 2)
    assert curve[0] == pytest.approx(2e-9, rel=1e-6)


def test_too_few_digits_are_warned_of():
    with pytest.warns(UserWarning, match="ill-conditioned for float64"):
        fisher_memory_curve(delay_line(100, 1.05, 0.005, 0.3))
    # One digit less, and the total would come out as 178 of at most 100.
    with pytest.raises(ValueError, match="not positive definite in float64"):  # Row A8
        fisher_memory_curve(delay_line(100, 1.05, 0.005, 0.5))
    with warnings.catch_warnings():  # the published settings are fine
        warnings.simplefilter("error")
        fisher_memory_curve(delay_line(100, 1.05, 0.005, 0.2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 3)),), r"`matrix` must be a square matrix. Received: shape"),
        (([[np.nan]],), "`matrix` must be finite"),
        ((np.zeros((2, 2)), 0), "`steps` must be an integer >= 1. Received: 0"),
        ((np.zeros((2, 2)), 5, [1, 0, 0]), r"`source` must have shape \(2,\)"),
        ((np.zeros((2, 2)), 5, None, 0.0), "`noise_variance` must be positive"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fisher_memory_curve(*arguments)


@pytest.mark.parametrize(
    ("wrong", "received"),
    [(np.ones(3), "shape (3,)"), ("many", "'many'"), (1.5, "1.5"), (np.inf, "inf")],
    ids=str,
)
def test_numbers_of_steps_that_are_none_are_refused_in_a_line(wrong, received):
    for name in ("steps", "horizon"):
        words = f"`{name}` must be an integer >= 1. Received: {received}"
        with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
            fisher_memory_curve(0.5 * np.eye(3), **{name: wrong})
    with pytest.raises(ValueError, match="`noise_variance` must be positive"):
        fisher_memory_curve(0.5 * np.eye(3), noise_variance=np.ones(2))
