"""ExpRNN, NNRNN, EURNN and FusedLSTM as Keras layers."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.layers import (
    EURNN,
    NNRNN,
    EURNNCell,
    ExpRNN,
    ExpRNNCell,
    FusedGRU,
    FusedLSTM,
    FusedSimpleRNN,
    NNRNNCell,
    NonNormalRNN,
    ParametrizedRNN,
)
from keras_nonnormal.optimizers import RMSpropTorch
from keras_nonnormal.parametrizations import Free
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
    unbuilt,
)

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 6

LAYERS = {
    "exp": (ExpRNN, {}),
    "cayley": (ExpRNN, {"orthogonal_map": "cayley", "activation": "tanh"}),
    "dtriv": (ExpRNN, {"trivialization": "dynamic", "use_bias": True}),
    "nnrnn": (NNRNN, {}),
    "nnrnn block": (NNRNN, {"t_mask": "block", "kernel_initializer": "kaiming"}),
    "eurnn": (EURNN, {"capacity": 4}),
    "eurnn real": (EURNN, {"complex": False, "activation": "relu"}),
}
EVERY = pytest.mark.parametrize("name", LAYERS)


def made(name, dtype=DTYPE, **arguments):
    keras.utils.set_random_seed(1)
    layer_class, own = LAYERS[name]
    layer = layer_class(UNITS, dtype=dtype, **own, **arguments)
    layer.build((BATCH, TIME, FEATURES))
    return layer


def draws(*shapes, dtype=DTYPE):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def state_size(layer):
    return layer.cell.state_size


def a_mask():
    mask = np.random.default_rng(3).random((BATCH, TIME)) > 0.4
    mask[0] = False
    return ops.convert_to_tensor(mask)


# XLA once for each kind of matrix: an exponential, a Schur form, complex rotations.
COMPILED = (("exp", False), ("nnrnn", True), ("eurnn", True))


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        pytest.param(*each, marks=[pytest.mark.compiled] * (each in COMPILED))
        for each in itertools.product(LAYERS, [False, True])
    ],
)
def test_fused_loop_gives_the_numbers_of_kerass_own_loop(name, masked):
    loop = {"zero_output_for_mask": True} if masked else {"go_backwards": True}
    loop = {"return_sequences": True, "return_state": True, **loop}
    # With masks, Keras's unrolled loop means something else on JAX, and the other one
    # cannot have outputs of another width than states.
    if masked and keras.backend.backend() == "jax":
        if name == "eurnn":
            pytest.skip("Keras on JAX has no such loop")
        first = made(name, **loop)
        layers = [first, keras.layers.RNN(first.cell, dtype=DTYPE, **loop)]
        layers[1].build((BATCH, TIME, FEATURES))
    else:
        layers = [made(name, unroll=unroll, **loop) for unroll in (False, True)]
        layers[1].set_weights(layers[0].get_weights())
    size = state_size(layers[0])
    x, initial, *cotangents = draws(
        (BATCH, TIME, FEATURES), (BATCH, size), (BATCH, TIME, UNITS), (BATCH, size)
    )
    call = {"mask": a_mask()} if masked else {}
    actual, expected = (
        layer_values_and_gradients(layer, [x, initial], cotangents, **call)
        for layer in layers
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < 20 * TOLERANCE[DTYPE], errors  # and an exponential's gradient


@EVERY
def test_last_output_and_state_are_those_of_the_sequence(name):
    whole = made(name, return_sequences=True)
    last = made(name, return_state=True)
    last.set_weights(whole.get_weights())
    (x,) = draws((BATCH, TIME, FEATURES))
    output, state = last(x)
    assert relative_error(output, whole(x)[:, -1]) < TOLERANCE[DTYPE]
    assert tuple(state.shape) == (BATCH, state_size(last))


# Row 45.
@EVERY
def test_stateful_chunks_equal_one_long_pass(name):
    plain = made(name, return_sequences=True)
    stateful = made(name, return_sequences=True, stateful=True)
    stateful.set_weights(plain.get_weights())
    (x,) = draws((BATCH, 8, FEATURES))
    chunks = [ops.convert_to_numpy(stateful(x[:, i : i + 4])) for i in (0, 4)]
    assert relative_error(np.concatenate(chunks, axis=1), plain(x)) < TOLERANCE[DTYPE]


# Row 44.
@pytest.mark.parametrize("name", ["dtriv", "eurnn"])  # nnRNN: test_stair_layers.py
def test_trained_models_are_saved_and_loaded(name, tmp_path):
    layer_class, own = LAYERS[name]
    model = keras.Sequential(
        [
            keras.Input((TIME, FEATURES)),
            keras.layers.Masking(),
            keras.layers.Bidirectional(layer_class(UNITS, dropout=0.1, **own)),
            keras.layers.Dense(2),
        ]
    )
    x, y = draws((8, TIME, FEATURES), (8, 2), dtype="float32")
    # Without a graph, which takes longer to trace than this training.
    model.compile(RMSpropTorch(1e-2), "mse", run_eagerly=True)
    before = model.get_weights()
    model.fit(x, y, batch_size=4, verbose=0)
    moved = [
        not np.array_equal(a, b)
        for a, b in zip(before, model.get_weights(), strict=True)
    ]
    assert all(moved[i] for i, w in enumerate(model.weights) if "kernel" in w.name)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[1].forward_layer) is layer_class
    np.testing.assert_array_equal(loaded(x), model(x))


@EVERY
def test_configuration_round_trips(name):
    layer = made(name)
    again = type(layer).from_config(layer.get_config())
    assert unbuilt(again.get_config()) == unbuilt(layer.get_config())
    cell = type(layer.cell).from_config(layer.cell.get_config())
    assert unbuilt(cell.get_config()) == unbuilt(layer.cell.get_config())


@EVERY
def test_a_cell_in_kerass_own_layer_gives_the_same(name):
    layer = made(name, return_sequences=True)
    plain = keras.layers.RNN(layer.cell, return_sequences=True, dtype=DTYPE)
    (x,) = draws((BATCH, TIME, FEATURES))
    assert relative_error(layer(x), plain(x)) < TOLERANCE[DTYPE]


@EVERY
def test_mixed_precision_computes_in_half_and_keeps_the_variables(name):
    layer = made(name, dtype="mixed_bfloat16", return_sequences=True)
    exact = made(name, dtype="float32", return_sequences=True)
    exact.set_weights(layer.get_weights())
    (x,) = draws((BATCH, TIME, FEATURES), dtype="float32")
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    dtypes = {keras.backend.standardize_dtype(w.dtype) for w in layer.trainable_weights}
    assert dtypes == {"float32"}
    error = relative_error(ops.convert_to_numpy(ops.cast(y, "float32")), exact(x))
    assert error < 0.1  # eight bits, seven steps


@pytest.mark.parametrize("name", ["exp", "nnrnn", "eurnn"])
def test_kerass_own_layer_checks_pass(name):
    from keras.src import testing  # private, and the only form of these checks

    layer_class, own = LAYERS[name]
    testing.TestCase().run_layer_test(
        layer_class,
        init_kwargs={"units": 4, **own},
        input_shape=(3, 2, 4),
        expected_output_shape=(3, 4),
        expected_num_seed_generators=1,
        expected_num_losses=1 if name == "nnrnn" else 0,
        supports_masking=True,
        run_mixed_precision_check=False,  # its bound is that of one product
    )


def test_recurrent_dropout_runs_in_kerass_own_loop():
    layer = made("nnrnn", recurrent_dropout=0.5, return_sequences=True)
    (x,) = draws((BATCH, TIME, FEATURES))
    with_dropout, without = (layer(x, training=t) for t in (True, False))
    assert relative_error(with_dropout, without) > 0.05
    assert relative_error(layer(x, training=False), without) == 0


# Row 18.
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NNRNN(7), "even number of units. Received: units=7"),
        (lambda: EURNN(7), "even number of units. Received: units=7"),
        (lambda: EURNN(8, capacity=3), "Received: capacity=3"),  # Row 21
        (lambda: EURNN(8, capacity=10), "at most the number of units, 8"),
        (lambda: EURNN(12, fft=True), "power of two. Received: units=12"),
        (lambda: ExpRNN(0), "positive integer"),
        (lambda: ExpRNN(4, recurrent_initializer="zeros"), "recurrent_initializer"),
        (lambda: NNRNN(4, t_mask="none"), "t_mask"),
        (lambda: NNRNN(4, gamma_penalty=-1), "gamma_penalty"),
        (lambda: ParametrizedRNN(4, "orthogonal"), "parametrization"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, words):
    with pytest.raises(ValueError, match=words) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_unknown_arguments_are_named():
    with pytest.raises((TypeError, ValueError), match="hidden"):
        ExpRNN(4, hidden=3)


def test_variables_have_the_names_that_optimizers_go_by():
    layer = made("nnrnn")
    assert {w.name for w in layer.trainable_variables} == {
        "kernel",
        "offset",
        "skew",
        "theta",
        "gamma",
        "upper",
    }
    assert NonNormalRNN is NNRNN


def test_nnrnn_starts_orthogonal_and_without_penalty():
    layer = made("nnrnn")
    v = ops.convert_to_numpy(layer.cell.recurrent_kernel)
    np.testing.assert_allclose(v @ v.T, np.eye(UNITS), atol=5e-6)
    assert float(sum(layer.losses)) == 0.0


# Row 14: in plain `fit` the loss contains the penalty.
def test_penalty_is_part_of_the_loss_of_plain_fit():
    layer = NNRNN(UNITS, gamma_penalty=0.5)
    model = keras.Sequential([keras.Input((TIME, FEATURES)), layer])
    model.compile("sgd", "mse")
    x, y = draws((4, TIME, FEATURES), (4, UNITS), dtype="float32")
    without = model.evaluate(x, y, verbose=0)
    layer.parametrization.gamma.assign(np.full(UNITS // 2, 1.2))
    layer.parametrization.gamma_penalty = 0.0
    inside = np.mean((ops.convert_to_numpy(layer(x)) - y) ** 2)
    assert without > 0
    expected = inside + 0.5 * (UNITS // 2) * 0.2**2
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_free_matrix_is_the_plain_recurrent_network():
    free = ParametrizedRNN(UNITS, Free(dtype=DTYPE), return_sequences=True, dtype=DTYPE)
    plain = FusedSimpleRNN(UNITS, return_sequences=True, dtype=DTYPE)
    (x,) = draws((BATCH, TIME, FEATURES))
    free.build(x.shape)
    plain.build(x.shape)
    weights = {w.name: ops.convert_to_numpy(w) for w in free.weights}
    plain.set_weights([weights[w.name] for w in plain.weights])
    assert relative_error(free(x), plain(x)) < TOLERANCE[DTYPE]


def test_any_parametrization_is_saved_and_loaded(tmp_path):
    model = keras.Sequential([keras.Input((None, 3)), ParametrizedRNN(4, Free())])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    (x,) = draws((2, 5, 3), dtype="float32")
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_signature_is_that_of_the_cell():
    import inspect

    assert "skew_initializer" in inspect.signature(ExpRNN).parameters
    assert list(inspect.signature(NNRNN).parameters)[:2] == ["units", "activation"]


@pytest.mark.parametrize("cell_class", [ExpRNNCell, NNRNNCell, EURNNCell])
def test_cells_stack(cell_class):
    stack = keras.layers.RNN([cell_class(4), cell_class(4)])
    (x,) = draws((2, 3, FEATURES), dtype="float32")
    assert tuple(stack(x).shape) == (2, 4)


GATED = pytest.mark.parametrize(
    ("fused_class", "plain_class", "states"),
    [(FusedLSTM, keras.layers.LSTM, 2), (FusedGRU, keras.layers.GRU, 1)],
    ids=["lstm", "gru"],
)


@GATED
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"use_bias": False, "go_backwards": True},
        {"activation": "relu", "recurrent_activation": "hard_sigmoid"},
        {"dropout": 0.3, "seed": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("masked", [False, True])
def test_fused_gates_are_kerass_gates(
    fused_class, plain_class, states, arguments, masked
):
    assert_same_gates(fused_class, plain_class, states, arguments, masked)


@GATED
@pytest.mark.compiled
def test_compiled_gates_are_kerass_gates(fused_class, plain_class, states):
    assert_same_gates(fused_class, plain_class, states, {}, masked=states == 2)


def assert_same_gates(fused_class, plain_class, states, arguments, masked):
    plain, fused = (
        layer_class(
            UNITS, return_sequences=True, return_state=True, dtype=DTYPE, **arguments
        )
        for layer_class in (plain_class, fused_class)
    )
    for layer in (plain, fused):
        layer.build((BATCH, TIME, FEATURES))
    weights = draws(*(w.shape for w in plain.weights))
    plain.set_weights(weights)
    fused.set_weights(weights)
    final = [(BATCH, UNITS)] * states
    drawn = draws((BATCH, TIME, FEATURES), *final, (BATCH, TIME, UNITS), *final)
    inputs, cotangents = drawn[: 1 + states], drawn[1 + states :]
    call = {"mask": a_mask()} if masked else {}
    expected, actual = (
        layer_values_and_gradients(layer, inputs, cotangents, training=True, **call)
        for layer in (plain, fused)
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < TOLERANCE[DTYPE], errors
    assert [w.name for w in fused.weights] == [w.name for w in plain.weights]


def test_a_gru_that_resets_before_its_product_runs_in_kerass_own_loop():
    layers = [c(UNITS, reset_after=False) for c in (keras.layers.GRU, FusedGRU)]
    (x,) = draws((BATCH, TIME, FEATURES), dtype="float32")
    for layer in layers:
        layer.build(x.shape)
    layers[1].set_weights(layers[0].get_weights())
    assert relative_error(layers[1](x), layers[0](x)) < 1e-6


@pytest.mark.parametrize(
    ("layer_class", "arguments", "name"),
    [
        (FusedSimpleRNN, {"activation": "modrelu"}, "modrelu/offset"),
        (FusedSimpleRNN, {"activation": "gamma"}, "gamma/gain"),
        (ExpRNN, {}, "cell/modrelu/offset"),
        (NNRNN, {"activation": "gamma2"}, "cell/gamma2/saturation"),
        (EURNN, {}, "cell/modrelu/offset"),
    ],
)
def test_weights_of_activations_have_the_same_path_in_every_model(
    layer_class, arguments, name
):
    def model():
        layer = layer_class(UNITS, name="recurrent", **arguments)
        return keras.Sequential([keras.Input((TIME, FEATURES)), layer], name="model")

    models = [model(), model()]
    models += [keras.models.clone_model(models[1])]
    for each in models:
        assert sum(w.path.endswith("recurrent/" + name) for w in each.weights) == 1
