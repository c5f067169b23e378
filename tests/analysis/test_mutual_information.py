"""Mutual information: published estimates, known values, ties, laws."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from keras_nonnormal.analysis import ksg, mixed_ksg, partition_mutual_information
from tests.golden import cases

SEEDS = st.integers(0, 2**31)
ESTIMATORS = [mixed_ksg, ksg, partition_mutual_information]


def gaussians(correlation, samples, seed=0):
    x, e = np.random.default_rng(seed).normal(size=(2, samples))
    return x, correlation * x + math.sqrt(1 - correlation**2) * e


@pytest.mark.parametrize(
    ("samples", "k"), cases("gamma/mutual_information", r"(\w+)_mixedksg_k(\d+)")
)
def test_mixed_estimates_are_the_published_ones(golden, samples, k):  # Row A28
    arrays = golden("gamma/mutual_information")
    found = mixed_ksg(arrays[f"{samples}_x"], arrays[f"{samples}_y"], int(k))
    # Sums of digammas in another order.
    assert found == pytest.approx(float(arrays[f"{samples}_mixedksg_k{k}"]), abs=1e-12)


@pytest.mark.parametrize(
    ("samples", "k"), cases("gamma/mutual_information", r"(\w+)_ksg_k(\d+)")
)
def test_classical_estimates_are_the_published_ones(golden, samples, k):  # Row A28
    arrays = golden("gamma/mutual_information")
    found = ksg(arrays[f"{samples}_x"], arrays[f"{samples}_y"], int(k))
    assert found == pytest.approx(float(arrays[f"{samples}_ksg_k{k}"]), abs=1e-12)


@pytest.mark.parametrize(
    ("samples", "bins"), cases("gamma/mutual_information", r"(\w+)_partitioning(\d+)")
)
def test_partition_estimates_are_the_published_ones(golden, samples, bins):  # Row A28
    arrays = golden("gamma/mutual_information")
    x, y = arrays[f"{samples}_x"], arrays[f"{samples}_y"]
    found = partition_mutual_information(x, y, bins=int(bins))
    expected = arrays[f"{samples}_partitioning{bins}"]
    assert found == pytest.approx(float(expected), abs=1e-12)


def test_five_neighbours_and_eight_bins_are_the_defaults():
    x, y = gaussians(0.5, 100)
    assert mixed_ksg(x, y) == mixed_ksg(x, y, 5)
    assert ksg(x, y) == ksg(x, y, 5)
    assert partition_mutual_information(x, y) == partition_mutual_information(x, y, 8)


def by_definition(x, y, k):
    """The specification's formula, sample by sample."""
    gaps = [np.abs(a[:, None] - a[None]).max(axis=2) for a in (x, y)]
    joint, terms = np.maximum(*gaps), []
    for i in range(len(x)):
        radius, k_i = np.sort(joint[i])[k], k
        if radius == 0:
            radius, k_i = 1e-15, np.sum(joint[i] <= 1e-15)
        else:
            radius -= 1e-15
        counts = [np.sum(gap[i] <= radius) for gap in gaps]
        terms.append(digamma(k_i) - digamma(counts).sum())
    return np.log(len(x)) + np.mean(terms)


@given(SEEDS, st.integers(1, 6), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=30)
def test_the_estimate_is_that_of_the_definition(seed, k, x_width, y_width):  # Row A28
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, size=(40, x_width)).astype(float)
    y = x[:, :1] + rng.normal(size=(40, y_width)) * (rng.random((40, 1)) < 0.5)
    assert mixed_ksg(x, y, k) == pytest.approx(by_definition(x, y, k), abs=1e-12)


@pytest.mark.parametrize("estimator", [mixed_ksg, ksg])
@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_estimates_of_gaussians_are_near_the_truth(estimator, correlation):
    truth = -0.5 * math.log(1 - correlation**2)
    found = estimator(*gaussians(correlation, 4000))
    assert found == pytest.approx(truth, abs=0.05)


def test_states_of_many_units_know_what_their_input_says():
    x = np.random.default_rng(1).integers(0, 4, 2000).astype(float)
    states = x[:, None] * [1.0, -2.0, 0.5]
    assert mixed_ksg(x, states) == pytest.approx(math.log(4), abs=0.01)
    assert partition_mutual_information(x, states) == pytest.approx(
        math.log(4), abs=0.01
    )


def test_a_mixture_of_discrete_and_continuous_is_near_the_truth():
    """A uniform integer below 5, and it plus a uniform number below 2 (Gao et al.)."""
    rng = np.random.default_rng(2)
    x = rng.integers(0, 5, 4000).astype(float)
    truth = math.log(5) - 4 / 5 * math.log(2)
    assert mixed_ksg(x, x + rng.uniform(0, 2, 4000)) == pytest.approx(truth, abs=0.05)


def test_noise_parts_what_coincides():  # Row A28
    x = np.random.default_rng(3).integers(0, 3, 600).astype(float)
    found = ksg(x, x, noise=0.01, seed=1)
    assert found == pytest.approx(math.log(3), abs=0.1)
    assert ksg(x, x, noise=0.01, seed=1) == found
    assert ksg(x, x, noise=0.01, seed=2) != found


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(SEEDS)
@settings(max_examples=10)
def test_neither_order_nor_roles_nor_units_matter(estimator, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, 2)), rng.integers(0, 3, size=(60, 1)).astype(float)
    found = estimator(x, y)
    order = rng.permutation(60)
    assert estimator(x[order], y[order]) == pytest.approx(found, abs=1e-12)
    assert estimator(y, x) == pytest.approx(found, abs=1e-12)
    # Powers of two, which round nothing; 1e-15 has its say below 2^-40 or so.
    assert estimator(2.0**20 * x, 2.0**20 * y) == pytest.approx(found, abs=1e-12)


def test_coinciding_samples_are_found_at_any_scale():
    x = np.random.default_rng(4).integers(0, 3, 300) * 1e9
    assert mixed_ksg(x, x) == pytest.approx(math.log(3), abs=0.01)


@given(SEEDS, st.integers(1, 9), st.integers(1, 2))
@settings(max_examples=30)
def test_partitions_know_no_more_than_either_variable(seed, bins, features):
    """Quirk G22: cells of several features are told apart as well."""
    x, y = np.random.default_rng(seed).normal(size=(2, 50, features))
    found = partition_mutual_information(x, y, bins)
    own = partition_mutual_information(x, x, bins)
    assert -1e-12 <= found <= own + 1e-12
    assert own <= features * math.log(bins) + 1e-12


def test_a_constant_says_nothing():
    x = np.random.default_rng(5).normal(size=50)
    assert partition_mutual_information(x, np.ones(50)) == 0
    assert mixed_ksg(x, np.ones(50)) == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones(5), np.ones(6), r"`x` and `y` must have shapes .*\(5,\) and \(6,\)"),
        (np.ones((5, 1, 1)), np.ones(5), "`x` and `y` must have shapes"),
        (np.ones(0), np.ones(0), "`x` and `y` must have shapes"),
        (np.ones(9), np.full(9, np.nan), "`x` and `y` must be finite"),
    ],
)
def test_samples_that_make_no_sense_are_refused(estimator, x, y, message):
    with pytest.raises(ValueError, match=message):
        estimator(x, y)


def test_options_that_make_no_sense_are_refused():
    x, y = gaussians(0.5, 5)
    with pytest.raises(ValueError, match="`k` must be below the number of samples, 5"):
        mixed_ksg(x, y, 5)
    with pytest.raises(ValueError, match=r"`k` must be an integer >= 1\. Received: 0"):
        ksg(x, y, 0)
    with pytest.raises(ValueError, match=r"`noise` must not be negative\. Received"):
        ksg(x, y, 2, noise=-0.1)
    with pytest.raises(ValueError, match="`bins` must be an integer >= 1"):
        partition_mutual_information(x, y, 0)


def test_without_scipy_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.spatial", None)
    x, y = gaussians(0.5, 10)
    with pytest.raises(ImportError, match=r"keras_nonnormal\[analysis\]"):
        mixed_ksg(x, y)
    assert partition_mutual_information(x, y) >= 0
