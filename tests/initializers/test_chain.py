import math

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.initializers import Chain, Source
from tests.golden import keys, number

units = st.integers(1, 12)
gains = st.floats(-1.5, 1.5)

# Products of a dozen float64 numbers of order one.
close = {"rtol": 1e-12, "atol": 1e-13}


def test_I1_chain_equals_the_golden_matrices(golden, matrix):
    arrays = golden("nonnormal_init/initializers")
    gains = keys(arrays, r"chain__n(\d+)_d(\w+)_g(\w+)")
    assert gains
    for n, d, g in gains:
        chain = Chain(alpha=number(g), diag_gain=number(d))
        expected = arrays[f"chain__n{n}_d{d}_g{g}"]
        np.testing.assert_array_equal(matrix(chain, int(n), int(n)), expected)
    defaults = keys(arrays, r"chain_default__n(\d+)")
    assert defaults
    for n in defaults:
        expected = arrays[f"chain_default__n{n}"]
        np.testing.assert_array_equal(matrix(Chain(), int(n), int(n)), expected)


def test_I1_chain_of_three_units_written_out(matrix):
    expected = [[0.5, 2.0, 0.0], [0.0, 0.5, 2.0], [0.0, 0.0, 0.5]]
    np.testing.assert_array_equal(matrix(Chain(2.0, 0.5), 3, 3), expected)


def test_I1_one_unit_has_only_its_diagonal_gain(matrix):
    np.testing.assert_array_equal(matrix(Chain(diag_gain=0.3), 1, 1), [[0.3]])


@given(n=units, alpha=gains, d=gains)
def test_I4_reverse_is_the_transpose(matrix, n, alpha, d):
    forward = matrix(Chain(alpha, d), n, n)
    reverse = matrix(Chain(alpha, d, direction="reverse"), n, n)
    np.testing.assert_array_equal(reverse, forward.T)


@pytest.mark.parametrize("activation", ["linear", "relu", "elu"])
def test_I4_a_pulse_in_unit_0_reaches_unit_k_after_k_steps(activation):  # and S3
    n, alpha = 7, 1.02
    layer = keras.layers.SimpleRNN(
        n,
        activation=activation,
        kernel_initializer=Source(),
        recurrent_initializer=Chain(alpha=alpha),
        return_sequences=True,
    )
    pulse = np.zeros((1, n + 3, 1), "float32")
    pulse[0, 0, 0] = 1
    states = keras.ops.convert_to_numpy(layer(pulse))[0]
    expected = np.zeros((n + 3, n))
    expected[:n] = np.diag(0.9 * alpha ** np.arange(n))
    np.testing.assert_allclose(states, expected, rtol=1e-6)


def test_I4_the_reversed_chain_loses_a_pulse_in_unit_0_at_once():
    layer = keras.layers.SimpleRNN(
        7,
        kernel_initializer=Source(),
        recurrent_initializer=Chain(direction="reverse"),
        return_sequences=True,
    )
    pulse = np.zeros((1, 4, 1), "float32")
    pulse[0, 0, 0] = 1
    states = keras.ops.convert_to_numpy(layer(pulse))[0]
    assert states[0, 0] > 0
    assert not states[1:].any()


@given(n=units, alpha=gains)
def test_S1_chain_powers_have_norm_alpha_to_the_k(matrix, n, alpha):
    chain = matrix(Chain(alpha), n, n)
    for k in range(n):
        power = np.linalg.matrix_power(chain, k)
        size = abs(alpha) ** k
        np.testing.assert_allclose(np.linalg.norm(power, 2), size, **close)
        np.testing.assert_allclose(
            np.linalg.norm(power), size * math.sqrt(n - k), **close
        )
    assert not np.linalg.matrix_power(chain, n).any()


@given(n=units, alpha=gains, d=gains, k=st.integers(0, 8))
def test_S2_powers_with_a_diagonal_gain_are_binomial(matrix, n, alpha, d, k):
    power = np.linalg.matrix_power(matrix(Chain(alpha, d), n, n), k)
    expected = np.zeros((n, n))
    for j in range(min(k, n - 1) + 1):
        expected += math.comb(k, j) * d ** (k - j) * alpha**j * np.eye(n, k=j)
    np.testing.assert_allclose(power, expected, rtol=1e-11, atol=1e-11)


@given(n=units, alpha=gains, k=st.integers(0, 15))
def test_S3_the_first_row_of_a_power_is_one_unit_further_each_step(matrix, n, alpha, k):
    state = np.eye(n)[0] @ np.linalg.matrix_power(matrix(Chain(alpha), n, n), k)
    expected = alpha**k * np.eye(n)[k] if k < n else np.zeros(n)
    np.testing.assert_allclose(state, expected, **close)


@given(n=units, alpha=gains, d=gains)
def test_S13_departure_from_normality_is_alpha_root_n_minus_1(matrix, n, alpha, d):
    chain = matrix(Chain(alpha, d), n, n)
    eigenvalues = np.diag(chain)  # triangular
    squared = np.sum(chain**2) - np.sum(eigenvalues**2)
    np.testing.assert_allclose(squared, alpha**2 * (n - 1), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("activation", ["linear", "relu", "elu", "tanh"])
def test_I4_states_of_a_keras_layer_equal_the_golden_ones(golden, activation):
    arrays = golden("nonnormal_init/rnn_forward")
    layer = _golden_layer(arrays, activation, "forward")
    states = keras.ops.convert_to_numpy(layer(arrays["x"].astype("float32")))
    # float32 over 16 steps against float64; the archive's own tolerance
    np.testing.assert_allclose(
        states, arrays[f"h_chain_{activation}"], rtol=0, atol=5e-6
    )


def test_I4_states_of_the_reversed_chain_equal_those_of_torch(golden):
    arrays = golden("nonnormal_init/rnn_forward")
    layer = _golden_layer(arrays, "tanh", "reverse")
    states = keras.ops.convert_to_numpy(layer(arrays["x"].astype("float32")))
    np.testing.assert_allclose(
        states, arrays["h_torch_asrun_chain_tanh"], rtol=0, atol=5e-6
    )


def _golden_layer(arrays, activation, direction):
    return keras.layers.SimpleRNN(
        len(arrays["recurrent_chain"]),
        activation=activation,
        kernel_initializer=Source(),
        recurrent_initializer=Chain(
            alpha=arrays["recurrent_chain"][0, 1], direction=direction
        ),
        return_sequences=True,
    )
