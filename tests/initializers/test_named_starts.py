# Rows 6, 7 and 9 of the nnRNN issue: the starts by the names of the published programs.
import math

import keras
import numpy as np
import pytest

from keras_nonnormal.initializers import (
    Chain,
    FBChain,
    HenaffSkew,
    SkewExponential,
    Source,
    bias_initializer,
    kernel_initializer,
    lstm_glorot_initializers,
    recurrent_initializer,
    skew_initializer,
)
from tests.golden import cases

SKEWS = {
    "henaff": ("HenaffSkew", {"low": -math.pi, "high": 0.0}),
    "cayley": ("CayleySkew", {}),
    "random": ("RandomOrthogonalSkew", {"sign": "q"}),
    "haar": ("HaarSkew", {}),
    "haar_diag": ("HaarDiagSkew", {}),
    "normal_diag": ("NormalDiagSkew", {"modulus": math.pi}),
    "normal_squeeze_diag": ("NormalDiagSkew", {"modulus": math.pi / 8}),
    "exp_uniform": ("UniformSkew", {}),
}
KERNELS = ["xavier", "kaiming", "normal", "torch_default", "source"]


@pytest.mark.parametrize("name", SKEWS)
def test_names_of_skew_starts(name):
    cls, config = SKEWS[name]
    initializer = skew_initializer(name, seed=5)
    assert type(initializer).__name__ == cls
    assert initializer.get_config() == {**config, "seed": 5}


@pytest.mark.parametrize("name", SKEWS)
def test_row_9_the_same_names_start_an_orthogonal_plain_rnn(matrix, name):
    initializer = recurrent_initializer(name, seed=5)
    assert isinstance(initializer, SkewExponential)
    q = matrix(initializer, 7, 7)
    np.testing.assert_allclose(q @ q.T, np.eye(7), atol=1e-12)
    alone = SkewExponential(skew_initializer(name, seed=5))
    np.testing.assert_array_equal(q, matrix(alone, 7, 7))


def test_initializers_and_their_configs_are_skew_starts_too():
    initializer = HenaffSkew(seed=1)
    assert skew_initializer(initializer) is initializer
    config = keras.initializers.serialize(initializer)
    assert skew_initializer(config).get_config() == initializer.get_config()


def test_an_initializer_has_its_own_seed():
    with pytest.raises(ValueError, match="Received: seed=2"):
        skew_initializer(HenaffSkew(seed=1), seed=2)


@pytest.mark.parametrize("value", [None, np.zeros((2, 2)), lambda shape: shape])
def test_a_skew_start_is_an_initializer(value):
    with pytest.raises(ValueError, match=r"to be an initializer.*'henaff'"):
        skew_initializer(value)


@pytest.mark.parametrize(
    ("get", "names"),
    [
        (skew_initializer, [*SKEWS]),
        (
            recurrent_initializer,
            [
                *("xavier", "kaiming", "normal", "np_rnn", "hippo"),
                *("chain", "fbchain", "identity"),
                *SKEWS,
            ],
        ),
        (kernel_initializer, KERNELS),
    ],
)
def test_unknown_names_raise_one_line_with_the_names_there_are(get, names):
    with pytest.raises(ValueError, match="Received: 'legs'") as error:
        get("legs")
    message = str(error.value)
    assert "\n" not in message
    assert ", ".join(map(repr, names)) in message


@pytest.mark.parametrize("name", [None, 3, ["xavier"]])
@pytest.mark.parametrize("get", [recurrent_initializer, kernel_initializer])
def test_names_are_strings(get, name):
    with pytest.raises(ValueError, match="to be one of 'xavier'"):
        get(name)


def test_quirk_Q7_xavier_is_no_skew_start():
    for refuse in (skew_initializer, SkewExponential):
        with pytest.raises(ValueError, match=r"not draw skew-symmetric.*'henaff'") as e:
            refuse("xavier")
        assert "\n" not in str(e.value)


def test_row_9_xavier_starts_a_free_recurrent_kernel_with_variance_1_over_n(
    golden, matrix
):
    arrays = golden("nnrnn/init_stats")
    units = int(arrays["N"])
    values = matrix(recurrent_initializer("xavier", seed=1), units, units)
    # Of 64 units: 4096 entries, a relative standard error of 0.011, on both sides.
    np.testing.assert_allclose(values.std(), units**-0.5, rtol=0.04)
    expected = arrays["std_xavier_recurrent"]
    np.testing.assert_allclose(values.std(), expected, rtol=0.05)


@pytest.mark.parametrize(
    ("name", "deviation"),
    [
        ("xavier", math.sqrt(2 / 67)),
        ("kaiming", math.sqrt(2 / 3)),
        ("normal", math.sqrt(1 / 64)),  # Row A14 of the gamma programs
    ],
)
def test_row_7_normal_input_kernels_are_not_truncated(name, deviation):
    values = kernel_values(name)
    np.testing.assert_allclose(values.std(), deviation, rtol=0.02)
    # Beyond two standard deviations lie 4.6 % of a normal distribution; Keras's
    # GlorotNormal, a wider one cut off at 2.27, has 3.5 % there.
    beyond = (np.abs(values) > 2 * deviation).mean()
    assert abs(beyond - 0.0455) < 0.008  # standard error 0.0015
    assert np.abs(values).max() > 3 * deviation


@pytest.mark.parametrize(
    ("name", "features"), cases("nnrnn/init_stats", r"kernel_std_(\w+)_Din(\d+)")
)
def test_row_7_normal_input_kernels_are_the_published_ones(golden, name, features):
    arrays = golden("nnrnn/init_stats")
    values = kernel_values(name, int(features), int(arrays["N"]))
    expected = arrays[f"kernel_std_{name}_Din{features}"]
    np.testing.assert_allclose(values.std(), expected, rtol=0.1)


def test_row_7_kaiming_of_a_single_feature_has_deviation_root_2():
    values = kernel_initializer("kaiming", seed=1)((1, 20_000))
    deviation = keras.ops.convert_to_numpy(values).std()
    np.testing.assert_allclose(deviation, math.sqrt(2), rtol=0.03)


FAN_INS = cases("nnrnn/init_stats", r"bias_std_Din(\d+)")


@pytest.mark.parametrize("fan_in", FAN_INS)
def test_quirk_Q2_torch_default_is_uniform_within_one_over_the_root_of_fan_in(
    golden, fan_in
):
    arrays = golden("nnrnn/init_stats")
    values = kernel_values("torch_default", int(fan_in), int(arrays["N"]))
    levels = np.linspace(0, 1, 11)
    expected = (2 * levels - 1) / math.sqrt(int(fan_in))
    np.testing.assert_allclose(np.quantile(values, levels), expected, atol=0.02)
    largest = arrays[f"nnrnn_kernel_released_absmax_Din{fan_in}"]
    np.testing.assert_allclose(np.abs(values).max(), largest, rtol=1e-3)
    deviation = arrays[f"nnrnn_kernel_released_std_Din{fan_in}"]
    np.testing.assert_allclose(values.std(), deviation, rtol=0.03)


@pytest.mark.parametrize("fan_in", FAN_INS)
def test_row_7_biases_are_uniform_within_one_over_the_root_of_fan_in(golden, fan_in):
    draw = bias_initializer(int(fan_in), seed=1)((20_000,))
    values = keras.ops.convert_to_numpy(draw)
    assert np.abs(values).max() <= 1 / math.sqrt(int(fan_in)) + 1e-7
    arrays = golden("nnrnn/init_stats")
    largest = arrays[f"bias_absmax_Din{fan_in}"]
    np.testing.assert_allclose(np.abs(values).max(), largest, rtol=1e-3)
    deviation = arrays[f"bias_std_Din{fan_in}"]
    np.testing.assert_allclose(values.std(), deviation, rtol=0.03)
    assert abs(values.mean()) < 0.01  # standard error 0.0024


@pytest.mark.parametrize("fan_in", [0, -1, 1.5, True, None])
def test_a_fan_is_a_positive_integer(fan_in):
    with pytest.raises(ValueError, match=r"`fan_in`.*Received: fan_in="):
        bias_initializer(fan_in)


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "source"])
def test_seeds_reach_the_kernels_and_survive_saving(name):
    initializer = kernel_initializer(name, seed=3)
    copy = keras.initializers.deserialize(keras.initializers.serialize(initializer))
    first, again = (keras.ops.convert_to_numpy(i((4, 6))) for i in (initializer, copy))
    np.testing.assert_array_equal(first, again)
    other = keras.ops.convert_to_numpy(kernel_initializer(name, seed=4)((4, 6)))
    assert (first != other).any()


@pytest.mark.parametrize(
    ("get", "name", "start"),
    [
        (recurrent_initializer, "chain", Chain()),
        (recurrent_initializer, "fbchain", FBChain()),
        (recurrent_initializer, "identity", keras.initializers.Identity()),
        (kernel_initializer, "source", Source()),
    ],
)
def test_chains_have_their_published_gains_by_name_too(get, name, start):
    named, own = (keras.ops.convert_to_numpy(i((5, 5))) for i in (get(name), start))
    np.testing.assert_array_equal(named, own)


def test_lstm_matrices_are_parts_of_one_glorot_draw_per_gate():
    units, features = 40, 24
    kernel, recurrent = lstm_weights(units, features, seed=2)[:2]
    variance = 2 / ((units + features) + units)
    for stacked in (kernel, recurrent):
        for gate in np.split(stacked, 4, axis=1):
            # 960 and 1600 entries: relative standard error 0.046 and 0.035
            np.testing.assert_allclose(gate.var(), variance, rtol=0.15)
            assert abs(gate.mean()) < 4 * math.sqrt(variance / gate.size)
    # Not truncated: 4.6 % of a normal distribution lies beyond two deviations.
    beyond = (np.abs(np.hstack([kernel.ravel(), recurrent.ravel()])) ** 2) > (
        4 * variance
    )
    assert abs(beyond.mean() - 0.0455) < 0.01


def test_lstm_biases_are_uniform_and_no_forget_gate_starts_open():
    bias = lstm_weights(200, 25, seed=2)[2]
    assert bias.shape == (800,)
    for gate in np.split(bias, 4):
        assert np.abs(gate).max() <= 1 / 15
        assert abs(gate.mean()) < 0.015  # standard error 0.0027
        np.testing.assert_allclose(gate.std(), 1 / 15 / math.sqrt(3), rtol=0.15)


def test_lstm_starts_are_drawn_apart_and_repeat_with_their_seed():
    first, again, other = (lstm_weights(5, 5, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(np.vstack(first), np.vstack(again))
    assert (first[0] != other[0]).all()
    assert (first[0] != first[1]).all()


def test_lstm_starts_are_left_to_the_global_seed_without_one():
    assert all(i.get_config()["seed"] is None for i in lstm_glorot_initializers(3, 2))


@pytest.mark.parametrize(
    "wrong", [{"units": 0}, {"features": 1.5}, {"features": True}, {"seed": -1}]
)
def test_lstm_widths_and_seed_are_checked(wrong):
    ((argument, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"Received: {argument}={value!r}"):
        lstm_glorot_initializers(**{"units": 4, "features": 3, **wrong})


def kernel_values(name, features=3, units=64):
    """Many input kernels, one seed each."""
    shape = (features, units)
    draws = [kernel_initializer(name, seed=seed)(shape) for seed in range(100)]
    return np.stack([keras.ops.convert_to_numpy(draw) for draw in draws])


def lstm_weights(units, features, seed):
    kernel, recurrent, bias = lstm_glorot_initializers(units, features, seed=seed)
    layer = keras.layers.LSTM(
        units,
        kernel_initializer=kernel,
        recurrent_initializer=recurrent,
        bias_initializer=bias,
        unit_forget_bias=False,
    )
    layer.build((1, 2, features))
    return layer.get_weights()
