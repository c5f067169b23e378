import itertools

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.initializers import Chain, FBChain, Gatewise, Ramp, Source

Constant = keras.initializers.Constant
Orthogonal = keras.initializers.Orthogonal
RandomNormal = keras.initializers.RandomNormal


def blocks(values, gates):
    return np.split(values, gates, axis=1)


def distinct(matrices):
    return all(
        not np.allclose(a, b, atol=0.05) for a, b in itertools.combinations(matrices, 2)
    )


@given(
    n=st.integers(1, 6),
    gains=st.lists(st.floats(-2, 2), min_size=1, max_size=5),
)
def test_I9_every_gate_is_what_its_initializer_fills_alone(matrix, n, gains):
    chains = [Chain(gain, diag_gain=1.0) for gain in gains]
    together = matrix(Gatewise(chains), n, n * len(gains))
    for block, chain in zip(blocks(together, len(gains)), chains, strict=True):
        np.testing.assert_array_equal(block, matrix(chain, n, n))


def test_I9_children_get_the_shape_of_one_gate_and_the_dtype(matrix):
    received = []

    def recording(shape, dtype=None):
        received.append((shape, dtype))
        return keras.ops.zeros(shape, dtype)

    assert matrix(Gatewise([recording] * 3), 2, 15).shape == (2, 15)
    assert received == [((2, 5), "float64")] * 3


def test_I9_half_precision_children_draw_in_float32():
    received = []

    def recording(shape, dtype=None):
        received.append(dtype)
        return keras.ops.zeros(shape, dtype)

    Gatewise([recording])((2, 2), dtype="bfloat16")
    Gatewise([recording])((2, 2), dtype="float16")
    assert received == ["float32", "float32"]


def test_I9_keras_reads_the_lstm_gates_in_the_order_i_f_c_o():
    # Saturated gates show which block is which: with f closed and i, o open the
    # state is tanh(tanh(c)).
    gates = [Constant(value) for value in (50.0, -50.0, 0.3, 50.0)]
    layer = keras.layers.LSTM(
        2, kernel_initializer=Gatewise(gates), recurrent_initializer="zeros"
    )
    state = keras.ops.convert_to_numpy(layer(np.ones((1, 3, 1), "float32")))
    np.testing.assert_allclose(state, np.tanh(np.tanh(0.3)), rtol=1e-6)


def test_I9_keras_reads_the_gru_gates_in_the_order_z_r_h():
    # z closed (-50) takes the candidate; r closed hides the old state from it.
    gates = [Constant(value) for value in (-50.0, -50.0, 0.3)]
    layer = keras.layers.GRU(2, kernel_initializer=Gatewise(gates))
    state = keras.ops.convert_to_numpy(layer(np.ones((1, 3, 1), "float32")))
    np.testing.assert_allclose(state, np.tanh(0.3), rtol=1e-6)


@pytest.mark.parametrize(("layer", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_I9_kernel_and_recurrent_kernel_of_a_layer(layer, gates):
    built = getattr(keras.layers, layer)(
        5,
        kernel_initializer=Gatewise([Source()] * gates),
        recurrent_initializer=Gatewise([FBChain()] * (gates - 1) + [Ramp()]),
    )
    built.build((1, 2, 3))
    kernel, recurrent = built.get_weights()[:2]
    for block in blocks(kernel, gates):
        np.testing.assert_allclose(block, 0.9 * np.eye(3, 5), rtol=1e-7)
    for block in blocks(recurrent, gates)[:-1]:
        np.testing.assert_allclose(block[0, 1], 0.99, rtol=1e-7)
    np.testing.assert_allclose(blocks(recurrent, gates)[-1][0, -1], 0.01, rtol=1e-7)


def test_I9_unseeded_children_stay_unseeded_in_the_config():
    config = Gatewise([Orthogonal()] * 2).get_config()
    assert [c["config"]["seed"] for c in config["initializers"]] == [None, None]


@pytest.mark.parametrize("seed", [None, 0, 5])
def test_I9_the_same_random_object_draws_differently_in_every_gate(matrix, seed):
    gates = blocks(matrix(Gatewise([Orthogonal(seed=seed)] * 4), 8, 32), 4)
    assert distinct(gates)


def test_I9_the_same_seed_draws_differently_in_every_gate(matrix):
    gates = blocks(matrix(Gatewise([Orthogonal(seed=5) for _ in range(4)]), 8, 32), 4)
    assert distinct(gates)


def test_I9_the_same_seed_is_not_shared_by_different_distributions(matrix):
    narrow, wide = RandomNormal(stddev=1.0, seed=5), RandomNormal(stddev=2.0, seed=5)
    first, second = blocks(matrix(Gatewise([narrow, wide]), 30, 60), 2)
    correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert abs(correlation) < 0.15  # 900 pairs: standard error 0.033
    np.testing.assert_allclose(second.std(), 2.0, rtol=0.1)


def test_I9_the_first_gate_with_a_seed_keeps_its_own_draw(matrix):
    seeds = [3, 4, 3, 4]
    gates = blocks(matrix(Gatewise([Orthogonal(seed=s) for s in seeds]), 6, 24), 4)
    np.testing.assert_array_equal(gates[0], matrix(Orthogonal(seed=3), 6, 6))
    np.testing.assert_array_equal(gates[1], matrix(Orthogonal(seed=4), 6, 6))
    assert distinct(gates)


def test_I9_integer_seeds_repeat_their_draws_as_keras_initializers_do(matrix):
    def make():
        return Gatewise([Orthogonal(seed=5)] * 3)

    once = make()
    np.testing.assert_array_equal(matrix(once, 6, 18), matrix(once, 6, 18))
    np.testing.assert_array_equal(matrix(once, 6, 18), matrix(make(), 6, 18))


def test_I9_set_random_seed_makes_unseeded_gates_reproducible(matrix):
    draws = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        draws.append(matrix(Gatewise([Orthogonal(), Orthogonal()]), 6, 12))
    np.testing.assert_array_equal(*draws)


def test_I9_a_shared_seed_generator_moves_on_also_after_a_round_trip(matrix):
    shared = Orthogonal(seed=keras.random.SeedGenerator(5))
    gatewise = Gatewise([shared] * 3)
    copy = Gatewise.from_config(gatewise.get_config())
    for initializer in (gatewise, copy):
        first = matrix(initializer, 6, 18)
        again = matrix(initializer, 6, 18)
        assert distinct(blocks(first, 3) + blocks(again, 3))


def test_I9_round_trip_keeps_the_children_and_their_draws(matrix):
    gatewise = Gatewise(
        [Chain(0.5), Ramp(direction="reverse"), Orthogonal(gain=0.5, seed=1), "zeros"]
    )
    config = keras.initializers.serialize(gatewise)
    copy = keras.initializers.deserialize(config)
    assert keras.initializers.serialize(copy) == config
    np.testing.assert_array_equal(matrix(copy, 5, 20), matrix(gatewise, 5, 20))


def test_children_may_be_identifiers(matrix):
    chain = {"class_name": "keras_nonnormal>Chain", "config": {"alpha": 2.0}}
    gatewise = Gatewise(["ones", "keras_nonnormal>Source", chain])
    expected = [[1, 1, 0.9, 0, 0, 2], [1, 1, 0, 0.9, 0, 0]]
    np.testing.assert_array_equal(matrix(gatewise, 2, 6), expected)


@pytest.mark.parametrize("shape", [(4, 6), (4, 2), (4, 13)])
def test_columns_that_the_gates_cannot_share_raise(shape):
    with pytest.raises(ValueError, match=r"4 gates.*multiple.*shape=\(4"):
        Gatewise([Source()] * 4)(shape)


@pytest.mark.parametrize("value", [[], (), None, Chain(), "zeros"])
def test_the_gates_are_a_list(value):
    with pytest.raises(ValueError, match="one initializer per gate"):
        Gatewise(value)


def test_a_gate_without_an_initializer_raises():
    with pytest.raises(ValueError, match="entry None"):
        Gatewise([Chain(), None])
