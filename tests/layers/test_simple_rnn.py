"""FusedSimpleRNN beside keras.layers.SimpleRNN: the same numbers everywhere."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import Chain, FusedSimpleRNN
from tests.helpers import (
    DTYPE,
    DTYPES,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
)

BATCH, FEATURES, UNITS = 3, 4, 6


def pair(dtype=DTYPE, length=7, **arguments):
    """A SimpleRNN and a FusedSimpleRNN with its weights, both built."""
    layers = [
        layer_class(UNITS, dtype=dtype, **arguments)
        for layer_class in (keras.layers.SimpleRNN, FusedSimpleRNN)
    ]
    for layer in layers:
        layer.build((BATCH, length, FEATURES))
    weights = [
        np.random.default_rng(1).normal(0, 0.4, w.shape) for w in layers[0].weights
    ]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def draws(dtype, *shapes):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def assert_same(layers, dtype=DTYPE, length=7, state=True, **call_arguments):
    x, initial = draws(dtype, (BATCH, length, FEATURES), (BATCH, UNITS))
    inputs = [x, initial] if state else [x]
    sequences = (BATCH, length, UNITS) if layers[0].return_sequences else (BATCH, UNITS)
    cotangents = draws(dtype, sequences, (BATCH, UNITS))
    cotangents = cotangents if layers[0].return_state else cotangents[:1]
    expected, actual = (
        layer_values_and_gradients(layer, inputs, cotangents, **call_arguments)
        for layer in layers
    )
    assert len(actual) == len(expected) > len(inputs)
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < TOLERANCE[dtype], errors


def a_mask(length):
    mask = np.random.default_rng(3).random((BATCH, length)) > 0.4
    mask[0] = False  # a sample without a single step
    return mask


@pytest.mark.parametrize(
    ("length", "masked", "return_sequences", "dtype"),
    [
        *itertools.product([1, 7], [False, True], [False, True], DTYPES),
        # XLA, also with masks; over 784 steps Keras's own loop takes seconds.
        pytest.param(7, True, True, DTYPE, marks=pytest.mark.compiled),
        pytest.param(784, False, False, DTYPE, marks=pytest.mark.compiled),
        pytest.param(784, True, True, "float32", marks=pytest.mark.compiled),
    ],
)
def test_outputs_and_all_gradients_are_those_of_simple_rnn(
    dtype, length, masked, return_sequences
):
    layers = pair(dtype, length, return_sequences=return_sequences, return_state=True)
    mask = {"mask": ops.convert_to_tensor(a_mask(length))} if masked else {}
    assert_same(layers, dtype, length, **mask)


@pytest.mark.parametrize(
    "activation",
    [None, "sigmoid", "relu", "elu", "gelu", "softmax", keras.layers.PReLU],
)
@pytest.mark.parametrize("masked", [False, True])
def test_any_keras_activation_works_also_with_variables(activation, masked):
    layers = [
        cls(
            UNITS,
            activation=activation
            if not isinstance(activation, type)
            else activation(dtype=DTYPE),
            return_sequences=True,
            dtype=DTYPE,
        )
        for cls in (keras.layers.SimpleRNN, FusedSimpleRNN)
    ]
    for layer in layers:
        layer(np.zeros((BATCH, 7, FEATURES)))
    weights = [
        np.random.default_rng(1).normal(0, 0.4, w.shape) for w in layers[0].weights
    ]
    for layer in layers:
        layer.set_weights(weights)
    mask = {"mask": ops.convert_to_tensor(a_mask(7))} if masked else {}
    assert_same(layers, **mask)


def test_variables_of_an_activation_exist_once_the_layer_is_built():
    layer = FusedSimpleRNN(UNITS, activation=keras.layers.PReLU())
    layer.build((None, None, FEATURES))
    assert [w.shape for w in layer.weights][-1] == (UNITS,)


@pytest.mark.parametrize(
    "arguments",
    [
        {"go_backwards": True},
        {"use_bias": False},
        {"zero_output_for_mask": True},
        {"zero_output_for_mask": True, "return_sequences": True},
        {"go_backwards": True, "return_sequences": True},
        {"unroll": True, "return_sequences": True},
    ],
    ids=str,
)
def test_arguments_mean_what_they_mean_in_keras(arguments):
    layers = pair(return_state=True, **arguments)
    assert_same(layers, mask=ops.convert_to_tensor(a_mask(7)))
    assert_same(layers, state=False)


@pytest.mark.parametrize(
    "dropout", [{"dropout": 0.4}, {"recurrent_dropout": 0.4}], ids=str
)
def test_dropout_draws_the_masks_that_keras_draws(dropout):
    layers = pair(seed=5, return_sequences=True, **dropout)
    x = draws(DTYPE, (BATCH, 7, FEATURES))[0]
    expected, actual = (ops.convert_to_numpy(f(x, training=True)) for f in layers)
    assert relative_error(actual, expected) < TOLERANCE[DTYPE]
    assert relative_error(ops.convert_to_numpy(layers[1](x)), expected) > 1e-3


def test_stateful_chunks_equal_one_long_pass():
    x = draws("float32", (BATCH, 12, FEATURES))[0]
    layer = FusedSimpleRNN(UNITS, stateful=True, return_sequences=True)
    layer.build((BATCH, 12, FEATURES))
    chunks = [ops.convert_to_numpy(layer(x[:, i : i + 4])) for i in (0, 4, 8)]
    layer.reset_state()
    whole = ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(np.concatenate(chunks, axis=1), whole, atol=1e-6)


def test_bidirectional_gives_what_it_gives_with_simple_rnn():
    x = draws("float32", (BATCH, 7, FEATURES))[0]
    both = [
        keras.layers.Bidirectional(cls(UNITS, return_sequences=True))
        for cls in (keras.layers.SimpleRNN, FusedSimpleRNN)
    ]
    for layer in both:
        layer.build(x.shape)
    both[1].set_weights(both[0].get_weights())
    expected, actual = (ops.convert_to_numpy(layer(x)) for layer in both)
    assert relative_error(actual, expected) < 2e-5


@pytest.mark.compiled
def test_mixed_bfloat16_computes_in_bfloat16_and_keeps_float32_weights():
    x = draws("float32", (BATCH, 7, FEATURES))[0]
    layers = pair("mixed_bfloat16", return_sequences=True)
    assert {w.dtype for w in layers[1].weights} == {"float32"}
    expected, actual = (layer(x) for layer in layers)
    assert keras.backend.standardize_dtype(actual.dtype) == "bfloat16"
    expected, actual = (
        ops.convert_to_numpy(ops.cast(y, "float32")) for y in (expected, actual)
    )
    assert relative_error(actual, expected) < 3e-2  # a few units of 2**-8


def test_config_and_weight_names_are_those_of_simple_rnn():
    arguments = {
        "activation": "elu",
        "recurrent_regularizer": "l2",
        "kernel_constraint": "max_norm",
        "dropout": 0.1,
        "return_state": True,
        "name": "rnn",
    }
    plain, fused = pair(**arguments)
    assert fused.get_config() == plain.get_config()
    assert [w.path for w in fused.weights] == [w.path for w in plain.weights]
    clone = FusedSimpleRNN.from_config(fused.get_config())
    assert clone.get_config() == fused.get_config()


def model_with(layer_class, **arguments):
    keras.utils.set_random_seed(0)
    compiled = layer_class is FusedSimpleRNN and arguments == {}
    stack = [layer_class(UNITS, return_sequences=True, **arguments)]
    if arguments:  # a second one would be compiled as long as the first
        stack.append(layer_class(UNITS, return_sequences=True))
    model = keras.Sequential(
        [
            keras.Input((None, FEATURES)),
            keras.layers.Masking(0.0),
            *stack,
            keras.layers.TimeDistributed(keras.layers.Dense(2)),
        ]
    )
    model.compile("rmsprop", "mse", jit_compile=compiled)
    return model


@pytest.mark.parametrize(
    "arguments",
    [{}, {"recurrent_initializer": Chain(), "dropout": 0.2}],
    ids=["plain", "chain and dropout"],
)
def test_fit_trains_as_simple_rnn_does_and_the_saved_model_predicts_the_same(
    arguments, tmp_path
):
    x, y = draws("float32", (10, 5, FEATURES), (10, 5, 2))
    x[:, 3:] = 0  # masked
    losses = {}
    for layer_class in (keras.layers.SimpleRNN, FusedSimpleRNN):
        model = model_with(layer_class, **arguments)
        # 10 samples in batches of 4: the last batch is smaller.
        history = model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False)
        losses[layer_class] = history.history["loss"]
    np.testing.assert_allclose(*losses.values(), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.layers[1], FusedSimpleRNN)
    np.testing.assert_allclose(
        model.predict(x, verbose=0), loaded.predict(x, verbose=0)
    )


@pytest.mark.parametrize("return_sequences", [False, True])
def test_kerass_own_layer_checks_pass(return_sequences):
    from keras.src import testing  # private, and the only form of these checks

    testing.TestCase().run_layer_test(
        FusedSimpleRNN,
        init_kwargs={
            "units": 3,
            "dropout": 0.1,
            "recurrent_dropout": 0.1,
            "return_sequences": return_sequences,
        },
        input_shape=(3, 2, 4),
        call_kwargs={"training": True},
        expected_output_shape=(3, 2, 3) if return_sequences else (3, 3),
        expected_num_trainable_weights=3,
        expected_num_non_trainable_weights=0,
        expected_num_seed_generators=1,
        expected_num_non_trainable_variables=1,
        supports_masking=True,
    )
    testing.TestCase().run_layer_test(
        FusedSimpleRNN,
        init_kwargs={"units": 3, "return_sequences": return_sequences},
        input_shape=(3, 2, 4),
        expected_output_shape=(3, 2, 3) if return_sequences else (3, 3),
        expected_num_trainable_weights=3,
        expected_num_non_trainable_weights=0,
        expected_num_non_trainable_variables=1,
        supports_masking=True,
    )


def test_non_positive_units_are_refused_as_in_keras():
    with pytest.raises(ValueError, match="positive integer"):
        FusedSimpleRNN(0)
