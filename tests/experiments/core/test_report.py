"""Mean and deviation of repeats."""

import math

import pytest

from experiments.core.report import Mean


def test_the_deviation_has_n_minus_1_in_the_divisor():
    found = Mean.of([1.0, 2.0, 6.0])
    assert (found.mean, found.count) == (3.0, 3)
    assert found.deviation == pytest.approx(math.sqrt(7))
    assert found.error == pytest.approx(math.sqrt(7 / 3))
    assert found.text(2) == "3.00 ± 2.65 (n = 3)"


def test_a_single_repeat_has_no_deviation():
    assert Mean.of([0.5]) == Mean(0.5, 0.0, 1)
    assert Mean.of([0.5]).text(3) == "0.500"


@pytest.mark.parametrize("worst", [math.inf, math.nan])
def test_a_repeat_that_is_not_finite_is_not_left_out(worst):
    found = Mean.of([0.5, worst])
    assert not math.isfinite(found.mean)
    assert math.isnan(found.deviation)
