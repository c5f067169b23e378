"""`stabilize` and `measure` on the models that users of Keras have."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from keras_nonnormal.layers import ALIF, NNRNN, ExpRNN, LRUBlock
from keras_nonnormal.pretraining import StabilityMonitor, measure, stabilize

RNG = np.random.default_rng(0)
FRAMES = RNG.standard_normal((384, 25, 5)).astype("float32")
IMAGES = RNG.standard_normal((96, 12)).astype("float32")


def in_batches(samples, size):
    """Data whose held-out batch is as large as all: one size of batch to trace."""
    return tf.data.Dataset.from_tensor_slices(samples).batch(size)


SEQUENCES = {"return_sequences": True}


def recurrent(make, depth=2, units=8, seed=1):
    keras.utils.set_random_seed(seed)
    stack = [make(units) for _ in range(depth)]
    return keras.Sequential([keras.Input((None, 5)), *stack, layers.Dense(4)])


def forward(activation, depth=3, units=8):
    keras.utils.set_random_seed(1)
    hidden = [layers.Dense(units, activation=activation) for _ in range(depth)]
    return keras.Sequential([keras.Input((12,)), *hidden, layers.Dense(3)])


NETS = {
    "LSTM": lambda n: layers.LSTM(n, **SEQUENCES),
    "GRU": lambda n: layers.GRU(n, **SEQUENCES),
    "relu": lambda n: layers.SimpleRNN(n, activation="relu", **SEQUENCES),
    "sigmoid": lambda n: layers.SimpleRNN(n, activation="sigmoid", **SEQUENCES),
    "ALIF+": lambda n: ALIF(n, **SEQUENCES),
    "ALIF-": lambda n: ALIF(n, signed_beta=True, **SEQUENCES),
}
# Two states, one that saturates, and one of spikes; benchmarks/stability.py has the
# whole table of six networks, two depths and two targets.
TARGETS = [("LSTM", 0.5), ("sigmoid", 1.0), ("ALIF-", 1.0)]


@pytest.mark.parametrize(("net", "target"), TARGETS)
def test_every_kind_of_radius_reaches_its_target_on_fresh_frames(net, target):
    # LSC rows 12, 23, 28, 62
    # Sigmoids that are steep enough for a radius of 1 make narrow networks chaotic.
    model = recurrent(NETS[net], units=16 if net == "sigmoid" else 8)
    report = stabilize(model, in_batches(FRAMES, 32), target, frames=25, verbose=0)
    kinds = report.kinds()
    assert {k: kinds[k] for k in ("rec", "enc", "depth")} == pytest.approx(
        dict.fromkeys(("rec", "enc", "depth"), target), abs=0.03
    )
    assert report.mean_after == pytest.approx(target, abs=0.02)
    assert report.targets["dec/1"] == 1.0
    assert any(abs(report.before[k] - target) > 0.1 for k in ("enc/0", "depth/1"))
    assert len(report.losses) == len(report.iterations)
    assert report.failures == 0


@pytest.mark.parametrize("activation", ["relu", "cos"])
def test_feed_forward_networks_reach_a_radius_of_one(activation):
    # LSC rows 31, 33
    from keras_nonnormal.activations.waves import cos

    model = forward(cos if activation == "cos" else activation)
    report = stabilize(model, IMAGES, verbose=0)
    assert report.mean_after == pytest.approx(1, abs=0.02)
    assert set(report.kinds()) == {"enc", "depth", "dec"}


@pytest.fixture(scope="module")
def gru():
    return recurrent(NETS["GRU"])


def test_measuring_moves_nothing(gru):
    # LSC row 55
    before = gru.get_weights()
    report = measure(gru, FRAMES[:32], frames=4)
    assert report.before == report.after
    assert set(report.targets.values()) == {0.5, 1.0}
    for old, new in zip(before, gru.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_report_is_a_table_and_can_be_written_as_json(gru):
    report = measure(gru, FRAMES[:32], frames=2)
    assert {"rec/0", "target"} <= set(str(report).split())
    assert json.loads(json.dumps(report.as_dict()))["mean_after"] == report.mean_after


def test_radii_are_those_of_a_dense_jacobian():
    # LSC rows 5, 6, 26: widths that differ.
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((None, 5)),
            layers.SimpleRNN(7, **SEQUENCES),
            layers.SimpleRNN(4, **SEQUENCES),
        ]
    )
    report = measure(model, FRAMES[:6, :1], batch_size=3, frames=1)
    lower, upper = model.layers
    kept = np.random.default_rng(0).permutation(6)[:3]
    x = FRAMES[kept, 0]
    h = np.tanh(x @ np.array(lower.cell.kernel))
    top = np.tanh(h @ np.array(upper.cell.kernel))
    along = np.array(lower.cell.recurrent_kernel).T * (1 - h * h)[:, :, None]
    between = np.array(upper.cell.kernel).T * (1 - top * top)[:, :, None]
    radius = np.abs(np.linalg.eigvals(along)).max(axis=-1).mean()
    norm = np.linalg.norm(between, 2, axis=(1, 2)).mean()
    # Krylov radii of matrices this small are exact up to float32.
    assert report.before["rec/0"] == pytest.approx(radius, rel=1e-3)
    assert report.before["depth/1"] == pytest.approx(norm, rel=1e-3)


def test_wide_jacobians_are_measured_by_products_alone(monkeypatch):
    # LSC row 11
    from keras_nonnormal.pretraining import jacobians

    dense = measure(recurrent(NETS["LSTM"]), FRAMES[:8], frames=2)
    monkeypatch.setattr(jacobians, "DENSE_WIDTH", 0)
    by_products = measure(recurrent(NETS["LSTM"]), FRAMES[:8], frames=2)
    assert by_products.before == pytest.approx(dense.before, rel=1e-3)


def functional():
    inputs = keras.Input((10,), dtype="int32")
    x = layers.Embedding(9, 5)(inputs)
    x = layers.Conv1D(5, 3, padding="same")(x)
    cells = [layers.LSTMCell(4), layers.GRUCell(4)]
    y = layers.RNN(cells, **SEQUENCES)(layers.Dropout(0.5)(x))
    y = layers.LayerNormalization()(layers.Concatenate()([x, y]))
    y = layers.Bidirectional(NETS["relu"](3))(y)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(y)))


def test_functional_models_with_branches_and_stacked_cells():
    # LSC row 54
    model = functional()
    tokens = RNG.integers(0, 9, (64, 10))
    report = measure(model, tokens, frames=2)
    assert list(report.targets) == [
        *("rec/0", "enc/0", "rec/1", "depth/1"),
        *("rec/2", "depth/2", "rec/3", "depth/3from1", "dec/2", "dec/3"),
    ]
    assert all(radius > 0 for radius in report.before.values())


def test_our_layers_take_part_each_in_its_way():
    # LSC rows 36, 54: an orthogonal matrix is fixed, a Schur form and an LRU are not.
    keras.utils.set_random_seed(1)
    stack = [NNRNN(6, **SEQUENCES), LRUBlock(6, **SEQUENCES)]
    model = keras.Sequential([keras.Input((None, 5)), *stack])
    report = stabilize(
        model, in_batches(FRAMES, 8), 0.5, steps=50, batch_size=8, frames=4, verbose=0
    )
    assert report.fixed == ["dec/1"]  # there is no layer behind
    moved = {k: report.after[k] for k in ("rec/0", "rec/1", "depth/1")}
    assert moved == pytest.approx(dict.fromkeys(moved, 0.5), abs=0.1)
    fixed = keras.Sequential([keras.Input((None, 5)), ExpRNN(6)])
    assert "rec/0" in measure(fixed, FRAMES[:8], frames=1).fixed


def test_the_same_seed_gives_the_same_weights_and_optimizers_are_left_alone():
    # LSC row 56
    found = []
    for _ in range(2):
        model = recurrent(NETS["relu"])
        model.compile("adam", "mse")
        state = [np.array(v) for v in model.optimizer.variables]
        stabilize(model, FRAMES[:64], steps=12, frames=2, seed=3, verbose=0)
        for old, new in zip(state, model.optimizer.variables, strict=True):
            np.testing.assert_array_equal(old, np.array(new))
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_data_may_be_batches_as_fit_takes_them():
    labels = np.zeros(len(IMAGES))
    data = tf.data.Dataset.from_tensor_slices((IMAGES, labels)).batch(16)
    report = stabilize(forward("relu"), data, steps=40, verbose=0)
    assert report.mean_after == pytest.approx(1, abs=0.1)


def test_gradient_steps_come_nearer_to_the_target():
    # LSC rows 17, 19
    settings = {"method": "gradient", "learning_rate": 0.04, "steps": 30, "frames": 1}
    report = stabilize(recurrent(NETS["relu"]), FRAMES, 0.5, **settings, verbose=0)
    assert np.mean(report.losses[-10:]) < 0.75 * np.mean(report.losses[:10])


def test_the_published_procedures_run_from_here():
    model = recurrent(NETS["relu"])  # other cells: test_published_rnn.py
    data = FRAMES[:8].astype("float64")  # the model's precision is what counts
    settings = {"method": "published", "steps": 5, "batch_size": 4, "frames": 1}
    report = stabilize(model, data, 1.0, **settings, verbose=0)
    assert len(report.iterations) == 5


def test_what_is_in_the_store_is_loaded(tmp_path):
    # LSC rows 24, 25
    settings = {"steps": 12, "frames": 2, "verbose": 0, "store": tmp_path}
    first = recurrent(NETS["relu"])
    made = stabilize(first, FRAMES[:64], **settings)
    second = recurrent(NETS["relu"])
    found = stabilize(second, FRAMES[:64], **settings)
    assert found.loaded
    assert not made.loaded
    assert found.after == made.after
    assert found.losses == made.losses
    assert found.iterations == made.iterations
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    # Other weights to begin with are another matter.
    other = stabilize(recurrent(NETS["relu"], seed=2), FRAMES[:64], **settings)
    assert not other.loaded
    for file in tmp_path.glob("*.npz"):
        file.write_bytes(b"broken")
    with pytest.raises(ValueError, match="Remove both files"):
        stabilize(recurrent(NETS["relu"]), FRAMES[:64], **settings)


def test_radii_are_logged_while_a_model_trains():
    # LSC row 55
    model = recurrent(NETS["relu"])
    model.compile("sgd", "mse")
    monitor = StabilityMonitor(FRAMES[:8], every=2, frames=2)
    y = np.zeros((16, 25, 4))
    fit = model.fit(FRAMES[:16], y, epochs=2, verbose=0, callbacks=[monitor])
    assert len(monitor.reports) == 1
    assert fit.history["radius/rec/0"] == [monitor.reports[0].after["rec/0"]]
    with pytest.raises(ValueError, match="every"):
        StabilityMonitor(FRAMES, every=0)


def test_a_monitor_says_before_training_that_data_do_not_fit():
    model = recurrent(NETS["GRU"])
    model.compile("sgd", "mse")
    y = np.zeros((16, 25, 4))
    before = model.get_weights()
    with pytest.raises(ValueError, match="Expected data shaped like"):
        model.fit(FRAMES[:16], y, verbose=0, callbacks=[StabilityMonitor(IMAGES)])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "make", [lambda: recurrent(NETS["relu"]), lambda: forward("relu")]
)
def test_frozen_layers_stay_as_they_are(make):
    model = make()
    model.layers[1].trainable = False
    frozen = model.layers[1].get_weights()
    others = model.layers[0].get_weights()
    data = IMAGES if len(model.inputs[0].shape) == 2 else FRAMES[:64]
    report = stabilize(model, data, steps=6, frames=2, verbose=0)
    for old, new in zip(frozen, model.layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.any(others[0] != model.layers[0].get_weights()[0])
    assert {"depth/1"} < {"dec/1", *report.fixed}
    assert "dec/1" not in report.fixed


class Overrides(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(2)

    def call(self, inputs):
        return self.inner(inputs)


def overriding():
    model = Overrides()
    model(IMAGES[:1])
    return model


def infinite():
    model = forward("tanh")
    model.layers[0].kernel.assign(np.full((12, 8), np.nan))
    return model


class Hides(layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = layers.GRU(3)

    def call(self, inputs):
        return self.inner(inputs)


def steps(x):
    return ops.cast(ops.cast(x, "int32"), x.dtype)


def without_gradient(x):
    counts = tf.raw_ops.Bincount(arr=[0], size=1, weights=tf.reshape(x, [-1])[:1])
    return x + counts


def activated(activation):
    hidden = layers.Dense(4, name="lower"), layers.Lambda(activation)
    return keras.Sequential([keras.Input((12,)), *hidden, layers.Dense(3)])


BAD = {
    "unbuilt": (lambda: keras.Sequential([layers.Dense(2)]), IMAGES, {}, "built"),
    "subclassed": (overriding, IMAGES, {}, "overrides `call`"),
    "nothing to move": (
        lambda: keras.Sequential([keras.Input((12,)), layers.LayerNormalization()]),
        IMAGES,
        {},
        "layers with a kernel",
    ),
    "hidden layer": (
        lambda: keras.Sequential([keras.Input((None, 5)), Hides()]),
        FRAMES,
        {},
        "inside another layer",
    ),
    "wrong shape": (lambda: forward("relu"), IMAGES[:, :5], {}, r"\(None, 12\)"),
    "no data": (lambda: forward("relu"), [], {}, "at least one batch"),
    "target": (lambda: forward("relu"), IMAGES, {"target": 2.5}, r"\(0, 2\]"),
    "method": (lambda: forward("relu"), IMAGES, {"method": "magic"}, "controller"),
    "steps": (lambda: forward("relu"), IMAGES, {"steps": 0}, "at least 1"),
    "sources": (lambda: forward("relu"), IMAGES, {"sources": "x"}, "'states'"),
    "data not finite": (lambda: forward("relu"), IMAGES * np.nan, {}, "finite"),
    "not finite": (infinite, IMAGES, {}, "'dense.*finite"),
    "flat": (lambda: activated(steps), IMAGES, {}, "'lower'.*zero"),
    "no gradient": (
        lambda: activated(without_gradient),
        IMAGES,
        {},
        "'lower'.*cannot be differentiated",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line_and_leaves_the_weights(case):
    make, data, settings, message = BAD[case]
    model = make()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message) as caught:
        stabilize(model, data, **{"verbose": 0, **settings})
    assert "\n" not in str(caught.value)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_an_error_on_the_way_puts_the_weights_back():
    # LSC row 22
    model = forward("relu")
    before = model.get_weights()
    rows = np.concatenate([IMAGES[:24], IMAGES[:8] * np.nan])
    batches = tf.data.Dataset.from_tensor_slices(rows).batch(8)
    with pytest.raises(ValueError, match="finite"):
        stabilize(model, batches, verbose=0, batch_size=8)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
