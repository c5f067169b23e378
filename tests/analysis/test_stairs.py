"""What a stair does to gradients: the table of its running products, and its bound."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.activations import stair_heights
from keras_nonnormal.activations.schedules import SCHEDULES
from keras_nonnormal.analysis import gradient_bounds, running_products
from tests.golden import keys

# Of sizes whose products are not subnormal.
sizes = st.floats(1e-3, 1)
heights = st.lists(
    st.just(0.0) | sizes | sizes.map(lambda size: -size), min_size=1, max_size=30
)


def products(schedule, steps):
    return running_products(stair_heights(schedule, np.arange(float(steps))))


# Digits as they are in the table.
@pytest.mark.parametrize(
    ("schedule", "after_220", "after_784", "digits"),
    [
        ("expn", 0.798, 0.798, 1e-3),
        ("n2", 0.50226, 0.50064, 1e-5),
        ("n", 4.525e-3, 1.274e-3, 1e-3),
        ("log2n", 2.3e-22, 4.6e-61, 3e-2),
        ("logn", -2.7e-28, -7.8e-72, 3e-2),
        ("sqrtlogn", 1.2e-65, 3.8e-192, 3e-2),
    ],
)
def test_running_products_are_those_of_the_table(
    schedule, after_220, after_784, digits
):
    found = products(schedule, 784)
    np.testing.assert_allclose(found[[219, 783]], [after_220, after_784], rtol=digits)


def test_only_two_schedules_keep_a_gradient_for_ever():
    assert products("expn", 2000)[-1] == pytest.approx(0.79799438, abs=5e-9)
    assert products("n2", 10**6)[-1] == pytest.approx(0.5, abs=1e-6)


@given(st.integers(1, 3000))
def test_products_of_the_rational_schedules_have_closed_forms(steps):
    assert products("n", steps)[-1] == pytest.approx(1 / (steps + 1), rel=1e-12)
    exact = (steps + 2) / (2 * (steps + 1))
    assert products("n2", steps)[-1] == pytest.approx(exact, rel=1e-12)


def test_products_are_the_published_ones(golden):  # Row S1
    arrays = golden("stair/rho")
    tokens = keys(arrays, r"cumprod__((?!none)\w+)")
    assert tokens
    for token in tokens:
        found = products(token, len(arrays["j"]))
        np.testing.assert_allclose(found, arrays[f"cumprod__{token}"], rtol=1e-12)


def test_products_that_double_precision_cannot_hold_are_zero():
    """A factor above 1/2 leaves the smallest number as it is."""
    assert (np.cumprod(np.full(3000, 0.6)) > 0).all()
    assert running_products(np.full(3000, 0.6))[-1] == 0
    assert gradient_bounds(np.full(3000, -0.6))[0] == 0


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_bound_of_the_first_state_is_the_product_of_all_later_factors(schedule):
    rho = stair_heights(schedule, np.arange(50.0))
    expected = abs(running_products(rho)[-1] / rho[0])
    assert gradient_bounds(rho)[0] == pytest.approx(expected, rel=1e-12)


@given(heights)
def test_bounds_never_fall_and_end_at_one(rho):
    bounds = gradient_bounds(rho)
    assert bounds.shape == (len(rho),)
    assert bounds[-1] == 1
    assert (np.diff(bounds) >= 0).all()


@given(heights, st.integers(0, 2**32 - 1))
def test_orthogonal_matrices_stay_within_the_bound_and_attain_it(rho, seed):
    """The chain of Jacobians, rho diag(slope) V, of slopes up to 1 and of 1."""
    rng = np.random.default_rng(seed)
    v, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    slopes = rng.uniform(-1, 1, size=(len(rho), 4))
    chain = linear = np.eye(4)
    bounds = gradient_bounds(rho)
    for t in reversed(range(len(rho) - 1)):
        chain = chain @ (rho[t + 1] * slopes[t + 1][:, None] * v)
        linear = linear @ (rho[t + 1] * v)
        assert np.linalg.norm(chain, 2) <= bounds[t] * (1 + 1e-12)
        assert math.isclose(
            np.linalg.norm(linear, 2), bounds[t], rel_tol=1e-12, abs_tol=1e-300
        )


@pytest.mark.parametrize("law", [running_products, gradient_bounds])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_other_shapes_are_refused(law, shape):
    with pytest.raises(ValueError, match=r"`heights` must have shape \(time,\)"):
        law(np.ones(shape))
