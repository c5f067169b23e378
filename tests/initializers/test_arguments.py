import keras
import numpy as np
import pytest

from keras_nonnormal.initializers import Chain, FBChain, Gatewise, Ramp, Source

SQUARE = [Chain, FBChain, Ramp]
GAINS = [
    (Chain, "alpha"),
    (Chain, "diag_gain"),
    (FBChain, "beta"),
    (FBChain, "alpha"),
    (FBChain, "diag_gain"),
    (Ramp, "end_gain"),
    (Source, "scale"),
]
NOT_MATRICES = [(), (4,), (2, 2, 2), (0, 0), (-1, -1), (None, None), (True, True), 4]


def gated(cls):
    return Gatewise([cls(), cls()])


@pytest.mark.parametrize("shape", NOT_MATRICES)
@pytest.mark.parametrize("make", [*SQUARE, Source, lambda: gated(Source)])
def test_I5_only_shapes_of_rank_2_are_filled(make, shape):
    with pytest.raises(ValueError, match=r"two positive integers.*Received: shape="):
        make()(shape)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (4, 16)])
@pytest.mark.parametrize("make", SQUARE)
def test_I5_recurrent_matrices_are_square(make, shape):
    with pytest.raises(ValueError, match=rf"{make.__name__} fills square.*shape=\("):
        make()(shape)


def test_I5_a_chain_on_the_stacked_gates_of_an_lstm_points_to_gatewise():
    layer = keras.layers.LSTM(4, recurrent_initializer=Chain())
    with pytest.raises(ValueError, match="Gatewise"):
        layer(np.zeros((1, 2, 3), "float32"))


@pytest.mark.parametrize(
    ("dtype", "bits"), [("float16", 11), ("bfloat16", 8), ("float32", 24)]
)
@pytest.mark.parametrize("make", [*SQUARE, Source])
def test_I6_the_dtype_is_honoured_and_rounded_once(matrix, make, dtype, bits):
    values = make()((5, 5), dtype=dtype)
    assert keras.backend.standardize_dtype(values.dtype) == dtype
    wide = keras.ops.convert_to_numpy(keras.ops.cast(values, "float32"))
    # half a unit in the last place of a mantissa of so many bits
    np.testing.assert_allclose(wide, matrix(make(), 5, 5), rtol=2.0**-bits)


@pytest.mark.parametrize(
    ("dtype", "bits"), [("float16", 11), ("bfloat16", 8), ("float32", 24)]
)
def test_I6_gates_honour_the_dtype_where_qr_does_not_exist(dtype, bits):
    orthogonal = keras.initializers.Orthogonal(seed=1)
    values = Gatewise([orthogonal] * 2)((5, 10), dtype=dtype)
    assert keras.backend.standardize_dtype(values.dtype) == dtype
    wide = keras.ops.convert_to_numpy(keras.ops.cast(values, "float32"))
    for block in np.split(wide, 2, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(5), atol=16 * 2.0**-bits)


@pytest.mark.parametrize("make", [*SQUARE, Source])
def test_I6_float64_is_honoured(matrix, make):
    values = matrix(make(), 2, 2)  # asserts the dtype of the tensor
    # Entries such as 1.02 have more digits than float32 holds.
    assert (values != values.astype("float32")).any()


@pytest.mark.parametrize("make", [*SQUARE, Source])
def test_I6_without_a_dtype_it_is_floatx(make):
    before = keras.config.floatx()
    keras.config.set_floatx("float16")
    try:
        values = make()((3, 3))
    finally:
        keras.config.set_floatx(before)
    assert keras.backend.standardize_dtype(values.dtype) == "float16"


@pytest.mark.parametrize("make", [*SQUARE, Source, lambda: gated(Source)])
def test_I6_integer_dtypes_would_round_the_gains_away_and_raise(make):
    with pytest.raises(ValueError, match="dtype='int32'"):
        make()((4, 4), dtype="int32")


@pytest.mark.parametrize("dtype", ["bfloat16", "mixed_bfloat16", "float16"])
def test_I6_layers_of_half_precision_build(dtype):
    kernel = Gatewise([Source()] * 4)
    recurrent = Gatewise([keras.initializers.Orthogonal(seed=1)] * 4)
    lstm = keras.layers.LSTM(
        4, kernel_initializer=kernel, recurrent_initializer=recurrent, dtype=dtype
    )
    rnn = keras.layers.SimpleRNN(4, recurrent_initializer=Chain(), dtype=dtype)
    for layer in (lstm, rnn):
        layer.build((1, 2, 3))
        for weight in layer.weights:
            assert weight.dtype == layer.variable_dtype


@pytest.mark.parametrize(
    "value",
    [True, np.True_, float("nan"), float("inf"), -float("inf"), 10**400, "1", None, 1j],
)
@pytest.mark.parametrize(("cls", "argument"), GAINS)
def test_gains_are_finite_real_numbers(cls, argument, value):
    with pytest.raises(ValueError, match=rf"`{argument}` to be a finite.*{argument}="):
        cls(**{argument: value})


@pytest.mark.parametrize("value", [np.float32(0.5), np.int64(2), 3, -0.5, 0.0])
@pytest.mark.parametrize(("cls", "argument"), GAINS)
def test_any_finite_real_number_is_a_gain_and_kept_as_a_float(cls, argument, value):
    kept = cls(**{argument: value}).get_config()[argument]
    assert type(kept) is float
    assert kept == value


@pytest.mark.parametrize("value", ["backward", "Forward", None, True, -1])
@pytest.mark.parametrize("cls", SQUARE)
def test_there_are_two_directions(cls, value):
    with pytest.raises(ValueError, match=r"'forward' or 'reverse'.*direction="):
        cls(direction=value)
