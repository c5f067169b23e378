"""LSC row 61: how radii at several time steps depend on one another."""

import itertools

import numpy as np
import pytest
from scipy import stats

from keras_nonnormal.analysis import covariance_decay, interactions


def test_interactions_of_all_orders(golden):  # LSC row 61
    stored = golden("lsc/interaction")
    found = interactions(stored["deviations"], stored["orders"])
    np.testing.assert_allclose(found, stored["interaction"], rtol=1e-13)


def test_interactions_are_sums_over_all_choices_of_steps():  # LSC row 61
    deviations = np.random.default_rng(0).normal(size=(4, 7))
    expected = [
        abs(sum(deviations[:, c].prod(axis=1).mean() for c in _choices(7, order)))
        for order in (7, 1, 3)
    ]
    found = interactions(deviations, (7, 1, 3))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert not interactions(deviations, (8,)).any()


def _choices(steps, order):
    return map(list, itertools.combinations(range(steps), order))


def test_covariance_decays_as_of_scipy():  # LSC row 61
    rng = np.random.default_rng(1)
    radii = np.cumsum(rng.normal(size=(30, 8)), axis=1)
    radii[:, 5] = 3.0
    found = covariance_decay(radii, drop=2)
    np.testing.assert_array_equal(found.steps, [3, 4, 5, 6, 7])
    for place, step in enumerate(found.steps):
        covariance = np.cov(radii[:, 2], radii[:, step])[0, 1]
        assert found.covariance[place] == pytest.approx(covariance, abs=1e-15)
        if step == 5:  # constant
            assert np.isnan([found.correlation[place], found.p_value[place]]).all()
            continue
        expected = stats.pearsonr(radii[:, 2], radii[:, step])
        assert found.correlation[place] == pytest.approx(expected.statistic, rel=1e-12)
        assert found.p_value[place] == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interactions(np.ones(3)), r"shape \(batch, time\)"),
        (lambda: interactions(np.ones((2, 3)), (0,)), "`orders` must be an integer"),
        (lambda: covariance_decay(np.ones((2, 9))), "3 samples"),
        (lambda: covariance_decay(np.ones((5, 4)), drop=3), "2 steps beyond"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
