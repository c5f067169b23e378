"""Where exp-alpha contracts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from keras_nonnormal.analysis import contracting_interval, exp_alpha_response

LOW, HIGH = contracting_interval()


def slope(u):
    return exp_alpha_response(u, 1.0)[1]


def test_the_interval_ends_where_lamberts_function_says():
    assert pytest.approx(1 - lambertw(2 * np.e).real, abs=1e-15) == LOW
    assert HIGH == 1


def test_slopes_at_the_ends_at_zero_and_at_the_top():
    np.testing.assert_allclose(slope([LOW, 0, HIGH]), [-1, 0, 1], atol=1e-14)
    assert slope(2.0) == pytest.approx(1 + np.exp(-2))
    assert slope(np.linspace(-50, 50, 100_001)).max() <= slope(2.0)


@given(st.floats(-30, 30), st.floats(0.01, 10))
def test_it_contracts_inside_the_interval_and_nowhere_else(u, alpha):
    _, there = exp_alpha_response(u / alpha, alpha)
    if LOW + 1e-9 < u < HIGH - 1e-9:
        assert abs(there) < 1
    elif u < LOW - 1e-9 or u > HIGH + 1e-9:
        assert abs(there) > 1


def test_values_and_slopes_are_the_published_ones(golden):  # Row S8
    arrays = golden("stair/expalpha_activation")
    x, alpha = arrays["x"], arrays["alpha"][:, None]
    value, there = exp_alpha_response(x, alpha)
    np.testing.assert_allclose(value, arrays["y__none"], rtol=1e-12)
    np.testing.assert_allclose(there, arrays["dydx__none"], rtol=1e-10, atol=1e-15)
