"""The spiking network: golden traces, gradients and Jacobians; what Keras expects."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.layers import ALIF, ALIFCell
from tests.golden import cases, variants
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
)

BATCH, TIME, FEATURES, UNITS = 3, 14, 5, 6
GOLDEN_NAMES = {
    "tau": "tau",
    "tau_adaptation": "tau_adaptation",
    "threshold": "thr",
    "beta": "beta",
    "kernel": "input_weights",
    "recurrent_kernel": "recurrent_weights",
}


def numpy(tensor):
    return ops.convert_to_numpy(ops.convert_to_tensor(tensor))


def tensors(*arrays):
    return tuple(map(ops.convert_to_tensor, arrays))


def draws(*shapes, dtype=DTYPE):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def slow(units=UNITS, features=FEATURES, **arguments):
    """A layer whose time constants are long enough for all states to matter."""
    keras.utils.set_random_seed(1)
    start = {"tau": 3.0, "tau_adaptation": 8.0, "threshold": 0.3}
    layer = ALIF(units, **{"dtype": DTYPE, **start, **arguments})
    layer.build((BATCH, TIME, features))
    return layer


@functools.cache
def shared(units=UNITS, features=FEATURES):
    """One layer for several tests, because it is compiled once."""
    return slow(units, features, return_sequences=True)


def with_golden_weights(layer, g, prefix=""):
    for name, other in GOLDEN_NAMES.items():
        getattr(layer, name).assign(g[f"{prefix}w_{other}"])
    return layer


# LSC row 38
@pytest.mark.parametrize(("network", "kind"), variants("lsc/alif_*_*"))
def test_spikes_states_and_gradients_are_the_published_ones(golden, network, kind):
    g = golden(f"lsc/alif_{network}_{kind}")
    features, units = g["w_input_weights"].shape
    layer = shared(units, features)
    assert [w.name for w in layer.trainable_weights] == list(GOLDEN_NAMES)
    with_golden_weights(layer.cell, g)
    x, d_spikes = (g[name].astype(DTYPE) for name in ("x", "Gz"))
    spikes, *gradients, _ = layer_values_and_gradients(layer, [x], [d_spikes])
    np.testing.assert_array_equal(spikes, g["z"])
    for name, gradient in zip(GOLDEN_NAMES.values(), gradients, strict=True):
        assert relative_error(gradient, g[f"grad_{name}"]) < 5e-6, name

    states = layer.cell.get_initial_state(len(x))
    for t in range(x.shape[1]):
        _, states = layer.cell(x[:, t], states)
        for name, state in zip("zva", states, strict=True):
            np.testing.assert_allclose(numpy(state), g[name][:, t], atol=2e-6)


# LSC row 5
# LSC row 6
@pytest.mark.parametrize(
    "network", cases("lsc/cell_jacobians", r"(\w+)_w_tau_adaptation")
)
def test_jacobians_of_compact_states_are_the_published_ones(golden, network):
    g = golden("lsc/cell_jacobians")
    features, units = g[f"{network}_w_input_weights"].shape
    cell = slow(units, features).cell
    with_golden_weights(cell, g, f"{network}_")
    names = [f"{network}_{name}" for name in ("x", "state0", "state1")]
    point = [g[name].astype(DTYPE) for name in names]

    def step(x, v, a):
        return cell.compact(cell(x, cell.expand((v, a)))[1])

    _, v, a = point
    # Every row of the Jacobian by a copy of the batch.
    batch, rows = len(v), np.eye(2 * units, dtype=DTYPE)
    copies = tensors(*(np.repeat(each, len(rows), axis=0) for each in point))
    after, pullback = _backend.vjp(step, *copies)
    for i, state in enumerate(after):
        expected = g[f"{network}_next{i}"]
        np.testing.assert_allclose(numpy(state)[:: len(rows)], expected, atol=2e-6)
    cotangents = np.split(np.tile(rows, (batch, 1)), 2, axis=1)
    by_x, by_v, by_a = (
        numpy(d).reshape(batch, len(rows), -1) for d in pullback(tensors(*cotangents))
    )
    by_state = np.concatenate([by_v, by_a], axis=2)
    np.testing.assert_allclose(by_state, g[f"{network}_J_state"], atol=2e-6)
    np.testing.assert_allclose(by_x, g[f"{network}_J_input"], atol=2e-6)

    # What lies above sees the states through the spikes alone.
    _, pullback = _backend.vjp(lambda v, a: (cell.expand((v, a))[0],), *tensors(v, a))
    slopes, ones = cell.output_slopes(*tensors(v, a)), tensors(np.ones_like(v))
    for slope, by in zip(slopes, pullback(ones), strict=True):
        np.testing.assert_allclose(numpy(slope), numpy(by), atol=1e-6)


# LSC row 39
def test_recomputed_spikes_change_no_gradient_but_that_of_the_first_step():
    cell = slow().cell
    x, v, a = draws((4, BATCH, FEATURES), (BATCH, UNITS), (BATCH, UNITS))
    z = numpy(cell.expand((v, a))[0])
    assert 0 < z.mean() < 1

    def run(x, z, v, a, recompute):
        states = [z, v, a]
        for t in range(4):
            states = cell.expand(cell.compact(states)) if recompute else states
            states = cell(x[t], states)[1]
        return tuple(states)

    full, compact = (
        _backend.vjp(
            lambda *args, r=recompute: run(*args, r),
            *tensors(x, z, v, a),
        )
        for recompute in (False, True)
    )
    cotangents = tensors(*draws(*[(BATCH, UNITS)] * 3))
    for one, other in zip(full[0], compact[0], strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))
    dx, dz, *before = (numpy(d) for d in full[1](cotangents))
    dx2, _, *compact_before = (numpy(d) for d in compact[1](cotangents))
    assert relative_error(dx2, dx) < TOLERANCE[DTYPE]
    slopes = map(numpy, cell.output_slopes(v, a))
    for d, d2, slope in zip(before, compact_before, slopes, strict=True):
        assert relative_error(d2, d + slope * dz) < TOLERANCE[DTYPE]


@pytest.mark.parametrize("case", ["plain", "backwards", "masked", "stair"])
def test_compiled_loop_gives_the_numbers_of_kerass_own_loop(case):
    loop = {"return_sequences": True, "return_state": True}
    loop["go_backwards"] = case == "backwards"
    stair = "expn" if case == "stair" else None
    layer = slow(**loop, stair=stair)
    plain = keras.layers.RNN(layer.cell, dtype=DTYPE, **loop)
    plain.build((BATCH, TIME, FEATURES))
    x, *rest = draws(
        *[(BATCH, TIME, FEATURES)], *[(BATCH, UNITS)] * 5, (BATCH, TIME, UNITS)
    )
    states, cotangents = rest[:3], [rest[-1], *rest[2:5]]
    extra = [np.zeros((BATCH, 1), DTYPE)] if stair else []
    mask = np.random.default_rng(3).random((BATCH, TIME)) > 0.4
    mask[0] = False
    call = {"mask": ops.convert_to_tensor(mask)} if case == "masked" else {}
    actual, expected = (
        layer_values_and_gradients(
            each, [x, *states, *extra], [*cotangents, *extra], **call
        )
        for each in (layer, plain)
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < 20 * TOLERANCE[DTYPE], errors


# LSC row 39
def test_starts_are_the_published_draws_and_no_neuron_drives_itself():
    keras.utils.set_random_seed(1)
    cell = ALIFCell(2000, tau_adaptation=250, kernel_initializer="zeros")
    cell.build((None, 50))
    means = {"tau": 0.1, "tau_adaptation": 250, "threshold": 0.01, "beta": 1.8}
    for name, mean in means.items():
        values = numpy(getattr(cell, name))
        assert values.mean() == pytest.approx(mean, rel=0.03)
        # A normal draw cut at two deviations deviates by 0.88 of what it was.
        assert values.std() == pytest.approx(0.88 * 3 / 7 * mean, rel=0.05)
        assert values.min() >= mean / 7
    signed = ALIFCell(2000, signed_beta=True, recurrent_initializer="zeros")
    signed.build((None, 50))
    beta = numpy(signed.beta)
    assert beta.std() == pytest.approx(1.8 / 50**0.5, rel=0.05)
    assert abs(beta.mean()) < 0.03
    matrix = numpy(cell.recurrent_matrix())
    assert not np.diag(matrix).any()
    assert np.count_nonzero(matrix) > 0.99 * 2000 * 1999


# LSC row 62
def test_training_keeps_time_constants_and_thresholds_positive():
    layer = shared()
    weights = layer.get_weights()
    optimizer = keras.optimizers.SGD(1e9)
    ones = [ops.ones_like(w.value) for w in layer.trainable_variables]
    optimizer.apply(ones, layer.trainable_variables)
    for name in ("tau", "tau_adaptation", "threshold"):
        values = numpy(getattr(layer.cell, name))
        assert np.all((values > 0) & (values < 0.01)), name
    assert numpy(layer.cell.beta).max() < 0
    x, d_spikes = draws((BATCH, TIME, FEATURES), (BATCH, TIME, UNITS))
    outputs = layer_values_and_gradients(layer, [x], [d_spikes])
    assert all(np.isfinite(each).all() for each in outputs)
    layer.set_weights(weights)


def test_trained_models_are_saved_and_loaded(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((TIME, FEATURES)),
            ALIF(UNITS, tau=2, beta="ones", signed_beta=True, dropout=0.1),
            keras.layers.Dense(2),
        ]
    )
    x, y = draws((8, TIME, FEATURES), (8, 2), dtype="float32")
    # Without a graph, which takes longer to trace than this training.
    model.compile(keras.optimizers.Adam(1e-2), "mse", run_eagerly=True)
    before = model.get_weights()
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    after = model.get_weights()
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(*(numpy(each(x)) for each in (model, loaded)), atol=1e-6)
    layer = loaded.layers[0]
    assert layer.get_config() == model.layers[0].get_config()
    backward = keras.layers.Bidirectional(layer).backward_layer
    assert backward.get_config() == {
        **layer.get_config(),
        "go_backwards": True,
        "name": backward.name,
    }


def test_stateful_chunks_equal_one_long_pass():
    whole, stateful = shared(), slow(return_sequences=True, stateful=True)
    stateful.set_weights(whole.get_weights())
    (x,) = draws((BATCH, 8, FEATURES))
    chunks = [numpy(stateful(x[:, i : i + 4])) for i in (0, 4)]
    np.testing.assert_array_equal(np.concatenate(chunks, axis=1), numpy(whole(x)))


def test_mixed_precision_computes_in_half_and_keeps_the_variables():
    layer = slow(dtype="mixed_float16", return_sequences=True)
    assert {w.dtype for w in layer.weights} == {"float32"}
    exact = shared()
    layer.set_weights(exact.get_weights())
    (x,) = draws((BATCH, TIME, FEATURES), dtype="float32")
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == "float16"
    assert np.mean(numpy(y) != numpy(exact(x))) < 0.02  # at the edge of the threshold


def test_recurrent_dropout_runs_in_kerass_own_loop():
    layer = slow(recurrent_dropout=0.5, return_sequences=True)
    layer.set_weights(shared().get_weights())
    (x,) = draws((BATCH, TIME, FEATURES))
    assert not np.array_equal(numpy(layer(x, training=True)), numpy(shared()(x)))


@pytest.mark.parametrize("name", ["tau", "tau_adaptation", "threshold"])
def test_numbers_that_are_not_positive_are_refused(name):
    with pytest.raises(ValueError, match=rf"`{name}`.*Received: {name}=-1.0"):
        ALIF(4, **{name: -1})
