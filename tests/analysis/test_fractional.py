"""Fractional derivatives, and the order of responses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.analysis import (
    StepProtocol,
    frac_diff,
    frac_int,
    frac_order,
)
from tests.golden import keys

SEEDS = st.integers(0, 2**31)
NEURON_ORDERS = np.linspace(-1, 1, 100)


def noise(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def without_mean(signals):
    return signals - signals.mean(axis=-1, keepdims=True)


def test_derivatives_are_the_published_ones(golden):  # Row A29
    arrays = golden("gamma/fracdiff")
    for i, order in enumerate(arrays["alphas"]):
        # An FFT of real numbers and one of complex ones; integrals are up to 4000.
        np.testing.assert_allclose(
            frac_diff(arrays["signals"], order),
            arrays["fracdiff"][:, i].real,
            rtol=0,
            atol=1e-12 * np.abs(arrays["fracdiff"][:, i]).max(),
        )


def test_the_inverse_is_the_published_one(golden):  # Row A29
    arrays = golden("gamma/fracdiff")
    orders = keys(arrays, r"fracint_of_fracdiff_a([-.\d]+)")
    assert orders
    for text in orders:
        order, expected = float(text), arrays[f"fracint_of_fracdiff_a{text}"].real
        found = frac_int(frac_diff(arrays["signals"], order), order)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@given(SEEDS, st.integers(1, 40), st.floats(-0.95, 0.95))
def test_the_integral_of_a_derivative_lacks_only_the_mean(seed, steps, order):  # A29
    signals = noise(seed, 2, steps)
    np.testing.assert_allclose(
        frac_int(frac_diff(signals, order), order), without_mean(signals), atol=1e-9
    )


@given(SEEDS, st.integers(0, 20), st.floats(-3, 3))
def test_any_order_can_be_undone_in_an_odd_number_of_steps(seed, half, order):
    signals = noise(seed, 2 * half + 1)
    np.testing.assert_allclose(
        frac_int(frac_diff(signals, order), order),
        without_mean(signals),
        atol=1e-7,
    )


@pytest.mark.parametrize("order", [-1.0, 1.0, 3.0])
def test_what_alternates_has_no_derivative_of_odd_order(order):
    alternating = np.array([1.0, -1.0] * 4)
    np.testing.assert_allclose(frac_diff(alternating, order), 0, atol=1e-13)
    np.testing.assert_allclose(frac_int(alternating, order), 0, atol=1e-13)


@given(SEEDS, st.integers(0, 20), st.floats(-2, 2), st.floats(-2, 2))
def test_orders_add_up(seed, half, first, second):  # Row A29
    signals = noise(seed, 2 * half + 1)
    np.testing.assert_allclose(
        frac_diff(frac_diff(signals, first), second),
        frac_diff(signals, first + second),
        atol=1e-9 * 50 ** max(0, abs(first) + abs(second) - 1),
    )


@given(SEEDS, st.integers(1, 40))
def test_order_zero_removes_the_mean(seed, steps):  # Row A29
    signals = noise(seed, steps)
    for law in (frac_diff, frac_int):
        np.testing.assert_allclose(law(signals, 0), without_mean(signals), atol=1e-13)


@given(st.floats(-2, 2), st.integers(1, 24))
def test_waves_are_scaled_and_shifted(order, cycles):
    """D^a sin(wt) = w^a sin(wt + a pi/2)."""
    t, w = np.arange(50), 2 * np.pi * cycles / 50
    np.testing.assert_allclose(
        frac_diff(np.sin(w * t), order),
        w**order * np.sin(w * t + order * np.pi / 2),
        atol=1e-11,
    )


def test_scores_are_the_published_ones(golden):  # Row A30
    arrays = golden("gamma/fracdiff")
    found = frac_order(arrays["signals"], arrays["xi"], arrays["order_grid"])
    np.testing.assert_allclose(found.scores, arrays["order_mse"], rtol=1e-10)


def test_orders_of_populations_are_the_published_ones(golden):  # Row A30
    arrays = golden("gamma/fracdiff")
    found = frac_order(arrays["signals"], arrays["xi"])
    assert found.pooled == pytest.approx(float(arrays["order_alpha_star"]), abs=1e-12)
    np.testing.assert_allclose(found.each, arrays["order_alpha_per_signal"], atol=1e-12)


def test_orders_of_neurons_are_the_published_ones(golden):  # Row A30
    arrays = golden("gamma/fracdiff")
    found = frac_order(arrays["signals"], arrays["xi"][-1], NEURON_ORDERS)
    np.testing.assert_allclose(found.each, arrays["order_neuron_alpha"], atol=1e-12)


@pytest.mark.parametrize("steps", [150, 300])
@pytest.mark.parametrize("order", [-0.4, 0.0, 0.25, 0.7])
def test_the_order_of_an_integral_of_the_drive_is_found(steps, order):  # Row A30
    protocol = StepProtocol.of_length(steps, baseline=0.0)
    xi = np.array([0.5, 5.0, 30.0])
    responses = frac_int(protocol.target(steps, xi), order)
    grid = np.linspace(-1, 1, 201)
    found = frac_order(responses, xi, grid, protocol)
    assert found.pooled == pytest.approx(order, abs=1e-9)
    np.testing.assert_allclose(found.each, order, atol=1e-9)
    np.testing.assert_allclose(found.scores.min(axis=-1), 0, atol=1e-15)


def test_protocols_are_the_published_ones():  # Row A30
    short = StepProtocol.of_length(150)
    assert short == StepProtocol()
    drive = short.target(150, 5.0)
    assert set(np.flatnonzero(drive == 5.8)) == set(range(51, 100))
    assert (np.delete(drive, range(51, 100)) == 0.8).all()
    long = StepProtocol.of_length(300, baseline=0.0)
    assert (long.window, long.anchor) == ((80, 220), 25)
    assert set(np.flatnonzero(long.target(300, 1.0))) == set(range(101, 200))


def test_other_drives_and_runs_can_be_looked_at():
    drive = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0], 13)  # 65 steps
    protocol = StepProtocol(window=(5, 60), anchor=2)
    found = frac_order(frac_int(drive, 0.3), 1.0, protocol=protocol, target=drive)
    assert found.each == pytest.approx(0.3)


@given(SEEDS)
@settings(max_examples=5)
def test_neurons_do_not_depend_on_one_another(seed):
    responses = noise(seed, 2, 3, 150)
    whole = frac_order(responses, 2.0, NEURON_ORDERS).each
    assert whole.shape == (2, 3)
    for index in np.ndindex(2, 3):
        assert frac_order(responses[index], 2.0, NEURON_ORDERS).each == whole[index]


@pytest.mark.parametrize("law", [frac_diff, frac_int])
@pytest.mark.parametrize("signals", [1.0, np.ones((3, 0))])
def test_signals_without_steps_are_refused(law, signals):
    with pytest.raises(ValueError, match=r"`signals` must have shape \(\.\.\., time\)"):
        law(signals, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 150)), np.ones(3)), r"of shape \(\.\.\.\)\. Received: shapes"),
        ((1.0, 1.0), r"`responses` must have shape \(\.\.\., time\)"),
        ((np.ones(149), 1.0), "Runs of 150 and 300 steps .* Received: 149 steps"),
        ((np.ones(150), 1.0, []), r"`orders` must have shape \(orders,\)"),
        (
            (np.ones(100), 1.0, None, StepProtocol()),
            "`window` and `anchor` must be within the 100 steps",
        ),
    ],
)
def test_runs_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        frac_order(*arguments)
