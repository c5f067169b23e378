"""Adaptation index, gain scaling, and networks of isolated neurons."""

import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.analysis import adaptation_index, gain_scaling_fit, isolated
from tests.golden import keys

XI = np.array([0.5, 1, 2.5, 5, 7.5, 10, 15, 20, 30])
SEEDS = st.integers(0, 2**31)


def test_indices_are_the_published_ones(golden):  # Row A30
    arrays = golden("gamma/fracdiff")
    signals = arrays["adapting_signals"]
    expected = arrays["adaptive_index"]
    np.testing.assert_allclose(adaptation_index(signals), expected, rtol=1e-12)
    windows = keys(arrays, r"adaptive_index_even_w(\d+)")
    assert windows
    for window in windows:  # of every second sample
        expected = arrays[f"adaptive_index_even_w{window}"]
        found = adaptation_index(signals[:, ::2], int(window), start=50, stop=74)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@given(SEEDS, st.floats(1e-3, 1e3))
def test_the_index_is_between_its_ends_and_has_no_unit(seed, scale):  # Row A30
    responses = np.random.default_rng(seed).random((2, 3, 150))
    found = adaptation_index(responses)
    assert found.shape == (2, 3)
    assert (np.abs(found) <= 1).all()
    np.testing.assert_allclose(adaptation_index(scale * responses), found, rtol=1e-9)


def test_a_response_that_dies_out_or_starts_late_or_never_has_index_1_or_0():
    responses = np.zeros((4, 150))
    responses[0, 100:115] = 2
    responses[1, 134:149] = 2
    responses[2] = 7
    np.testing.assert_allclose(adaptation_index(responses), [1, -1, 0, 0], atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones(148),), r"Received: shape \(148,\), 100 to 149"),
        ((1.0,), r"`responses` must have shape \(\.\.\., time\)"),
        ((np.ones(150), 60), "hold the window of 60 steps"),
        ((np.ones(150), 0), "`window` must be an integer >= 1"),
        ((np.ones(150), 5, -10), "`start` must be an integer >= 0"),
    ],
)
def test_intervals_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        adaptation_index(*arguments)


@given(st.floats(-8, 8), st.floats(0.1, 3), st.floats(-5, 5), st.floats(0.01, 100))
@settings(max_examples=30)
def test_a_power_law_is_found(a, b, c, unit):  # Row A31
    a = a if abs(a) > 0.1 else 1.0
    xi = unit * XI
    fit = gain_scaling_fit(xi, a * (xi / unit) ** -b + c)
    np.testing.assert_allclose((fit.b, fit.c), (b, c), rtol=1e-4, atol=1e-4)
    assert fit.a == pytest.approx(a * unit**b, rel=1e-3)


@given(st.floats(-8, 8), st.floats(0.03, 2), st.floats(-5, 5), st.floats(0.01, 100))
@settings(max_examples=30)
def test_an_exponential_is_found(a, b, c, unit):  # Row A31
    a = a if abs(a) > 0.1 else 1.0
    xi = unit * XI
    fit = gain_scaling_fit(xi, a * np.exp(-b / unit * xi) + c, law="exponential")
    np.testing.assert_allclose((fit.a, fit.c), (a, c), rtol=1e-4, atol=1e-4)
    assert fit.b == pytest.approx(b / unit, rel=1e-4)


@pytest.mark.parametrize("law", ["power", "exponential"])
def test_noise_moves_a_fit_by_about_its_standard_errors(law):  # Row A31
    rng = np.random.default_rng(1)
    exact = np.array([3.0, 0.8, 2.0])
    decay = XI**-0.8 if law == "power" else np.exp(-0.8 * XI)
    deviations = []
    for _ in range(40):
        values = 3 * decay + 2 + 0.02 * rng.normal(size=len(XI))
        fit = gain_scaling_fit(XI, values, law)
        deviations.append((np.array([fit.a, fit.b, fit.c]) - exact) / fit.errors)
        np.testing.assert_allclose(fit(XI), values, atol=0.1)
    assert 0.6 < np.std(deviations) < 1.6


def test_a_fit_is_the_law_it_names():  # Row A31
    three = XI[:3]
    for law, decay in (("power", three**-0.5), ("exponential", np.exp(-0.5 * three))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = gain_scaling_fit(three, 2 * decay + 1, law)
        assert fit.law == law
        np.testing.assert_allclose(fit(three), 2 * decay + 1, rtol=1e-6)
        assert not np.isfinite(fit.errors).any()  # of three points for three unknowns


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((XI, XI[1:]), r"`amplitudes` and `values` must have shape \(points,\)"),
        (([1, 1, 2, 2], [1, 2, 3, 4]), "three different amplitudes"),
        (([0, 1, 2], [1, 2, 3]), "`amplitudes` must be positive"),
        (([1, 2, 3], [1, 2, np.nan]), "all values finite"),
        ((XI, XI, "line"), "`law` must be one of .* Received: 'line'"),
    ],
)
def test_points_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        gain_scaling_fit(*arguments)


def test_without_scipy_a_fit_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ImportError, match=r"pip install keras_nonnormal\[analysis\]"):
        gain_scaling_fit(XI, XI)


@given(SEEDS, st.integers(1, 6), st.booleans())
def test_isolated_neurons_keep_to_themselves(seed, units, one_input):  # Row A32
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(1 if one_input else units, units))
    matrix = rng.normal(size=(units, units))
    own_kernel, own_matrix = isolated(kernel, matrix)
    x, h = rng.normal(size=(2, units))
    weights = kernel[0] if one_input else np.diag(kernel)
    np.testing.assert_allclose(
        x @ own_kernel + h @ own_matrix, x * weights + h * np.diag(matrix)
    )


def test_isolating_twice_is_isolating_once():  # Row A32
    once = isolated(np.arange(4.0).reshape(1, 4), np.arange(16.0).reshape(4, 4))
    for ours, theirs in zip(isolated(*once), once, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_equal_inputs_drive_isolated_neurons_as_one_input_did():  # Row A32
    kernel = np.array([[1.0, -2.0, 3.0]])
    own, _ = isolated(kernel, np.eye(3))
    np.testing.assert_array_equal(np.full((1, 3), 0.7) @ own, 0.7 * kernel)


def test_other_kernels_are_refused():  # Row A32
    with pytest.raises(ValueError, match=r"`kernel` must have shape \(1, 3\) or"):
        isolated(np.ones((2, 3)), np.eye(3))
    with pytest.raises(ValueError, match="`matrix` must be a square matrix"):
        isolated(np.ones((1, 3)), np.ones((3, 2)))
