"""Layers with a stair, and the cell that gives one to any other."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.activations import Stair, stair_heights
from keras_nonnormal.layers import (
    EURNN,
    NNRNN,
    ExpRNN,
    FusedLSTM,
    FusedSimpleRNN,
    ParametrizedRNN,
    StairCell,
    StairRNN,
)
from keras_nonnormal.optimizers import RMSpropTorch
from keras_nonnormal.parametrizations import Orthogonal
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
    unbuilt,
)

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 6

# One for each kind of loop, of stair and of class.
LAYERS = {
    "plain": (FusedSimpleRNN, {"activation": "modrelu", "stair": "n"}),
    "tanh, alpha": (FusedSimpleRNN, {"stair": "alpha"}),
    "gelu": (FusedSimpleRNN, {"activation": "gelu", "stair": "logn"}),
    "exp": (ExpRNN, {"stair": "n2"}),
    "exp, exp-alpha": (ExpRNN, {"stair": "expalpha"}),
    "nnrnn, alpha": (NNRNN, {"stair": "alpha", "use_bias": True}),
    "eurnn": (EURNN, {"stair": "sqrtlogn"}),
    "lstm": (FusedLSTM, {"stair": "logn"}),
    "stair": (StairRNN, {"stair": "expn"}),
    "stair, exp-alpha": (StairRNN, {"stair": "expalpha", "parametrization": "schur"}),
}
EVERY = pytest.mark.parametrize("name", LAYERS)
REAL = pytest.mark.parametrize("name", [n for n in LAYERS if n != "eurnn"])


def made(name, dtype=DTYPE, shape=(BATCH, TIME, FEATURES), **arguments):
    keras.utils.set_random_seed(1)
    layer_class, own = LAYERS[name]
    layer = layer_class(UNITS, **{**own, "dtype": dtype, **arguments})
    layer.build(shape)
    heights = np.random.default_rng(4).uniform(0.5, 1.5, 2 * TIME)
    if layer.stair.inside:
        heights = heights / 20  # else the states grow without bound
    for variable in layer.trainable_variables:
        if variable.name == "alpha":  # no two steps alike
            variable.assign(heights[: variable.shape[0]])
    return layer


def long_enough(name):
    """Arguments with which a learned stair serves two sequences, one on the other."""
    stair = LAYERS[name][1]["stair"]
    return {"stair": Stair(stair, max_steps=2 * TIME, dtype=DTYPE)}


def draws(*shapes, dtype=DTYPE):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def states(layer, step):
    """Random states of a layer that has come to a time step."""
    sizes = layer.state_size[:-1]
    return [
        *draws(*((BATCH, size) for size in sizes)),
        np.full((BATCH, 1), step, DTYPE),
    ]


def a_mask():
    mask = np.random.default_rng(3).random((BATCH, TIME)) > 0.4
    mask[0] = False
    return ops.convert_to_tensor(mask)


# XLA once for each place of a stair: before the matrix, inside phi, learned.
COMPILED = ("exp, exp-alpha", "lstm", "nnrnn, alpha")


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.compiled] * (n in COMPILED)) for n in LAYERS],
)
def test_fused_loop_gives_the_numbers_of_kerass_own_loop(name):
    if name == "eurnn" and keras.backend.backend() == "jax":
        pytest.skip("Keras on JAX has no such loop")
    loop = {"return_sequences": True, "return_state": True}
    fused = made(name, **loop, **long_enough(name))
    plain = keras.layers.RNN(fused.cell, dtype=DTYPE, **loop)
    plain.build((BATCH, TIME, FEATURES))
    initial = states(fused, step=5)
    x, *cotangents = draws(
        (BATCH, TIME, FEATURES), (BATCH, TIME, UNITS), *(s.shape for s in initial)
    )
    actual, expected = (
        layer_values_and_gradients(layer, [x, *initial], cotangents, mask=a_mask())
        for layer in (fused, plain)
    )
    names = ["output", *["state"] * len(initial)]
    names += [w.name for w in fused.trainable_variables]
    # The gradient by the time step means nothing, and the loops differ in it.
    errors = [
        relative_error(a, e) for a, e in zip(actual[:-1], expected[:-1], strict=True)
    ]
    assert max(errors) < 20 * TOLERANCE[DTYPE], dict(
        zip([*names, "x", *["initial"] * len(initial)], errors, strict=False)
    )


@REAL
def test_unrolled_loop_gives_the_same(name):
    fused, unrolled = (
        made(name, return_sequences=True, unroll=unroll) for unroll in (False, True)
    )
    unrolled.set_weights(fused.get_weights())
    (x,) = draws((BATCH, TIME, FEATURES))
    assert relative_error(unrolled(x), fused(x)) < TOLERANCE[DTYPE]


def test_heights_multiply_what_comes_out_of_a_step():
    layer = made("plain", return_sequences=True)
    bare = FusedSimpleRNN(UNITS, "modrelu", return_sequences=True, dtype=DTYPE)
    bare.build((BATCH, TIME, FEATURES))
    bare.set_weights(layer.get_weights())
    (x,) = draws((BATCH, TIME, FEATURES))
    first = ops.convert_to_numpy(bare(x))[:, 0] * stair_heights("n", np.zeros(1))
    assert relative_error(ops.convert_to_numpy(layer(x))[:, 0], first) < 1e-6


def test_without_a_stair_a_layer_is_what_it_was():
    for stair in (None, "none", Stair("none")):
        layer = FusedSimpleRNN(UNITS, stair=stair)
        assert layer.stair is None
        assert list(layer.state_size) == [UNITS]
        assert "stair" not in layer.get_config()


# Rows S23 and S31: the time step is a state like the others.
@EVERY
def test_stateful_chunks_carry_the_step_on(name):
    plain = made(name, return_sequences=True, **long_enough(name))
    chunked = made(name, return_sequences=True, stateful=True, **long_enough(name))
    chunked.set_weights([w for w in plain.get_weights()] + chunked_states(chunked))
    (x,) = draws((BATCH, 2 * TIME, FEATURES))
    chunks = [ops.convert_to_numpy(chunked(x[:, i : i + TIME])) for i in (0, TIME)]
    error = relative_error(np.concatenate(chunks, axis=1), plain(x))
    assert error < 10 * TOLERANCE[DTYPE]
    assert float(chunked.states[-1][0, 0]) == 2 * TIME
    chunked.reset_state()
    assert relative_error(chunked(x[:, :TIME]), chunks[0]) < TOLERANCE[DTYPE]


def chunked_states(layer):
    return [ops.convert_to_numpy(w) for w in layer.weights if "rnn_state" in w.path]


@EVERY
@pytest.mark.parametrize("unroll", [False, True])
def test_reset_step_begins_the_stair_anew_and_keeps_the_state(name, unroll):
    layer = made(name, return_sequences=True, reset_step=True, unroll=unroll)
    (x,) = draws((BATCH, TIME, FEATURES))
    later, new = (layer(x, initial_state=states(layer, s)) for s in (50, 0))
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (later, new)))
    assert relative_error(new, layer(x)) > 0.01


def test_a_masked_step_is_no_step_of_the_stair():
    layer = made("tanh, alpha", return_state=True)
    (x,) = draws((BATCH, TIME, FEATURES))
    mask = np.zeros((BATCH, TIME), bool)
    mask[:, 2:5] = True
    output, state, step = layer(x, mask=ops.convert_to_tensor(mask))
    short = layer(x[:, 2:5])[0]
    assert relative_error(output, short) < TOLERANCE[DTYPE]
    assert relative_error(state, short) < TOLERANCE[DTYPE]
    assert ops.convert_to_numpy(step).tolist() == [[3.0]] * BATCH


# Row S7.
@pytest.mark.parametrize("stair", ["alpha", "expalpha"])
def test_learned_stair_is_as_long_as_the_sequences_it_is_built_for(stair):
    layer = StairRNN(UNITS, stair)
    layer.build((None, 9, FEATURES))
    alpha = ops.convert_to_numpy(layer.stair.alpha)
    assert alpha.shape == (9,)
    if stair == "alpha":
        assert np.all(alpha == 1)
    else:
        assert np.all((alpha >= 0) & (alpha < 1))
        assert np.ptp(alpha) > 0
    shorter = layer(np.zeros((2, 5, FEATURES), "float32"))
    assert np.isfinite(ops.convert_to_numpy(shorter)).all()
    with pytest.raises(ValueError, match=r"max_steps=9 time steps\. Received: a seq"):
        layer(np.zeros((2, 10, FEATURES), "float32"))


@pytest.mark.parametrize(
    "layer",
    [
        StairRNN(UNITS, "alpha"),
        keras.layers.RNN(StairCell(keras.layers.GRUCell(UNITS), "alpha")),
    ],
)
def test_learned_stair_of_sequences_of_any_length_wants_a_limit(layer):
    with pytest.raises(ValueError, match="expected `max_steps`"):
        layer.build((None, None, FEATURES))


def test_learned_stair_that_goes_on_wants_a_limit():
    with pytest.raises(ValueError, match="expected `max_steps`"):
        StairRNN(UNITS, "alpha", stateful=True).build((2, 5, FEATURES))
    layer = StairRNN(UNITS, "alpha", stateful=True, reset_step=True)
    layer.build((2, 5, FEATURES))
    assert layer.stair.max_steps == 5


def test_steps_beyond_a_learned_stair_are_not_a_number():
    layer = made("tanh, alpha")
    (x,) = draws((BATCH, TIME, FEATURES))
    y = ops.convert_to_numpy(layer(x, initial_state=states(layer, 1)))
    assert np.isnan(y).all()


# Row S13.
def test_lstm_scales_the_hidden_state_and_never_the_cell_state():
    layer = made("lstm", return_state=True)
    bare = FusedLSTM(UNITS, return_state=True, dtype=DTYPE)
    bare.build((BATCH, TIME, FEATURES))
    bare.set_weights(layer.get_weights())
    (x,) = draws((BATCH, 1, FEATURES))
    _, h, c, step = layer(x)
    _, bare_h, bare_c = bare(x)
    rho = stair_heights("logn", np.zeros(1))
    assert rho < 0  # the published formula turns the first state around
    assert relative_error(h, ops.convert_to_numpy(bare_h) * rho) < 1e-6
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (c, bare_c)))
    assert ops.convert_to_numpy(step).tolist() == [[1.0]] * BATCH


def test_any_cell_can_have_a_stair():
    cell = StairCell(keras.layers.GRUCell(UNITS), "n2")
    layer = keras.layers.RNN([cell, StairCell(keras.layers.LSTMCell(5), "n")])
    (x,) = draws((BATCH, TIME, FEATURES), dtype="float32")
    assert tuple(layer(x).shape) == (BATCH, 5)
    inside = keras.layers.RNN(
        StairCell(keras.layers.SimpleRNNCell(5), Stair("expalpha", max_steps=TIME))
    )
    assert tuple(inside(x).shape) == (BATCH, 5)


@EVERY
def test_configuration_round_trips(name):
    layer = made(name)
    again = type(layer).from_config(layer.get_config())
    assert unbuilt(again.get_config()) == unbuilt(layer.get_config())
    assert again.stair.schedule == layer.stair.schedule
    assert again.reset_step is False
    cell = type(layer.cell).from_config(layer.cell.get_config())
    assert unbuilt(cell.get_config()) == unbuilt(layer.cell.get_config())


@pytest.mark.parametrize("parametrization", [None, "exp", "schur", Orthogonal("haar")])
@pytest.mark.parametrize("stair", [None, "alpha"])
def test_stair_rnn_round_trips_with_every_parametrization(parametrization, stair):
    layer = StairRNN(UNITS, stair, parametrization, reset_step=True)
    layer.build((None, TIME, FEATURES))
    again = StairRNN.from_config(layer.get_config())
    again.build((None, TIME, FEATURES))
    assert unbuilt(again.get_config()) == unbuilt(layer.get_config())
    assert again.reset_step
    shapes = [[(w.name, w.shape) for w in each.weights] for each in (layer, again)]
    assert shapes[0] == shapes[1]


# Row S31.
@pytest.mark.parametrize("name", ["exp, exp-alpha", "nnrnn, alpha"])
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
    graph = name.startswith("nnrnn")  # once; it takes longer to trace than to train
    model.compile(RMSpropTorch(1e-2), "mse", jit_compile=False, run_eagerly=not graph)
    before = {w.path: ops.convert_to_numpy(w) for w in model.trainable_weights}
    model.fit(x, y, batch_size=4, verbose=0)
    for w in model.trainable_weights:
        if w.name in ("kernel", "alpha"):
            assert not np.array_equal(before[w.path], w), w.path
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[1].forward_layer) is layer_class
    assert loaded.layers[1].forward_layer.stair.schedule == own["stair"]
    np.testing.assert_array_equal(loaded(x), model(x))


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


@pytest.mark.parametrize("unroll", [False, True])
def test_a_stair_computes_in_the_dtype_of_its_layer(unroll):
    stair = Stair("alpha")
    layer = FusedSimpleRNN(UNITS, stair=stair, dtype=DTYPE, unroll=unroll)
    (x,) = draws((BATCH, TIME, FEATURES))
    assert keras.backend.standardize_dtype(layer(x).dtype) == DTYPE


def test_every_weight_is_there_once():
    for name in LAYERS:
        layer = made(name)
        paths = [w.path for w in layer.weights]
        assert len(set(paths)) == len(paths)
        assert len([w for w in layer.weights if w.name == "kernel"]) == 1


def test_kerass_own_layer_checks_pass():
    from keras.src import testing  # private, and the only form of these checks

    testing.TestCase().run_layer_test(
        StairRNN,
        init_kwargs={"units": 4, "stair": "alpha", "parametrization": "exp"},
        input_shape=(3, 2, 4),
        expected_output_shape=(3, 4),
        expected_num_seed_generators=1,
        expected_num_losses=0,
        supports_masking=True,
        run_mixed_precision_check=False,  # its bound is that of one product
    )


def test_recurrent_dropout_runs_in_kerass_own_loop():
    layer = made("nnrnn, alpha", recurrent_dropout=0.5, return_sequences=True)
    (x,) = draws((BATCH, TIME, FEATURES))
    with_dropout, without = (layer(x, training=t) for t in (True, False))
    assert relative_error(with_dropout, without) > 0.05
    assert relative_error(layer(x, training=False), without) == 0


# Row S2.
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FusedSimpleRNN(4, stair="sqrtlogn2"), "Received: 'sqrtlogn2'"),
        (lambda: StairRNN(4, parametrization="cayley"), "Received: parametrization="),
        (lambda: StairRNN(7, parametrization="schur"), "even number of units"),
        (lambda: FusedLSTM(4, stair="expalpha"), "the one nonlinearity of a simple"),
        (lambda: StairCell(keras.layers.GRUCell(3), "expalpha"), "for a GRUCell"),
        (lambda: StairCell(keras.layers.GRUCell(3), None), "Received: stair=None"),
        (lambda: Stair("alpha", max_steps=0), "Received: max_steps=0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, words):
    with pytest.raises(ValueError, match=words) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_signatures_say_stair():
    for layer_class in (FusedSimpleRNN, FusedLSTM, ExpRNN, NNRNN, EURNN, StairRNN):
        parameters = inspect.signature(layer_class).parameters
        assert {"units", "stair", "reset_step"} <= set(parameters)
    assert list(inspect.signature(StairRNN).parameters)[:2] == ["units", "stair"]
    assert ParametrizedRNN(3, Orthogonal(), stair="n").stair.schedule == "n"


@pytest.mark.parametrize("stair", ["n2", "expalpha"])
def test_cells_with_dropout_draw_masks_anew_for_each_call_below_a_stair(stair):
    stair = Stair(stair, max_steps=2 * TIME) if stair == "expalpha" else stair
    cell = keras.layers.SimpleRNNCell(UNITS, dropout=0.5, recurrent_dropout=0.5, seed=1)
    layer = keras.layers.RNN(StairCell(cell, stair))
    x = np.ones((1, TIME, 50), "float32")
    first, second = (np.asarray(layer(x, training=True)) for _ in range(2))
    assert not np.allclose(first, second)
    np.testing.assert_array_equal(layer(x), layer(x))
    # Batches and lengths of any size, in graphs as well.
    model = keras.Sequential([layer])
    model.compile("sgd", "mse")
    for batch, time in ((2, TIME), (3, TIME - 1), (2, TIME - 2)):
        model.fit(np.ones((batch, time, 50)), np.zeros((batch, UNITS)), verbose=0)


def test_a_mask_is_the_same_at_all_steps_of_a_call_below_a_stair():
    # h_j is the masked input, and each input is the same.
    cell = keras.layers.SimpleRNNCell(
        UNITS,
        activation="linear",
        kernel_initializer="identity",
        recurrent_initializer="zeros",
        dropout=0.5,
        seed=1,
    )
    layer = keras.layers.RNN(StairCell(cell, "n2"), return_sequences=True)
    h = np.asarray(layer(np.ones((1, TIME, UNITS), "float32"), training=True))[0]
    dropped = h == 0
    assert 0 < dropped[0].sum() < UNITS
    np.testing.assert_array_equal(dropped, np.broadcast_to(dropped[0], dropped.shape))
