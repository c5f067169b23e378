"""Rows A2 to A4 and A8: closed forms of linear memory, S1 to S10 and S16."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.analysis import (
    delay_line,
    fisher_memory_curve,
    fisher_memory_matrix,
    henrici_index,
    memory_function,
    memory_networks,
    noise_covariance,
    signal_norms,
    spatial_memory,
    total_memory,
)
from tests.golden import cases, keys, number

N = 100


def chain(n, alpha):
    return delay_line(n, alpha)


def fbchain(n, beta, forward=0.99):
    return forward * np.eye(n, k=-1) + beta * np.eye(n, k=1)


def orthogonal(n, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))[0]


@pytest.mark.parametrize("tag", cases("nonnormal_init/linear_memory", r"(\w+)__W"))
def test_linear_memory_is_that_of_the_reference(golden, tag):  # Rows A2 and A4
    arrays = golden("nonnormal_init/linear_memory")
    given = {part: arrays[f"{tag}__{part}"] for part in keys(arrays, rf"{tag}__(\w+)")}
    matrix, source, steps = given["W"], given["v"], len(given["J"])
    horizon = int(given["horizon"]) if "horizon" in given else None
    past = {"source": source, "horizon": horizon}
    # Both sides are rounded; C of the feedback chains has condition numbers of 1e4.
    close = {"rtol": 1e-9, "atol": 1e-12}
    curve = fisher_memory_curve(matrix, steps, **past)
    np.testing.assert_allclose(curve, given["J"], **close)
    first = fisher_memory_matrix(matrix, len(given["FMM"]), **past)
    np.testing.assert_allclose(first, given["FMM"], **close)
    covariance = noise_covariance(matrix, horizon=horizon)
    np.testing.assert_allclose(covariance, given["C"], **close)
    norms = signal_norms(matrix, steps, source)
    np.testing.assert_allclose(norms, given["signal_norm"], **close)
    if horizon is None:
        spatial = spatial_memory(matrix)
        np.testing.assert_allclose(spatial, given["spatial_FMM"], **close)
        assert total_memory(matrix, None, source) == pytest.approx(given["Jtot"])


def test_memory_functions_are_those_of_the_reference(golden):  # Row A3
    arrays = golden("nonnormal_init/linear_memory")
    chains = keys(arrays, r"chain_a(\w+)__W")
    feedback = keys(arrays, r"fbchain_b(\w+)__W")
    (horizon,) = keys(arrays, r"orth_1_horizon(\d+)__W")
    tags = {
        "chain": f"chain_a{chains[len(chains) // 2]}",  # the gain in the middle
        "fbchain": f"fbchain_b{feedback[0]}",
        "orth": f"orth_1_horizon{horizon}",
    }
    functions = keys(arrays, r"memfun_(\w+)_s2_(\w+)")
    assert functions
    for system, variance in functions:
        matrix, source = (arrays[f"{tags[system]}__{part}"] for part in "Wv")
        found = memory_function(matrix, source, noise_variance=number(variance))
        expected = arrays[f"memfun_{system}_s2_{variance}"]
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.99, 1.02, 2.0])
def test_a_chain_keeps_an_input_until_its_end(alpha):  # S1, S3
    norms = signal_norms(chain(N, alpha), N + 3)
    np.testing.assert_allclose(norms[:N], alpha ** np.arange(N), rtol=1e-12)
    assert (norms[N:] == 0).all()
    power = np.linalg.matrix_power(chain(9, alpha), 4)
    assert np.linalg.norm(power, 2) == pytest.approx(alpha**4)
    assert np.linalg.norm(power) == pytest.approx(alpha**4 * np.sqrt(5))


def test_powers_of_a_chain_with_a_diagonal_are_binomial():  # S2
    power = np.linalg.matrix_power(delay_line(5, 0.5, d=0.8), 3)
    expected = [0.8**3, 3 * 0.8**2 * 0.5, 3 * 0.8 * 0.5**2, 0.5**3, 0]
    np.testing.assert_allclose(power[:, 0], expected, rtol=1e-14)


@pytest.mark.parametrize("alpha", [0.99, 1.0, 1.05, 2.0])
def test_memory_of_a_chain_in_closed_form(alpha):  # S4, S16
    growth = alpha ** (2.0 * np.arange(N))
    noise = np.cumsum(growth)
    matrix = fisher_memory_matrix(chain(N, alpha), N + 5)
    np.testing.assert_allclose(np.diag(matrix)[:N], growth / noise, rtol=1e-12)
    assert np.abs(matrix - np.diag(np.diag(matrix))).max() < 1e-13
    assert (np.diag(matrix)[N:] == 0).all()
    found = memory_function(chain(N, alpha), noise_variance=0.01)
    np.testing.assert_allclose(found, growth / (growth + 0.01 * noise), rtol=1e-10)


def test_total_memory_of_chains():  # S5
    published = [4.3909, 5.1874, 6.2811, 7.6060, 9.0589, 10.5661, 12.0873]
    gains = [0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05]
    found = [total_memory(chain(N, alpha), None) for alpha in gains]
    np.testing.assert_allclose(found, published, atol=5e-5)
    assert total_memory(chain(N, 2.0), None) == pytest.approx(75.3158, abs=5e-5)
    assert total_memory(chain(50, 10.0), None) == pytest.approx(49.5101, abs=5e-5)


def test_total_memory_and_transients_of_feedback_chains():  # S6, S12
    published = [
        *((4.4576, 1.0, 0), (4.6526, 1.208, 99), (4.9578, 2.932, 101)),
        *((5.3460, 7.547, 103), (5.7931, 20.37, 105), (6.2833, 58.11, 109)),
        (6.8068, 173.99, 111),
    ]
    for hundredths, (total, peak, when) in enumerate(published, start=1):
        matrix = fbchain(N, 0.01 * hundredths)
        assert total_memory(matrix, None) == pytest.approx(total, abs=5e-5)
        norms = signal_norms(matrix, 200)
        assert norms.argmax() == when
        assert norms.max() == pytest.approx(peak, rel=5e-4)
    assert signal_norms(fbchain(5, 0.04), 50).max() == 1.0
    assert signal_norms(fbchain(25, 0.04), 50).max() == pytest.approx(1.12, abs=5e-3)


@given(st.integers(0, 1000), st.floats(0.05, 0.95))
def test_a_normal_network_remembers_1_in_all(seed, radius):  # S7, S8
    square = np.random.default_rng(seed).normal(size=(6, 6))
    source = np.random.default_rng(seed + 1).normal(size=6)
    for matrix in (square + square.T, square - square.T, orthogonal(6, seed)):
        stable = radius * matrix / np.linalg.norm(matrix, 2)
        assert total_memory(stable, None, source) == pytest.approx(source @ source)
        # A horizon leaves as much to a network that does not forget.
        assert total_memory(stable / radius, None, source, horizon=30) == pytest.approx(
            source @ source
        )


def test_memory_of_all_sources_together_is_the_number_of_units():  # S9
    for matrix in (chain(N, 1.05), fbchain(N, 0.07), 0.9 * orthogonal(N)):
        assert np.trace(spatial_memory(matrix)) == pytest.approx(N, rel=1e-11)
    # C has a condition number of 1e25 here, and that of its factor is 1e12.
    assert np.trace(spatial_memory(fbchain(N, 0.21))) == pytest.approx(N, rel=1e-5)
    _, vectors = np.linalg.eigh(spatial_memory(chain(N, 1.02)))
    assert abs(vectors[0, -1]) == pytest.approx(1)


def test_a_chain_that_is_entered_at_its_end_remembers_next_to_nothing():  # S10
    for alpha, expected in ((1.0, 0.01), (1.02, 7.847e-4)):
        curve = fisher_memory_curve(chain(N, alpha).T, N)
        assert curve[0] == pytest.approx(expected, rel=1e-4)
        assert (curve[1:] == 0).all()


def test_a_noisy_chain_can_be_read_better_than_an_orthogonal_network():  # S16
    sums = {
        alpha: memory_function(chain(N, alpha), noise_variance=0.01).sum()
        for alpha in (1.0, 1.02)
    }
    assert sums == pytest.approx({1.0: 69.07, 1.02: 83.94}, abs=5e-3)
    source = np.random.default_rng(3).normal(size=N)
    source /= np.linalg.norm(source)
    normal = memory_function(orthogonal(N), source, noise_variance=0.01)
    assert 34 < normal.sum() < 39


def test_memory_is_in_proportion_to_signal_over_noise():  # Row A2
    matrix = fbchain(12, 0.1)
    one, four = (fisher_memory_curve(matrix, noise_variance=v) for v in (1.0, 4.0))
    np.testing.assert_allclose(one, 4 * four, rtol=1e-12)
    np.testing.assert_allclose(spatial_memory(matrix, 4.0) * 4, spatial_memory(matrix))
    same = memory_function(matrix, noise_variance=0.5, signal_variance=2.0)
    np.testing.assert_allclose(same, memory_function(matrix, noise_variance=0.25))


def test_a_long_horizon_is_for_ever():  # Row A2
    matrix = fbchain(8, 0.1)
    for horizon in (1000, 1001):  # one bit and many in its binary form
        found = noise_covariance(matrix, horizon=horizon)
        np.testing.assert_allclose(found, noise_covariance(matrix), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noise_covariance(np.eye(3)), r"radius below 1.*give a `horizon`"),
        (lambda: noise_covariance(9 * np.eye(3), horizon=999), "overflow within 999"),
        (lambda: total_memory(np.eye(3), horizon=0), "`horizon` must be an integer"),
        (lambda: total_memory(fbchain(N, 0.2525), None), "not positive definite"),
        (lambda: memory_function(np.eye(3), noise_variance=0), "must be positive"),
        (lambda: signal_norms(np.eye(3), source=[1, 0]), "`source` must have shape"),
    ],
)
def test_what_has_no_answer_is_refused(call, message):  # Row A8
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=message):
            call()


def test_two_of_the_compared_networks_are_normal():
    networks = memory_networks(12, seed=3)
    normal = {
        kind: henrici_index(matrix) < 1e-6 for kind, (matrix, _) in networks.items()
    }
    assert normal == {
        "identity": True,
        "orthogonal": True,
        "chain": False,
        "fbchain": False,
    }
    q, source = networks["orthogonal"]
    np.testing.assert_allclose(q @ q.T, np.eye(12), atol=1e-12)
    assert np.linalg.norm(source) == pytest.approx(1)
