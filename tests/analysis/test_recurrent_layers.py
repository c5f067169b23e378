"""Rows A5 to A7: delayed reconstruction, and weights in the order of peaks; S17."""

import keras
import numpy as np
import pytest

from keras_nonnormal import NNRNN, Chain, FusedLSTM, FusedSimpleRNN, MinGRU, Stair
from keras_nonnormal.analysis import (
    delay_line,
    delayed_reconstruction,
    henrici_index,
    layer_henrici_indices,
    layer_spectra,
    layer_states,
    learned_heights,
    peak_order,
    peak_order_profiles,
    pulse_response,
    recurrent_matrices,
    schur_matrix,
    states_after,
    weight_profile,
)
from tests.analysis.test_memory_theory import fbchain, orthogonal
from tests.golden import cases


@pytest.mark.parametrize("system", ["chain1", "fbchain", "orth"])
def test_reconstruction_is_that_of_the_reference(golden, system):  # Row A5
    arrays = golden("nonnormal_init/decoding")
    signals, fitted = arrays["signals"], int(arrays["n_fit"])
    n = signals.shape[1]
    if system == "orth":
        matrix, source = arrays["orth_W"], arrays["orth_v"]
    else:
        # The gains are in no key: states are linear in the signals, and what is left
        # of a pulse after one and two steps is alpha in unit 1, alpha beta in unit 0.
        states = arrays[f"state_{system}_linear"]
        pulses, *_ = np.linalg.lstsq(signals.astype(float), states)
        alpha = round(pulses[-2, 1], 6)
        beta = round(pulses[-3, 0] / alpha, 6)
        matrix, source = fbchain(n, beta, alpha), None
    elu = lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))  # noqa: E731
    for kind, activation in (("linear", None), ("elu", elu), ("linear_noise", None)):
        states = arrays[f"state_{system}_{kind}"]
        if kind != "linear_noise":
            found = states_after(matrix, signals, source, activation=activation)
            np.testing.assert_allclose(found, states, rtol=1e-9, atol=1e-12)
        scores = delayed_reconstruction(states, signals, fitted)
        # Least squares of states that differ by rounding.
        np.testing.assert_allclose(scores, arrays[f"r2_{system}_{kind}"], atol=1e-6)


def test_noise_costs_the_orthogonal_network_more():  # Row A5, S17
    n = 40
    signals = np.random.default_rng(0).normal(size=(400, n))
    source = np.random.default_rng(1).normal(size=n)
    networks = {
        "chain": (delay_line(n, 1.0), None),
        "orthogonal": (orthogonal(n), source / np.linalg.norm(source)),
    }
    oldest = {}
    for name, network in networks.items():
        states = states_after(network[0], signals, network[1])
        exact = delayed_reconstruction(states, signals)
        np.testing.assert_allclose(exact, 1, atol=1e-6)
        noisy = states_after(network[0], signals, network[1], noise=0.1)
        oldest[name] = delayed_reconstruction(noisy, signals)[-1]
    assert oldest["chain"] > 0.6 > 0.5 > oldest["orthogonal"]


@pytest.mark.parametrize(
    ("activation", "bias"),
    cases("nonnormal_init/analysis", r"profile_([a-z]+)_(nobias|bias)_response"),
)
def test_peak_order_profiles_are_those_of_the_reference(
    golden, activation, bias
):  # Row A6
    arrays = golden("nonnormal_init/analysis")
    u, kernel = arrays["profile_U"], arrays["profile_kernel"]
    layer = keras.layers.SimpleRNN(
        len(u), activation, use_bias=bias == "bias", dtype="float64"
    )
    layer.build((None, None, len(kernel)))
    biases = [arrays["profile_bias"]] if layer.use_bias else []
    layer.set_weights([kernel, u, *biases])
    tag = f"profile_{activation}_{bias}"
    response = pulse_response(layer)
    assert response.shape == (101, len(u))
    expected = arrays[f"{tag}_response"]
    # Keras on JAX computes in single precision.
    precise = keras.backend.backend() != "jax"
    np.testing.assert_allclose(
        response[: len(expected)], expected, atol=1e-12 if precise else 1e-5
    )
    np.testing.assert_array_equal(response.argmax(axis=0), arrays[f"{tag}_peak_time"])
    np.testing.assert_array_equal(peak_order(response), arrays[f"{tag}_order"])
    (profile,) = peak_order_profiles(layer).values()
    tolerance = 1e-12 if precise else 1e-6
    np.testing.assert_allclose(profile, arrays[f"{tag}_mean"], atol=tolerance)


def shuffled_chain(order):
    n = len(order)
    layer = FusedSimpleRNN(n, "linear")
    layer.build((None, None, 1))
    chain = 1.02 * np.eye(n, k=1)[np.ix_(order, order)]
    layer.set_weights([np.eye(1, n)[:, order], chain, np.zeros(n)])
    return layer


@pytest.mark.parametrize("seed", [0, 1])
def test_a_chain_is_found_in_any_order_of_its_units(seed):  # Row A6
    n = 12
    order = np.random.default_rng(seed).permutation(n)
    layer = shuffled_chain(order)
    (profile,) = peak_order_profiles(layer).values()
    # Unit k peaks in step k.
    np.testing.assert_array_equal(order[peak_order(pulse_response(layer))], range(n))
    np.testing.assert_allclose(profile, np.where(np.arange(1 - n, n) == 1, 1.02, 0))


def test_the_chain_of_the_reference_is_found(golden):  # Row A6
    arrays = golden("nonnormal_init/analysis")
    layer = shuffled_chain(arrays["profile_chain_perm"])
    order = peak_order(pulse_response(layer))
    np.testing.assert_array_equal(order, arrays["profile_chain_order"])
    (profile,) = peak_order_profiles(layer).values()
    # Keras's weights are of single precision.
    np.testing.assert_allclose(profile, arrays["profile_chain_mean"], atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "gates"),
    [(FusedLSTM, "ifco"), (keras.layers.LSTM, "ifco"), (keras.layers.GRU, "zrh")],
)
def test_each_gate_has_a_profile_of_its_own(layer, gates):  # Row A7
    built = layer(5)
    built.build((None, None, 2))
    kernel = next(v for v in built.variables if v.name == "recurrent_kernel")
    blocks = np.random.default_rng(0).normal(size=(len(gates), 5, 5))
    kernel.assign(np.concatenate([block.T for block in blocks], axis=1))
    found = recurrent_matrices(built)
    assert "".join(found) == gates
    order = peak_order(pulse_response(built, steps=20))
    profiles = peak_order_profiles(built, steps=20)
    indices = layer_henrici_indices(built)
    for gate, block in zip(gates, blocks, strict=True):
        np.testing.assert_allclose(found[gate], block, rtol=1e-6)
        np.testing.assert_allclose(
            profiles[gate], weight_profile(block, order), rtol=1e-5, atol=1e-6
        )
        assert indices[gate] == pytest.approx(henrici_index(block), rel=1e-5)


def test_eigenvalues_of_nnrnn_come_from_its_parameters():
    layer = NNRNN(6)
    layer.build((None, None, 2))
    values = {variable.name: variable for variable in layer.variables}
    values["upper"].assign(np.random.default_rng(0).normal(size=(6, 6)))
    theta, gamma, upper = (
        keras.ops.convert_to_numpy(values[name]) for name in ("theta", "gamma", "upper")
    )
    exact = np.linalg.eigvals(schur_matrix(theta, gamma, upper))
    (found,) = layer_spectra(layer).values()
    assert max(np.abs(exact - value).min() for value in found) < 1e-6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: recurrent_matrices(keras.layers.Dense(2)), "recurrent kernel"),
        (lambda: weight_profile(np.eye(2), [0, 0]), "`order` must hold each of 0 to 1"),
        (lambda: peak_order([1.0]), "`responses` must have shape"),
        (lambda: states_after(np.eye(2), [1.0]), "`signals` must have two axes"),
        (
            lambda: delayed_reconstruction(np.ones((8, 4)), np.ones((8, 3))),
            "`fitted` must be more than the number of units",
        ),
        (
            lambda: delayed_reconstruction(np.ones((8, 4)), np.ones((7, 3))),
            "the same number of trials",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_layer_of_a_scan_has_no_recurrent_matrix():
    layer = MinGRU(2)
    layer.build((None, None, 3))
    with pytest.raises(ValueError, match=r"with a recurrent kernel\. Received: MinGRU"):
        recurrent_matrices(layer)


def test_a_pulse_has_a_number_per_feature():
    layer = keras.layers.SimpleRNN(2, recurrent_initializer=Chain(1.0))
    layer.build((None, None, 3))
    with pytest.raises(ValueError, match=r"`pulse` must have shape \(3,\)"):
        pulse_response(layer, pulse=[1.0])


@pytest.mark.usefixtures("uncompiled")
def test_states_are_those_of_every_step():
    layer = FusedSimpleRNN(3)
    x = np.random.default_rng(0).normal(size=(2, 4, 5))
    last = keras.ops.convert_to_numpy(layer(x))
    states = layer_states(layer, x)
    np.testing.assert_allclose(states[:, -1], last, atol=1e-6)
    np.testing.assert_allclose(states[:, 1], layer(x[:, :2]), atol=1e-6)
    assert states.shape == (2, 4, 3)
    assert not layer.return_sequences  # as it was


def test_the_start_of_a_stair_is_known_if_it_had_a_seed():
    start = keras.initializers.RandomUniform(0, 1, seed=5)
    layer = FusedSimpleRNN(3, stair=Stair("expalpha", initializer=start))
    layer.build((None, 7, 2))
    before = keras.ops.convert_to_numpy(layer.stair.alpha)
    layer.stair.alpha.assign_add(np.full(7, 0.25))
    now, found = learned_heights(layer)
    np.testing.assert_array_equal(found, before)
    np.testing.assert_allclose(now, before + 0.25, rtol=1e-6)
    assert learned_heights(FusedSimpleRNN(3, stair="n")) is None
