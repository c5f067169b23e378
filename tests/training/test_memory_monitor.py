import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal import FusedSimpleRNN
from keras_nonnormal.analysis import henrici_index, spectral_radius
from keras_nonnormal.training import MemoryMonitor, WatchedModel, read_metrics
from keras_nonnormal.training.callbacks import memory_monitor
from keras_nonnormal.training.gradient_ratios import GradientRatios

STEPS, UNITS = 4, 4


def stacked():
    """Two recurrent layers, one inside another layer, below a read-out."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            keras.layers.Bidirectional(
                keras.layers.LSTM(2, return_sequences=True, name="lstm"), name="both"
            ),
            keras.layers.SimpleRNN(UNITS, name="rnn"),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse", run_eagerly=True)  # three steps: not worth tracing
    return model


def weights_of(layer):
    kernel = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    return kernel.astype("float64")


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(1)
    return rng.normal(size=(8, STEPS, 3)).astype("float32"), np.ones((8, 1), "float32")


@pytest.fixture(scope="module")
def fitted(batch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("monitored")
    model = stacked()
    data = tf.data.Dataset.from_tensors(batch)
    monitor = MemoryMonitor(data, folder / "memory.csv", folder / "events", every=2)
    history = model.fit(*batch, epochs=4, verbose=0, callbacks=[monitor])
    return model, monitor, folder, history.history


def test_matrices_are_measured_gate_by_gate(fitted):
    model, monitor, _, _ = fitted
    last = monitor.history[-1]
    kernel = weights_of(model.get_layer("rnn"))
    assert last["henrici/rnn"] == pytest.approx(henrici_index(kernel), abs=1e-6)
    assert last["spectral_radius/rnn"] == pytest.approx(spectral_radius(kernel))
    forward = model.get_layer("both").forward_layer
    gates = np.split(weights_of(forward), 4, axis=1)
    for gate, block in zip("ifco", gates, strict=True):
        name = f"{forward.name}/{gate}"
        assert last[f"henrici/{name}"] == pytest.approx(henrici_index(block), abs=1e-6)
        radius = last[f"spectral_radius/{name}"]
        assert radius == pytest.approx(spectral_radius(block))


def test_measurements_are_in_the_logs_the_table_and_tensorboard(fitted):
    _, monitor, folder, logged = fitted
    assert read_metrics(folder / "memory.csv") == monitor.history
    assert [row["epoch"] for row in monitor.history] == [2, 4]
    values = [row["gradient_ratio/rnn"] for row in monitor.history]
    assert logged["gradient_ratio/rnn"] == values
    (events,) = (folder / "events").iterdir()
    found = {}
    for record in tf.compat.v1.io.tf_record_iterator(str(events)):
        event = tf.compat.v1.Event.FromString(record)
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name in ("scalars", "")
            found.setdefault(value.tag, []).append(float(tf.make_ndarray(value.tensor)))
    np.testing.assert_allclose(found["gradient_ratio/rnn"], values, rtol=1e-6)
    assert found.keys() == monitor.history[0].keys() - {"epoch"}


def test_gradient_ratios_are_those_of_the_chain_rule(batch):
    """Of a linear network: the gradient at the end times a power of the matrix."""
    inputs = keras.Input((STEPS, 3))
    layer = FusedSimpleRNN(UNITS, "linear", name="rnn")
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    model.compile("sgd", "mse")
    kernel = np.random.default_rng(0).normal(size=(UNITS, UNITS))
    layer.cell.recurrent_kernel.assign(kernel)
    end = 2 / 8 * (model(batch[0]) - batch[1]).numpy() @ model.get_weights()[-2].T
    start = end @ np.linalg.matrix_power(kernel, STEPS).T
    expected = np.linalg.norm(start) / np.linalg.norm(end)
    for network in (model, WatchedModel(model)):
        network.compile("sgd", "mse")
        find = GradientRatios(network, batch)
        assert find() == pytest.approx({"rnn": expected}, rel=1e-5)
    layer.cell.recurrent_kernel.assign(0.5 * kernel)  # it knows weights of later times
    end = 2 / 8 * (model(batch[0]) - batch[1]).numpy() @ model.get_weights()[-2].T
    assert find() == pytest.approx({"rnn": expected / 2**STEPS}, rel=1e-5)
    assert "inner_loop" not in vars(layer)


def test_a_run_that_goes_on_keeps_its_rows(batch, fitted, tmp_path):
    file = tmp_path / "memory.csv"
    file.write_bytes((fitted[2] / "memory.csv").read_bytes())
    monitor = MemoryMonitor(path=file, every=1)
    stacked().fit(*batch, epochs=4, initial_epoch=3, verbose=0, callbacks=[monitor])
    rows = read_metrics(file)
    assert [row["epoch"] for row in rows] == [2, 4]
    assert "gradient_ratio/rnn" in rows[0]
    assert "gradient_ratio/rnn" not in rows[1]  # there are no data


@pytest.mark.parametrize(
    ("seconds", "epochs", "measured"),
    [(0.01, 3, [3]), (1.0, 100, [1, 49, 73, 97]), (100.0, 3, [1, 2, 3])],
)
def test_measurements_take_a_small_share_of_the_time(
    monkeypatch, seconds, epochs, measured
):
    """With a clock of our own: epochs of so many seconds, a measurement of one."""
    monitor, now = MemoryMonitor("data"), [0.0]
    monkeypatch.setattr(memory_monitor.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(monitor, "_trace", lambda: None)

    def measure():
        now[0] += 1.0
        return {}

    monkeypatch.setattr(monitor, "measure", measure)
    monitor.set_model(stacked())
    monitor.set_params({"epochs": epochs})
    monitor.on_train_begin()
    for epoch in range(epochs):
        monitor.on_epoch_begin(epoch)
        now[0] += seconds
        monitor.on_epoch_end(epoch, {})
    assert [row["epoch"] for row in monitor.history] == measured
    if epochs == 100:
        assert monitor.seconds < 0.05 * (now[0] - monitor.seconds)


@pytest.mark.parametrize("every", [0, 1.5, True])
def test_other_intervals_are_refused(every):
    with pytest.raises(ValueError, match="`every` to be a positive integer"):
        MemoryMonitor(every=every)


def test_a_model_without_recurrent_layers_is_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="only")])
    monitor = MemoryMonitor()
    monitor.set_model(model)
    with pytest.raises(ValueError, match=r"with a recurrent layer.*only"):
        monitor.on_train_begin()
