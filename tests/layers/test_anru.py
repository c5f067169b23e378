"""ANRU as a Keras layer, gamma in every simple layer, and external drives."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.activations import Gamma
from keras_nonnormal.layers import (
    ANRU,
    ARUN,
    EURNN,
    NNRNN,
    ANRUCell,
    ExpRNN,
    FusedGRU,
    FusedLSTM,
    FusedSimpleRNN,
    driven,
)
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
)

BATCH, TIME, FEATURES, UNITS, CONTROLLER = 3, 7, 4, 6, 5


def anru(dtype=DTYPE, **arguments):
    keras.utils.set_random_seed(1)
    layer = ANRU(UNITS, CONTROLLER, dtype=dtype, **arguments)
    layer.build((BATCH, TIME, FEATURES))
    return layer


def draws(*shapes, dtype=DTYPE):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def a_mask():
    mask = np.random.default_rng(3).random((BATCH, TIME)) > 0.4
    mask[0] = False
    return ops.convert_to_tensor(mask)


@pytest.mark.parametrize(
    ("masked", "loop"),
    [
        (False, {}),
        (False, {"go_backwards": True}),
        pytest.param(True, {}, marks=pytest.mark.compiled),
    ],
    ids=str,
)
def test_fused_loop_gives_the_numbers_of_kerass_own_loop(masked, loop):
    loop = {"return_sequences": True, "return_state": True, **loop}
    layer = anru(**loop)
    plain = keras.layers.RNN(layer.cell, dtype=DTYPE, **loop)
    plain.build((BATCH, TIME, FEATURES))
    states = [(BATCH, UNITS), (BATCH, UNITS * CONTROLLER)]
    x, h, g, *cotangents = draws(
        (BATCH, TIME, FEATURES), *states, (BATCH, TIME, UNITS), *states
    )
    call = {"mask": a_mask()} if masked else {}
    actual, expected = (
        layer_values_and_gradients(each, [x, 0.1 * h, 0.1 * g], cotangents, **call)
        for each in (layer, plain)
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < 20 * TOLERANCE[DTYPE], errors


@pytest.mark.compiled
def test_states_made_again_give_the_gradients_of_states_that_were_kept():
    x, dh = 0.1 * draws((2, 500, 1))[0], draws((2, 60))[0]
    results = []
    for most_kept in (0, float("inf")):
        keras.utils.set_random_seed(1)
        layer = ANRU(60, 2, dtype=DTYPE)  # long and wide enough for two chunks of time
        layer.most_kept = most_kept
        layer.build(x.shape)
        results.append(layer_values_and_gradients(layer, [x], [dh]))
    for again, kept in zip(*results, strict=True):
        assert relative_error(again, kept) < TOLERANCE[DTYPE]


# Row A12
def test_controllers_start_at_zero_at_every_call_whatever_the_batch():
    layer = anru()
    (x,) = draws((BATCH, TIME, FEATURES))
    whole = ops.convert_to_numpy(layer(x))
    assert relative_error(layer(x), whole) == 0
    for rows in (slice(0, 1), slice(1, 3)):
        assert relative_error(layer(x[rows]), whole[rows]) < TOLERANCE[DTYPE]


def test_stateful_chunks_equal_one_long_pass():
    plain = anru(return_sequences=True)
    stateful = anru(return_sequences=True, stateful=True)
    (x,) = draws((BATCH, 8, FEATURES))
    chunks = [ops.convert_to_numpy(stateful(x[:, i : i + 4])) for i in (0, 4)]
    assert relative_error(np.concatenate(chunks, axis=1), plain(x)) < TOLERANCE[DTYPE]


# Row A33
def test_trained_models_are_saved_and_loaded(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((TIME, FEATURES)),
            keras.layers.Bidirectional(ANRU(UNITS, CONTROLLER, dropout=0.1)),
            keras.layers.Dense(2),
        ]
    )
    x, y = draws((8, TIME, FEATURES), (8, 2), dtype="float32")
    # Without a graph, which takes longer to trace than this training.
    model.compile(keras.optimizers.Adam(1e-2), "mse", run_eagerly=True)
    before = model.get_weights()
    model.fit(x, y, batch_size=4, verbose=0)
    moved = [
        not np.array_equal(a, b)
        for a, b in zip(before, model.get_weights(), strict=True)
    ]
    assert all(moved[i] for i, w in enumerate(model.trainable_weights))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0].forward_layer) is ANRU
    np.testing.assert_array_equal(loaded(x[:7]), model(x[:7]))


# Row A11
def test_initial_values_are_the_published_ones():
    keras.utils.set_random_seed(0)
    layer = ANRU(400, 50)
    layer.build((None, 784, 1))
    weights = {w.name: ops.convert_to_numpy(w) for w in layer.weights}
    assert sum(w.size for w in weights.values()) == 163_952 - 400 - 50
    for name in ("bias", "controller_bias", "saturation_bias"):
        assert not weights[name].any()
    assert 5 <= weights["gain_bias"][0] < 7
    for name in ("recurrent_kernel", "controller_recurrent_kernel"):
        matrix = weights[name].astype("float64")
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-5)
    assert weights["kernel"].std() == pytest.approx(np.sqrt(2), rel=0.15)
    wide = ANRU(
        2, 5000, recurrent_initializer="zeros", controller_recurrent_initializer="zeros"
    )
    wide.build((None, 3, 1))
    deviations = {
        "controller_kernel": np.sqrt(2),
        "gain_kernel": 0.1 * np.sqrt(2 / 5001),
        "saturation_kernel": 0.01 * np.sqrt(2 / 5001),
    }
    for w in wide.weights:
        if w.name in deviations:
            actual = ops.convert_to_numpy(w).std()
            assert actual == pytest.approx(deviations[w.name], rel=0.05)


def test_configuration_round_trips_and_names_are_as_documented():
    layer = anru(return_shapes=True, dropout=0.2)
    again = ANRU.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    cell = ANRUCell.from_config(layer.cell.get_config())
    assert cell.get_config() == layer.cell.get_config()
    assert ARUN is ANRU
    assert tuple(layer.compute_output_shape((3, 7, 4))) == (3, 18)
    stack = keras.layers.RNN([ANRUCell(4, 3), ANRUCell(2, 3)])
    assert tuple(stack(draws((2, 3, 4), dtype="float32")[0]).shape) == (2, 2)


def test_mixed_precision_computes_in_half_and_keeps_the_variables():
    layer = anru(dtype="mixed_bfloat16", return_sequences=True)
    exact = anru(dtype="float32", return_sequences=True)
    exact.set_weights(layer.get_weights())
    (x,) = draws((BATCH, TIME, FEATURES), dtype="float32")
    y = layer(0.1 * x)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    error = relative_error(ops.convert_to_numpy(ops.cast(y, "float32")), exact(0.1 * x))
    assert error < 0.1  # eight bits, seven steps


def test_recurrent_dropout_runs_in_kerass_own_loop():
    layer = anru(recurrent_dropout=0.5)
    (x,) = draws((BATCH, TIME, FEATURES))
    with_dropout, without = (layer(x, training=t) for t in (True, False))
    assert relative_error(with_dropout, without) > 0.01


@pytest.mark.parametrize("size", [0, -1, 2.5])
def test_impossible_controllers_are_refused(size):
    with pytest.raises(ValueError, match=r"`controller_units`.*Received"):
        ANRU(4, controller_units=size)
    with pytest.raises(ValueError, match="another schedule for a ANRUCell"):
        ANRU(4, stair="expalpha")


GAMMAS = {
    "shared": {"shared": True, "gain": 5.0},
    "per neuron": {"gain": 5.0, "saturation": 0.25},
    "fixed": {"gain": 5.0, "saturation": 0.25, "trainable": False},
    "names": {},
}


# Row A7
@pytest.mark.parametrize(
    ("layer_class", "kind", "stair"),
    [
        *((FusedSimpleRNN, kind, None) for kind in GAMMAS),
        *((layer_class, "per neuron", None) for layer_class in (ExpRNN, NNRNN)),
        pytest.param(FusedSimpleRNN, "per neuron", "n2", marks=pytest.mark.compiled),
        (NNRNN, "names", "n2"),
    ],
)
def test_gamma_in_the_fused_loop_is_gamma_in_kerass_own(layer_class, kind, stair):
    loop = {"return_sequences": True, "dtype": DTYPE, "stair": stair}
    layers = []
    for unroll in (False, True):
        activation = Gamma(**GAMMAS[kind], dtype=DTYPE) if GAMMAS[kind] else "gamma2"
        layers.append(layer_class(UNITS, activation=activation, unroll=unroll, **loop))
        layers[-1].build((BATCH, TIME, FEATURES))
    layers[1].set_weights(layers[0].get_weights())
    assert layers[0].fusible
    x, dy = draws((BATCH, TIME, FEATURES), (BATCH, TIME, UNITS))
    actual, expected = (
        layer_values_and_gradients(layer, [0.1 * x], [dy]) for layer in layers
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < 20 * TOLERANCE[DTYPE], errors


def test_fixing_one_of_two_parameters_after_training_keeps_their_places():
    layer = FusedSimpleRNN(3, activation=Gamma(gain=5.0, saturation=0.25))
    (x,) = draws((2, 4, 3), dtype="float32")
    before = ops.convert_to_numpy(layer(x))
    layer.activation.gain.trainable = False
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), before)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: FusedSimpleRNN(UNITS, activation="relu", return_sequences=True),
        lambda: ExpRNN(UNITS, use_bias=True, stair="n2", return_sequences=True),
        lambda: NNRNN(UNITS, use_bias=True, return_sequences=True),
        lambda: ANRU(UNITS, CONTROLLER, return_sequences=True),
    ],
    ids=["plain", "exp with stair", "nnrnn", "anru"],
)
def test_a_drive_is_a_bias_that_changes_in_time(layer):
    layer = layer()
    layer.build((BATCH, TIME, FEATURES))
    (x,) = draws((BATCH, TIME, FEATURES), dtype="float32")
    both = driven(layer)
    nothing = np.zeros((BATCH, TIME, 1), "float32")
    zero = both(np.concatenate([x, nothing], axis=-1))
    assert relative_error(zero, layer(x)) < 1e-5
    moved = both(np.concatenate([x, nothing + 0.5], axis=-1))
    assert relative_error(moved, layer(x)) > 1e-3
    (bias,) = (w for w in layer.weights if w.name == "bias")
    bias.assign_add(np.full(UNITS, 0.5))
    assert relative_error(moved, layer(x)) < 1e-5


def test_a_drive_of_gates_enters_one_of_them():
    lstm, gru, complex_units = FusedLSTM(2), FusedGRU(2), EURNN(2)
    for layer, row in (
        (lstm, [0, 0, 0, 0, 0, 0, 1, 1]),
        (gru, [0, 0, 0, 0, 1, 1]),
        (complex_units, [1, 1, 0, 0]),
    ):
        layer.build((None, 5, 3))
        kernel = ops.convert_to_numpy(driven(layer).cell.kernel)
        assert kernel.shape[0] == 4
        assert kernel[3].tolist() == row
        original = ops.convert_to_numpy(layer.cell.kernel)
        np.testing.assert_array_equal(kernel[:3], original)


def test_what_cannot_be_driven_is_refused():
    for layer in (FusedSimpleRNN(2), keras.layers.Dense(2)):
        with pytest.raises(ValueError, match="built recurrent layer"):
            driven(layer)
