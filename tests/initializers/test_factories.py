import inspect
import itertools

import keras
import numpy as np
import pytest

from keras_nonnormal.initializers import (
    Chain,
    FBChain,
    Gatewise,
    Ramp,
    Source,
    gru_initializers,
    lstm_initializers,
    simple_rnn_initializers,
)
from tests.golden import cases

NAMES = {
    simple_rnn_initializers: ["chain", "fbchain", "orthogonal", "identity", "plain"],
    lstm_initializers: ["chain", "fbchain", "mixed", "orthogonal", "plain"],
    gru_initializers: ["chain", "fbchain", "mixed", "orthogonal", "plain"],
}
GATES = {simple_rnn_initializers: 1, lstm_initializers: 4, gru_initializers: 3}
EVERY = [(factory, name) for factory, names in NAMES.items() for name in names]


def blocks(values, gates):
    return np.split(values, gates, axis=1)


@pytest.mark.parametrize(("factory", "name"), EVERY)
def test_I12_every_name_fills_its_two_matrices(matrix, factory, name):
    gates = GATES[factory]
    kernel, recurrent = factory(name, 6, seed=1)
    for initializer, rows in ((kernel, 3), (recurrent, 6)):
        filled = matrix(initializer, rows, gates * 6)
        assert filled.shape == (rows, gates * 6)
        for block in blocks(filled, gates):  # quirk 8: no gate is left out
            assert block.any()


@pytest.mark.parametrize("factory", NAMES)
def test_I12_an_unknown_name_raises_with_the_names_there_are(factory):
    with pytest.raises(ValueError, match="Received: name='hippo'") as error:
        factory("hippo", 6)
    offered = str(error.value).split(" for ")[0]
    for name in {name for names in NAMES.values() for name in names}:
        assert (repr(name) in offered) == (name in NAMES[factory])


@pytest.mark.parametrize(
    ("name", "kernel_config", "recurrent_config"),
    [
        ("chain", Source(0.9), Chain(1.02)),
        ("fbchain", Source(0.9), FBChain(beta=0.04, alpha=0.99)),
    ],
)
def test_I12_default_gains_of_the_chains(name, kernel_config, recurrent_config):
    kernel, recurrent = simple_rnn_initializers(name, 6)
    assert kernel.get_config() == kernel_config.get_config()
    assert recurrent.get_config() == recurrent_config.get_config()


def test_I12_default_gains_of_the_normal_starts_are_1(matrix):
    orthogonal = simple_rnn_initializers("orthogonal", 6)[1]
    draw = matrix(orthogonal, 6, 6)
    np.testing.assert_allclose(draw @ draw.T, np.eye(6), atol=1e-13)
    identity = simple_rnn_initializers("identity", 6)[1]
    np.testing.assert_array_equal(matrix(identity, 6, 6), np.eye(6))


def test_I12_scale_is_the_free_gain_of_each_name(matrix):
    def recurrent(name):
        return matrix(simple_rnn_initializers(name, 5, scale=0.5)[1], 5, 5)

    np.testing.assert_array_equal(recurrent("chain"), 0.5 * np.eye(5, k=1))
    np.testing.assert_array_equal(
        recurrent("fbchain"), 0.99 * np.eye(5, k=1) + 0.5 * np.eye(5, k=-1)
    )
    np.testing.assert_array_equal(recurrent("identity"), 0.5 * np.eye(5))
    orthogonal = recurrent("orthogonal")
    np.testing.assert_allclose(orthogonal @ orthogonal.T, np.eye(5) / 4, atol=1e-13)


def test_I12_the_identity_keeps_its_gain_through_saving():
    recurrent = simple_rnn_initializers("identity", 5, scale=0.5)[1]
    copy = keras.initializers.deserialize(keras.initializers.serialize(recurrent))
    values = keras.ops.convert_to_numpy(copy((5, 5)))
    np.testing.assert_array_equal(values, 0.5 * np.eye(5))


def test_I12_options_reach_their_matrices(matrix):
    kernel, recurrent = lstm_initializers(
        "mixed", 4, scale=2.0, end_gain=0.5, input_scale=3.0
    )
    i, f, c, o = blocks(matrix(recurrent, 4, 16), 4)
    np.testing.assert_array_equal(c, 2 * np.eye(4, k=1))
    for gate in (i, f, o):
        np.testing.assert_array_equal(gate, matrix(Ramp(0.5), 4, 4))
    for gate in blocks(matrix(kernel, 2, 16), 4):
        np.testing.assert_array_equal(gate, 3 * np.eye(2, 4))

    fbchain = gru_initializers("fbchain", 4, forward_gain=1.01)[1]
    for gate in blocks(matrix(fbchain, 4, 12), 3):
        np.testing.assert_array_equal(gate, matrix(FBChain(0.04, 1.01), 4, 4))


@pytest.mark.parametrize(("factory", "name"), EVERY)
def test_I12_options_of_another_name_raise(factory, name):
    belongs = {
        "scale": name != "plain",
        "input_scale": name != "plain",
        "forward_gain": name == "fbchain",
        "end_gain": name == "mixed",
    }
    for option, applies in belongs.items():
        if applies or option not in inspect.signature(factory).parameters:
            continue
        with pytest.raises(ValueError, match=f"'{name}' has no `{option}`"):
            factory(name, 6, **{option: 0.5})


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": 0},
        {"units": -3},
        {"units": True},
        {"units": 2.0},
        {"scale": float("nan")},
        {"scale": True},
        {"forward_gain": float("inf")},
        {"input_scale": "0.9"},
        {"direction": "sideways"},
        {"seed": -1},
        {"seed": 1.5},
        {"seed": False},
    ],
)
def test_I12_values_out_of_range_raise_and_are_named(wrong):
    ((argument, value),) = wrong.items()
    with pytest.raises(ValueError, match="Received") as error:
        simple_rnn_initializers("fbchain", **{"units": 6, **wrong})
    assert f"{argument}={value!r}" in str(error.value)


def golden_pair(factory, name, arrays, n, m, direction="forward"):
    """Kernel and recurrent initializer with the gains of an archive."""
    first, second = {
        "chain": arrays["gains_chain_diag_off"],
        "fbchain": arrays["gains_fbchain_diag_feedback"],
        "mixed": arrays["gains_mixed_chain_end"],
    }[name]
    rows = "gru_kernel" if factory is gru_initializers else "keras_kernel"
    gains = {"input_scale": float(arrays[f"{rows}__n{n}_m{m}"][0, 0])}
    if name == "mixed":
        gains |= {"scale": first, "end_gain": second}
    else:
        gains["scale"] = second
    kernel, recurrent = factory(name, n, direction=direction, **gains)
    if name != "mixed" and first:  # a gain on the diagonal, which no name has
        gate = {"chain": Chain, "fbchain": FBChain}[name]
        gate = gate(second, diag_gain=first, direction=direction)
        recurrent = Gatewise([gate] * GATES[factory])
    return kernel, recurrent


RUNS = {"faithful": "forward", "asrun": "reverse"}


@pytest.mark.parametrize(
    ("run", "name", "n", "m"),
    cases("nonnormal_init/lstm", r"h_(faithful|asrun)_(\w+)__n(\d+)_m(\d+)"),
)
def test_I10_lstm_matrices_equal_the_golden_ones(golden, name, n, m, run):
    arrays = golden("nonnormal_init/lstm")
    n, m = int(n), int(m)
    kernel, recurrent = golden_pair(lstm_initializers, name, arrays, n, m, RUNS[run])
    # The archive's ramps were divided in float32: one unit in the last place.
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(recurrent((n, 4 * n))),
        arrays[f"keras_{run}_{name}__n{n}"],
        rtol=1.2e-7,
    )
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(kernel((m, 4 * n))),
        arrays[f"keras_kernel__n{n}_m{m}"],
    )
    if run == "asrun":
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(recurrent((n, 4 * n))).T,
            arrays[f"torch_{name}__n{n}"],
            rtol=1.2e-7,
        )


@pytest.mark.parametrize(
    ("run", "name", "n", "m"),
    cases("nonnormal_init/lstm", r"h_(faithful|asrun)_(\w+)__n(\d+)_m(\d+)"),
)
def test_I10_lstm_sequences_equal_the_golden_ones(golden, name, n, m, run):
    # "asrun" is what torch.nn.LSTM computed with the published matrices.
    arrays = golden("nonnormal_init/lstm")
    n, m = int(n), int(m)
    kernel, recurrent = golden_pair(lstm_initializers, name, arrays, n, m, RUNS[run])
    layer = keras.layers.LSTM(
        n,
        kernel_initializer=kernel,
        recurrent_initializer=recurrent,
        unit_forget_bias=False,
        return_sequences=True,
        return_state=True,
    )
    sequence, _, cell = map(keras.ops.convert_to_numpy, layer(arrays[f"x__n{n}_m{m}"]))
    # float32 in two frameworks; the archive's own tolerances
    expected = arrays[f"h_{run}_{name}__n{n}_m{m}"]
    np.testing.assert_allclose(sequence, expected, rtol=0, atol=2e-6)
    expected = arrays[f"c_{run}_{name}__n{n}_m{m}"]
    np.testing.assert_allclose(cell, expected, rtol=0, atol=3e-6)


@pytest.mark.parametrize(
    ("name", "n", "m"), cases("nonnormal_init/lstm", r"gru_h_(\w+)__n(\d+)_m(\d+)")
)
def test_I10_gru_matrices_and_sequences_equal_the_golden_ones(
    golden, matrix, name, n, m
):
    arrays = golden("nonnormal_init/lstm")
    n, m = int(n), int(m)
    kernel, recurrent = golden_pair(gru_initializers, name, arrays, n, m)
    np.testing.assert_allclose(
        matrix(recurrent, n, 3 * n), arrays[f"gru_recurrent_{name}__n{n}"], rtol=1.2e-7
    )
    np.testing.assert_array_equal(
        matrix(kernel, m, 3 * n), arrays[f"gru_kernel__n{n}_m{m}"]
    )
    layer = keras.layers.GRU(
        n,
        kernel_initializer=kernel,
        recurrent_initializer=recurrent,
        return_sequences=True,
    )
    sequence = keras.ops.convert_to_numpy(layer(arrays[f"x__n{n}_m{m}"]))
    expected = arrays[f"gru_h_{name}__n{n}_m{m}"]
    np.testing.assert_allclose(sequence, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("factory", [lstm_initializers, gru_initializers])
@pytest.mark.parametrize("seed", [None, 3])
def test_I11_every_gate_of_the_orthogonal_start_is_orthogonal(matrix, factory, seed):
    gates = GATES[factory]
    recurrent = factory("orthogonal", 8, scale=1.05, seed=seed)[1]
    draws = blocks(matrix(recurrent, 8, gates * 8), gates)
    for draw in draws:
        np.testing.assert_allclose(draw @ draw.T, 1.05**2 * np.eye(8), atol=1e-13)
    for one, other in itertools.combinations(draws, 2):
        assert not np.allclose(one, other, atol=0.1)


@pytest.mark.parametrize("factory", NAMES)
@pytest.mark.parametrize("channels", [5, 300])
def test_I13_the_normal_kernel_has_deviation_0_9_over_root_n(matrix, factory, channels):
    n, gates = 100, GATES[factory]
    kernel = matrix(factory("orthogonal", n, seed=2)[0], channels, gates * n)
    for block in blocks(kernel, gates):
        # Relative standard error of a deviation: 1 / sqrt(2 count). Four of them.
        error = 4 / np.sqrt(2 * block.size)
        np.testing.assert_allclose(block.std(), 0.9 / np.sqrt(n), rtol=error)
        assert abs(block.mean()) < 4 * 0.9 / np.sqrt(n * block.size)


@pytest.mark.parametrize("factory", NAMES)
def test_I13_one_seed_repeats_both_matrices_and_another_changes_them(matrix, factory):
    columns = 8 * GATES[factory]

    def draw(seed):
        return [
            matrix(filler, 8, columns) for filler in factory("orthogonal", 8, seed=seed)
        ]

    for same, again, other in zip(draw(1), draw(1), draw(2), strict=True):
        np.testing.assert_array_equal(same, again)
        assert not np.allclose(same, other, atol=0.1)


def test_I13_kernel_and_recurrent_kernel_do_not_share_their_draws(matrix):
    kernel, recurrent = lstm_initializers("plain", 20, seed=1)
    one, other = matrix(kernel, 20, 80), matrix(recurrent, 20, 80)
    correlation = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert abs(correlation) < 0.1  # 1600 pairs: standard error 0.025


def test_I14_the_plain_start_is_uniform_within_one_over_root_n(matrix):
    n, bound = 50, 1 / np.sqrt(50)
    for initializer, rows in zip(
        lstm_initializers("plain", n, seed=1), (20, n), strict=True
    ):
        for block in blocks(matrix(initializer, rows, 4 * n), 4):
            assert np.abs(block).max() <= bound
            # A uniform density: deciles within five standard errors of 1/10.
            counts = np.histogram(block, bins=10, range=(-bound, bound))[0]
            error = 5 * np.sqrt(0.09 * block.size)
            assert np.abs(counts - block.size / 10).max() < error


@pytest.mark.parametrize("name", ["orthogonal", "identity"])
def test_direction_leaves_normal_starts_alone(matrix, name):
    forward, reverse = (
        matrix(simple_rnn_initializers(name, 5, direction=d, seed=1)[1], 5, 5)
        for d in ("forward", "reverse")
    )
    np.testing.assert_array_equal(forward, reverse)
