"""The linear recurrent unit and its block: golden outputs, loop and scan, Keras."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.layers import LRU, LRUBlock
from keras_nonnormal.layers.linear_scan import linear_scan
from tests.helpers import (
    DTYPE,
    TOLERANCE,
    layer_values_and_gradients,
    relative_error,
    value_and_gradients,
)

BATCH, TIME, UNITS = 3, 10, 4
ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SCANS = ("loop", "associative")


def numpy(tensor):
    return ops.convert_to_numpy(ops.convert_to_tensor(tensor))


def draws(*shapes, dtype=DTYPE):
    random = np.random.default_rng(2)
    return [random.normal(size=shape).astype(dtype) for shape in shapes]


def built(layer_class, units=UNITS, **arguments):
    keras.utils.set_random_seed(1)
    arguments = {"dtype": DTYPE, "return_sequences": True, **arguments}
    layer = layer_class(units, **arguments)
    layer.build((BATCH, TIME, units))
    return layer


@functools.cache
def shared(layer_class, scan="loop", units=UNITS):
    """Layers for several tests, because they are compiled once."""
    return built(layer_class, units, scan=scan, return_state=True)


def a_mask():
    mask = np.random.default_rng(3).random((BATCH, TIME)) > 0.4
    mask[0] = False
    return ops.convert_to_tensor(mask)


def golden_weights(g, prefix):
    return [g[f"{prefix}_w_{i}"] for i in range(len(g[f"{prefix}_names"]))]


# LSC row 34
@pytest.mark.parametrize("scan", SCANS)
def test_outputs_and_states_are_the_published_ones(golden, scan):
    g = golden("lsc/lru")
    x = g["x"].astype(DTYPE)
    states = [g[f"state0_{part}"].astype(DTYPE) for part in ("re", "im")]
    layer = shared(LRU, scan, x.shape[-1])
    layer.set_weights(golden_weights(g, "lru"))
    results = *layer(x, initial_state=states), layer(x)[0]
    names = ("lru_y", "lru_state_re", "lru_state_im", "lru_y_zero_state")
    for result, name in zip(results, names, strict=True):
        np.testing.assert_allclose(numpy(result), g[name], atol=5e-6)
    block = shared(LRUBlock, scan, x.shape[-1])
    block.set_weights(golden_weights(g, "res0"))
    np.testing.assert_allclose(numpy(block(x)[0]), g["res0_y_zero_state"], atol=1e-5)


# LSC row 35
def test_jacobians_of_the_states_are_the_published_ones(golden):
    g = golden("lsc/lru")
    batch, _, units = g["lsc_input"].shape
    cells = [built(LRUBlock, units).cell for _ in range(2)]
    for cell, name in zip(cells, ("res0", "res1"), strict=True):
        cell.set_weights(golden_weights(g, name))
    size = 2 * cells[0].state_units
    u, *states = (
        np.repeat(g[f"lsc_{name}"].astype(DTYPE), size, axis=0)
        for name in ("input", "s1_re", "s1_im", "s2_re", "s2_im")
    )

    def step(re, im):
        between, lower = cells[0](u[:, 0], [re, im])
        _, upper = cells[1](between, states[2:])
        return *lower, *upper

    rows = np.split(np.tile(np.eye(size, dtype=DTYPE), (batch, 1)), 2, axis=1)
    zeros = [np.zeros_like(row) for row in rows]
    for name, cotangents in (("Mt", [*rows, *zeros]), ("Ml", [*zeros, *rows])):
        jacobian = value_and_gradients(step, states[:2], cotangents)[-2:]
        jacobian = np.concatenate(jacobian, axis=1).reshape(batch, size, size)
        np.testing.assert_allclose(jacobian, g[name], atol=2e-6)
        if name == "Mt":
            re, im = np.split(numpy(cells[0].decay()), 2)
            radius = np.abs(np.linalg.eigvals(jacobian)).max(axis=1)
            np.testing.assert_allclose(radius, np.hypot(re, im).max(), rtol=1e-6)
            np.testing.assert_allclose(radius, g["rho_t"], rtol=2e-6)


# LSC row 34
@pytest.mark.parametrize("layer_class", [LRU, LRUBlock])
@pytest.mark.parametrize("scan", SCANS)
# On JAX, Keras's loop does not mask outputs of another size than the state.
@pytest.mark.parametrize("masked", [False, True][: 1 + ON_TENSORFLOW])
def test_scans_give_the_numbers_and_gradients_of_kerass_own_loop(
    layer_class, scan, masked
):
    layer = shared(layer_class, scan)
    loop = {"return_sequences": True, "return_state": True}
    plain = keras.layers.RNN(layer.cell, dtype=DTYPE, **loop)
    plain.build((BATCH, TIME, UNITS))
    state = (BATCH, 2 * UNITS)
    x, y, *states = draws(*[(BATCH, TIME, UNITS)] * 2, *[state] * 4)
    call = {"mask": a_mask()} if masked else {}
    actual, expected = (
        layer_values_and_gradients(each, [x, *states[:2]], [y, *states[2:]], **call)
        for each in (layer, plain)
    )
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < 20 * TOLERANCE[DTYPE], errors


@pytest.mark.parametrize("length", [1, 6, 17])
@pytest.mark.parametrize("masked", [False, True])
def test_associative_scan_equals_the_recurrence_at_any_length(length, masked):
    drive, first = draws((length, 2, 6), (2, 6))
    decay = np.array([0.9, 0.5, 0.1, 0.3, -0.2, 0.0], DTYPE)
    mask = np.random.default_rng(3).random((length, 2, 1)) > 0.4
    keeps = mask if masked else np.ones_like(mask)
    x, expected = first[:, :3] + 1j * first[:, 3:], []
    for b, taken in zip(drive, keeps, strict=True):
        new = (decay[:3] + 1j * decay[3:]) * x + b[:, :3] + 1j * b[:, 3:]
        x = np.where(taken, new, x)
        expected.append(np.concatenate([x.real, x.imag], axis=1))
    mask = ops.convert_to_tensor(mask.astype(DTYPE)) if masked else None
    for associative in (False, True):
        states = linear_scan(
            *map(ops.convert_to_tensor, (decay, drive, first)), mask, associative
        )
        assert relative_error(numpy(states), np.stack(expected)) < TOLERANCE[DTYPE]


# LSC row 37
def test_gradients_of_the_associative_scan_have_gradients():
    """Of gradient norms by the decay, beside finite differences."""
    decay, drive, first = (
        np.array([0.7, 0.4, 0.2, -0.1]),
        *(0.5 * each for each in draws((5, 2, 4), (2, 4), dtype="float64")),
    )

    def squared_gradient(decay, drive):
        _, pullback = _backend.vjp(
            lambda decay: (linear_scan(decay, drive, first_, None, True),), decay
        )
        (gradient,) = pullback((ops.ones_like(drive),))
        return (ops.sum(ops.square(gradient)),)

    decay, drive, first = (each.astype(DTYPE) for each in (decay, drive, first))
    first_ = ops.convert_to_tensor(first)

    @_backend.jit
    def of_decay(decay, drive):
        _, pullback = _backend.vjp(squared_gradient, decay, drive)
        return pullback((ops.ones((), DTYPE),))

    gradient = numpy(of_decay(*map(ops.convert_to_tensor, (decay, drive)))[0])
    step = 1e-5 if DTYPE == "float64" else 1e-2
    for i, unit in enumerate(step * np.eye(4, dtype=DTYPE)):
        up, down = (
            float(squared_gradient(*map(ops.convert_to_tensor, (moved, drive)))[0])
            for moved in (decay + unit, decay - unit)
        )
        assert gradient[i] == pytest.approx((up - down) / (2 * step), rel=1e-2)


def test_starts_are_the_published_draws():
    keras.utils.set_random_seed(1)
    cell = LRU(64, 2000).cell
    cell.build((None, 64))
    re, im = np.split(numpy(cell.decay()), 2)
    radius, phase = np.hypot(re, im), np.arctan2(im, re)
    assert 0.4 <= radius.min() < 0.41
    assert 0.98 < radius.max() <= 0.99
    nu = numpy(cell.nu)
    assert nu.mean() == pytest.approx((nu.min() + nu.max()) / 2, abs=0.1)
    assert 0 <= phase.min() < 0.01
    assert 0.304 < phase.max() <= 0.314
    gain = np.sqrt(1 - radius**2)
    np.testing.assert_allclose(np.exp(numpy(cell.gamma_log)), gain, rtol=1e-4)
    limit = np.sqrt(3 * 0.5 / ((64 + 2000) / 2))
    for part in (cell.input_real, cell.output_imag):
        assert numpy(part).max() == pytest.approx(limit, rel=0.01)
    assert numpy(cell.skip).std() == pytest.approx(1, rel=0.3)


def test_trained_blocks_are_saved_and_loaded(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((TIME, 2)),
            LRUBlock(UNITS, 3, dropout=0.2, seed=3, return_sequences=False),
            keras.layers.Dense(2),
        ]
    )
    x, y = draws((8, TIME, 2), (8, 2), dtype="float32")
    # Without a graph, which takes longer to trace than this training.
    model.compile(keras.optimizers.Adam(1e-2), "mse", run_eagerly=True)
    before = model.get_weights()
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    after = model.get_weights()
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(*(numpy(each(x)) for each in (model, loaded)), atol=1e-6)
    for layer, again in zip(model.layers, loaded.layers, strict=True):
        assert layer.get_config() == again.get_config()
    backward = keras.layers.Bidirectional(loaded.layers[0]).backward_layer
    assert backward.go_backwards


@pytest.mark.parametrize("scan", SCANS)
def test_stateful_chunks_equal_one_long_pass(scan):
    stateful = built(LRUBlock, stateful=True, scan=scan)
    whole = shared(LRUBlock, scan)
    stateful.set_weights(whole.get_weights())
    (x,) = draws((BATCH, TIME, UNITS))
    chunks = [numpy(stateful(x[:, i : i + 5])) for i in (0, 5)]
    error = relative_error(np.concatenate(chunks, axis=1), numpy(whole(x)[0]))
    assert error < TOLERANCE[DTYPE]


def test_the_last_output_and_the_reversed_sequence_are_those_of_the_cell():
    (x,) = draws((BATCH, TIME, UNITS))
    every = shared(LRU)
    for arguments, call in (
        ({"return_sequences": False}, {}),
        ({"return_sequences": False}, {"mask": a_mask()}),
        ({"return_sequences": False, "zero_output_for_mask": True}, {"mask": a_mask()}),
        ({"go_backwards": True}, {}),
        ({"unroll": True}, {}),
    ):
        layer = built(LRU, **arguments)
        layer.set_weights(every.get_weights())
        sequence = x[:, ::-1] if "go_backwards" in arguments else x
        expected = numpy(every(sequence, **call)[0])
        if not layer.return_sequences:
            expected = expected[:, -1]
        if "zero_output_for_mask" in arguments:
            expected = np.where(numpy(call["mask"])[:, -1:], expected, 0)
        error = relative_error(numpy(layer(x, **call)), expected)
        assert error < TOLERANCE[DTYPE], arguments


def test_mixed_precision_scans_in_full():
    layer = built(LRU, dtype="mixed_bfloat16")
    exact = built(LRU, dtype="float32")
    exact.set_weights(layer.get_weights())
    (x,) = draws((BATCH, TIME, UNITS), dtype="float32")
    y = layer(x)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    assert layer.cell.decay().dtype == exact.cell.decay().dtype
    error = relative_error(numpy(ops.cast(y, "float32")), numpy(exact(x)))
    assert error < 0.03  # eight bits


def test_dropout_acts_only_while_training():
    block = built(LRUBlock, dropout=0.5)
    (x,) = draws((BATCH, TIME, UNITS))
    at_rest, again, training = (
        numpy(block(x, training=training)) for training in (False, False, True)
    )
    np.testing.assert_array_equal(at_rest, again)
    assert relative_error(training, at_rest) > 0.01


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "`units`.*Received"),
        ({"units": 4, "state_units": 2.5}, "`state_units`.*Received"),
        ({"units": 4, "r_max": 1.0}, "`r_max` < 1.*Received"),
        ({"units": 4, "scan": "tree"}, "'associative'.*Received: scan='tree'"),
        ({"units": 4, "stair": "n2"}, "no argument `stair`.*Received: stair='n2'"),
    ],
    ids=str,
)
def test_impossible_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LRU(**arguments)


def test_inputs_of_another_size_are_projected():
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    projected = LRU(4, return_sequences=True)
    outputs = projected(x)
    plain = LRU(4, return_sequences=True)
    plain.build((2, 5, 4))
    kernel = projected.cell.projection.kernel
    assert kernel.path.endswith("projection/kernel")
    weights = [w for w in projected.weights if w is not kernel]
    for own, other in zip(plain.weights, weights, strict=True):
        own.assign(other)
    rows = keras.ops.matmul(x, kernel)
    np.testing.assert_allclose(outputs, plain(rows), rtol=1e-5, atol=1e-6)
    again = LRU.from_config(projected.get_config())
    again.build(x.shape)
    assert [w.path for w in again.weights] == [w.path for w in projected.weights]


def test_projection_is_there_where_it_is_asked_for():
    for wanted in (None, False, True):
        layer = LRU(4, input_projection=wanted)
        layer.build((2, 5, 4))
        assert (layer.cell.projection is not None) == bool(wanted)
    with pytest.raises(ValueError, match="`input_projection` of None or True"):
        LRU(4, input_projection=False).build((2, 5, 3))
    with pytest.raises(ValueError, match="None, True or False"):
        LRU(4, input_projection="dense")
