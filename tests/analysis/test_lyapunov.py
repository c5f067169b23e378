"""Lyapunov spectra: maps whose exponents are known, published networks, lost ways."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.activations import gamma_slopes, gamma_values
from keras_nonnormal.analysis import (
    autonomous,
    delay_line,
    gamma_lyapunov_spectrum,
    lyapunov_spectrum,
)
from keras_nonnormal.analysis._row_graded_qr import row_graded_qr
from tests.golden import cases, keys

SEEDS = st.integers(0, 2**31)
CASES = cases("gamma/lyapunov", r"(\w+)__LE_kfull")


def published(golden, case):
    arrays = golden("gamma/lyapunov")
    prefix = f"{case}__"
    return {k.removeprefix(prefix): arrays[k] for k in arrays if k.startswith(prefix)}


def spectrum_of(case, **options):
    return gamma_lyapunov_spectrum(
        case["V"].T,
        case["n"],
        case["s"],
        case["h0"],
        frame=case["Q0"],
        steps=int(case["steps"]),
        **options,
    )


def linear(matrix):
    return autonomous(matrix, lambda a: a, np.ones_like)


def relu(matrix):
    return autonomous(matrix, lambda a: np.maximum(a, 0), lambda a: (a > 0) * 1.0)


@pytest.mark.parametrize("case", CASES)
def test_spectra_are_the_published_ones(golden, case):  # Row A25
    case = published(golden, case)
    found = spectrum_of(case)
    known = case["LE_kfull"]
    clear = known > -15
    # Rounding grows by the positive exponent of the chaotic case, 2^(0.14 * 120), and
    # its strongest contractions were found from matrices of condition 1e15.
    np.testing.assert_allclose(found.exponents[clear], known[clear], rtol=0, atol=1e-7)
    np.testing.assert_allclose(found.exponents, known, rtol=2e-3)
    np.testing.assert_allclose(found.state, case["final_state"], rtol=0, atol=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_the_first_exponents_do_not_need_the_others(golden, case):  # Row A25
    case = published(golden, case)
    counts = keys(case, r"LE_k(\d+)")
    assert counts
    for count in counts:
        found = spectrum_of(case, count=int(count))
        expected = case[f"LE_k{count}"]
        np.testing.assert_allclose(found.exponents, expected, rtol=0, atol=1e-7)
        assert found.frame.shape == (len(case["V"]), int(count))


def test_one_gain_for_all_is_the_same_gain_for_each(golden):  # Row A25
    case = published(golden, "homogeneous")
    of_each = spectrum_of(case).exponents
    case["n"], case["s"] = case["n"][0], case["s"][0]
    np.testing.assert_array_equal(spectrum_of(case).exponents, of_each)


def test_networks_start_at_one_half():
    matrix = np.random.default_rng(3).normal(size=(3, 3))
    first = gamma_lyapunov_spectrum(matrix, 2.0, 0.3, steps=4, seed=1)
    same = gamma_lyapunov_spectrum(matrix, 2.0, 0.3, np.full(3, 0.5), steps=4, seed=1)
    np.testing.assert_array_equal(first.exponents, same.exponents)


def test_the_logistic_map_loses_one_bit_per_step():
    found = lyapunov_spectrum(
        lambda x: (4 * x * (1 - x), [[4 - 8 * x]]), 0.3, steps=5000
    )
    assert found.exponents[0] == pytest.approx(1, abs=0.01)


def test_the_map_of_henon_has_its_known_exponents():
    def step(state):
        x, y = state
        return (1 - 1.4 * x * x + y, 0.3 * x), [[-2.8 * x, 0.3], [1, 0]]

    found = lyapunov_spectrum(step, (0.1, 0.1), steps=5000, base=math.e)
    np.testing.assert_allclose(found.exponents, [0.419, -1.623], atol=0.02)
    assert found.exponents.sum() == pytest.approx(math.log(0.3), rel=1e-12)


def test_exponents_of_a_matrix_are_logarithms_of_its_eigenvalues():
    rng = np.random.default_rng(5)
    moduli = np.array([1.5, 0.9, 0.4, 0.1])
    basis = rng.normal(size=(4, 4))
    matrix = basis @ np.diag(moduli * [1, -1, 1, -1]) @ np.linalg.inv(basis)
    found = lyapunov_spectrum(
        linear(matrix), np.zeros(4), steps=20, burn_in=100, base=10, seed=1
    )
    np.testing.assert_allclose(found.exponents, np.log10(moduli), rtol=1e-10)
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-12)


@given(SEEDS, st.integers(1, 6))
@settings(max_examples=20)
def test_rotations_have_exponents_zero(seed, units):
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(units, units)))
    found = lyapunov_spectrum(linear(rotation), np.ones(units), steps=30, seed=seed)
    np.testing.assert_allclose(found.exponents, 0, atol=1e-13)


@given(SEEDS, st.integers(1, 6), st.floats(0.5, 30), st.floats(0, 1))
@settings(max_examples=25)
def test_exponents_add_up_to_the_logarithm_of_the_determinant(seed, units, n, s):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(units, units)) / units**0.5
    determinants = []

    def observed(state):
        state, jacobian = step(state)
        determinants.append(np.linalg.slogdet(jacobian)[1] / math.log(2))
        return state, jacobian

    step = autonomous(
        matrix, lambda a: gamma_values(a, n, s), lambda a: gamma_slopes(a, n, s)
    )
    found = lyapunov_spectrum(observed, np.full(units, 0.5), steps=40, seed=seed)
    assert found.exponents.sum() == pytest.approx(np.mean(determinants), rel=1e-8)


def test_the_tail_is_accurate_where_contraction_is_beyond_double_precision(golden):
    """What is lost of its sum in plain Householder decompositions, is 0.1 bits."""
    case = published(golden, "weakly_chaotic")
    matrix, n, s = case["V"].T, case["n"], case["s"]
    total, h = [], case["h0"]
    for _ in range(int(case["steps"])):
        total.append(np.log2(gamma_slopes(h @ matrix, n, s)).sum())
        h = gamma_values(h @ matrix, n, s)
    volume = np.mean(total) + np.linalg.slogdet(matrix)[1] / math.log(2)
    assert spectrum_of(case).exponents.sum() == pytest.approx(volume, rel=1e-9)


def test_a_unit_that_is_always_off_is_lost_and_the_others_go_on():  # Row A26
    """Quirk G17: originally it was left out of the mean, and seemed to contract less"""
    matrix = np.abs(np.random.default_rng(1).normal(size=(4, 4)))
    matrix[:, 2] *= -1  # from positive states, unit 2 gets what is negative
    found = lyapunov_spectrum(
        relu(matrix), np.ones(4), steps=30, burn_in=60, count=4, seed=1
    )
    alive = np.delete(np.delete(matrix, 2, 0), 2, 1)
    expected = np.sort(np.log2(np.abs(np.linalg.eigvals(alive))))[::-1]
    np.testing.assert_allclose(found.exponents[:3], expected, rtol=1e-6)
    assert found.exponents[3] == -np.inf
    assert np.isnan(found.standard_errors[3])
    assert np.isfinite(found.standard_errors[:3]).all()
    np.testing.assert_allclose(found.frame.T @ found.frame, np.eye(4), atol=1e-12)


def test_one_step_with_slope_zero_is_enough_to_lose_a_direction():  # Row A26
    slopes = iter([1.0, 0.0, 1.0, 1.0])
    found = lyapunov_spectrum(
        lambda h: (h, np.diag([0.5, next(slopes)])), None, steps=4, frame=np.eye(2)
    )
    np.testing.assert_array_equal(found.exponents, [-1, -np.inf])


def test_a_delay_line_loses_everything():  # Row A26
    step = linear(delay_line(5, alpha=2.0).T)
    for options in ({"frame": np.eye(5)}, {"seed": 1}, {"seed": 1, "count": 2}):
        found = lyapunov_spectrum(step, np.ones(5), steps=5, **options)
        assert (found.exponents == -np.inf).all()
    four = lyapunov_spectrum(step, np.ones(5), steps=4, seed=1)
    assert np.isfinite(four.exponents[0])
    assert (four.exponents[1:] == -np.inf).all()


def test_units_that_are_all_off_lose_everything():  # Row A26
    found = lyapunov_spectrum(relu(-np.ones((3, 3))), np.ones(3), steps=7)
    assert (found.exponents == -np.inf).all()


def test_burn_in_is_what_a_second_call_goes_on_from():  # Row A26
    matrix = np.random.default_rng(8).normal(size=(5, 5))
    step = autonomous(matrix, np.tanh, lambda a: 1 - np.tanh(a) ** 2)
    first = lyapunov_spectrum(step, np.ones(5) / 2, steps=13, seed=4)
    second = lyapunov_spectrum(step, first.state, steps=50, frame=first.frame)
    at_once = lyapunov_spectrum(step, np.ones(5) / 2, steps=50, burn_in=13, seed=4)
    np.testing.assert_array_equal(at_once.exponents, second.exponents)
    whole = lyapunov_spectrum(step, np.ones(5) / 2, steps=63, seed=4)
    np.testing.assert_allclose(
        63 * whole.exponents, 13 * first.exponents + 50 * second.exponents, rtol=1e-12
    )


@pytest.mark.parametrize("base", [math.e, 10.0, 1.5])
def test_the_base_is_that_of_the_logarithm(base):  # Row A26
    matrix = np.random.default_rng(8).normal(size=(5, 5))
    bits = gamma_lyapunov_spectrum(matrix, 3.0, 0.4, steps=30, seed=1)
    other = gamma_lyapunov_spectrum(matrix, 3.0, 0.4, steps=30, seed=1, base=base)
    for ours, theirs in (
        (other.exponents, bits.exponents),
        (other.standard_errors, bits.standard_errors),
    ):
        np.testing.assert_allclose(ours * np.log2(base), theirs, rtol=1e-12)


@given(SEEDS, st.integers(1, 7))
@settings(max_examples=20)
def test_directions_start_as_a_random_rotation(seed, units):
    still = lyapunov_spectrum(linear(np.eye(units)), np.ones(units), steps=1, seed=seed)
    assert np.linalg.det(still.frame) == pytest.approx(1)
    again = lyapunov_spectrum(linear(np.eye(units)), np.ones(units), steps=1, seed=seed)
    np.testing.assert_array_equal(still.frame, again.frame)


def test_a_driven_map_takes_its_time_along():
    inputs = np.random.default_rng(2).normal(size=300)

    def step(state):
        t, h = state
        h = np.tanh(1.5 * h + inputs[t])
        return (t + 1, h), [[1.5 * (1 - h * h)]]

    found = lyapunov_spectrum(step, (0, 0.2), steps=300)
    assert found.state[0] == 300
    h, logs = 0.2, []
    for x in inputs:
        h = np.tanh(1.5 * h + x)
        logs.append(np.log2(1.5 * (1 - h * h)))
    assert found.exponents[0] == pytest.approx(np.mean(logs), rel=1e-12)


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_standard_errors_know_of_correlation(memory):
    """Growth that is an autoregressive process: the error of its mean is known."""
    steps, units = 5000, 30
    rates = np.random.default_rng(1).normal(size=(steps, units))
    for t in range(1, steps):
        rates[t] += memory * rates[t - 1]
    found = lyapunov_spectrum(
        lambda t: (t + 1, np.diag(np.exp(rates[t]))),
        0,
        steps=steps,
        frame=np.eye(units),
        base=math.e,
    )
    np.testing.assert_allclose(found.exponents, rates.mean(axis=0), atol=1e-12)
    exact = 1 / (1 - memory) / steps**0.5
    assert np.mean(found.standard_errors) == pytest.approx(exact, rel=0.1)
    assert np.std(found.exponents) == pytest.approx(exact, rel=0.3)


def test_a_single_step_has_no_standard_error():
    for steps, known in ((1, False), (2, True)):
        found = lyapunov_spectrum(linear([[0.5]]), [1.0], steps=steps)
        assert np.isfinite(found.standard_errors[0]) == known


@given(SEEDS, st.integers(1, 6), st.integers(1, 6), st.floats(0, 0.9))
@settings(max_examples=200)
def test_the_decomposition_is_one_whatever_is_zero(seed, units, count, sparsity):
    count = min(count, units)
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(units, count)) * (rng.random((units, count)) > sparsity)
    frame, lengths = row_graded_qr(columns)
    triangle = frame.T @ columns
    np.testing.assert_allclose(frame.T @ frame, np.eye(count), atol=1e-12)
    np.testing.assert_allclose(frame @ triangle, columns, atol=1e-12)
    np.testing.assert_allclose(np.tril(triangle, -1), 0, atol=1e-12)
    np.testing.assert_allclose(np.diag(triangle), lengths, atol=1e-12)
    for j in range(count):  # what is 0 is so exactly, and only that
        before = np.linalg.matrix_rank(columns[:, :j]) if j else 0
        assert (lengths[j] > 0) == (np.linalg.matrix_rank(columns[:, : j + 1]) > before)


def test_rows_of_all_sizes_are_decomposed_accurately():
    rng = np.random.default_rng(0)
    sizes = 10.0 ** -rng.permutation(np.arange(0, 120, 10))
    square = rng.normal(size=(12, 12))
    _, lengths = row_graded_qr(sizes[:, None] * square)
    exact = np.linalg.slogdet(square)[1] + np.log(sizes).sum()
    assert np.log(lengths).sum() == pytest.approx(exact, rel=1e-13)


STEP = linear(np.eye(3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "`steps` must be an integer >= 1. Received: 0"),
        ({"burn_in": -1}, "`burn_in` must be an integer >= 0. Received: -1"),
        ({"base": 1.0}, "`base` must be above 1. Received: 1.0"),
        ({"count": 4}, "`count` must be at most 3, .* Received: 4"),
        ({"count": 0}, "`count` must be an integer >= 1. Received: 0"),
        ({"frame": np.eye(2)}, r"`frame` must have shape \(3, count\)"),
        ({"frame": 2 * np.eye(3)}, "columns of `frame` must be orthonormal"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        lyapunov_spectrum(STEP, np.ones(3), **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 3)), 1.0, 0.0), "`matrix` must be a square matrix"),
        ((np.eye(3), 0.0, 0.5), "`gain` must not be 0"),
        ((np.eye(3), [1.0, 0.0, 2.0], 0.5), "`gain` must not be 0"),
        ((np.eye(3), [1.0, 2.0], 0.5), r"`gain` must be a number or have shape \(3,\)"),
        ((np.eye(3), 1.0, np.nan), "`saturation` must be .* finite"),
        ((np.eye(3), 1.0, 0.5, np.ones(2)), r"The state must have shape \(3,\)"),
    ],
)
def test_networks_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gamma_lyapunov_spectrum(*arguments)


def test_a_map_that_diverges_is_said_to():
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="not finite"):
        lyapunov_spectrum(
            lambda x: (x * x, [[2 * x]]), np.array(2.0), steps=100, burn_in=10
        )
