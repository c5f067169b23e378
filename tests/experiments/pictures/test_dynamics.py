"""Row A34: what networks do at their start and trained, R5, R6 and R12."""

import keras
import numpy as np
import pytest

from experiments import autonomous_maps, snapshots, trained
from experiments.core.runs import run_folders
from experiments.options import OptionError
from keras_nonnormal.activations import Gamma, gamma_values
from keras_nonnormal.analysis import (
    gamma_lyapunov_spectrum,
    lyapunov_spectrum,
    mixed_ksg,
)
from keras_nonnormal.layers import (
    ANRU,
    EURNN,
    NNRNN,
    ExpRNN,
    FusedGRU,
    FusedLSTM,
    FusedSimpleRNN,
)
from tests.experiments.pictures.drawing import PNG, columns, draw, make_run, refusal

pytestmark = pytest.mark.usefixtures("uncompiled_file")

LAYERS = {
    "gamma": FusedSimpleRNN(4, activation=Gamma(gain=4.0, saturation=0.3)),
    "tanh": FusedSimpleRNN(4, bias_initializer="normal"),
    "relu": FusedSimpleRNN(4, activation="relu"),
    "elu": FusedSimpleRNN(4, activation="elu"),
    "modrelu": ExpRNN(4),
    "gamma2": NNRNN(4, activation="gamma2"),
    "linear": ExpRNN(4, activation="linear"),
    "LSTM": FusedLSTM(3, bias_initializer="normal"),
    "GRU": FusedGRU(3, bias_initializer="normal"),
    "ANRU": ANRU(3, controller_units=2, bias_initializer="normal"),
}


def the_run(folder):
    (run,) = run_folders([str(folder)])
    return run


@pytest.mark.parametrize("name", LAYERS)
def test_maps_and_jacobians_are_those_of_the_layers(name):  # Row A34, R5
    layer = LAYERS[name]
    layer.build((None, 3, 2))
    found = autonomous_maps.autonomous_map(layer, bias=True)
    state = np.random.default_rng(0).normal(size=found.state.shape)
    after, jacobian = found.step(state)
    sizes = layer.cell.state_size
    places = np.cumsum(sizes)[:-1] if isinstance(sizes, (list, tuple)) else []
    states = [part[None].astype("float32") for part in np.split(state, places)]
    _, expected = layer.cell(np.zeros((1, 2), "float32"), states)
    expected = np.concatenate([np.ravel(each) for each in expected])
    np.testing.assert_allclose(after, expected, atol=1e-6)  # the layer's precision
    step = 1e-6
    for row, change in zip(jacobian, step * np.eye(state.size), strict=True):
        ahead, behind = (found.step(state + sign * change)[0] for sign in (1, -1))
        np.testing.assert_allclose(row, (ahead - behind) / (2 * step), atol=1e-8)


def test_published_maps_have_no_bias():
    layer = LAYERS["tanh"]
    layer.build((None, 3, 2))
    h = np.array([0.1, -0.2, 0.3, 0.4])
    matrix = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    after, _ = autonomous_maps.autonomous_map(layer).step(h)
    np.testing.assert_allclose(after, np.tanh(h @ matrix), rtol=1e-7)
    layer = LAYERS["ANRU"]
    layer.build((None, 3, 2))
    free, _ = autonomous_maps.autonomous_map(layer).step(np.zeros(9))
    kept, _ = autonomous_maps.autonomous_map(layer, bias=True).step(np.zeros(9))
    # From nothing comes gamma(0) with the controllers' own shape, for all alike.
    assert np.ptp(free[:3]) < 1e-12 < np.ptp(kept[:3])


def test_frozen_shapes_are_those_that_an_anru_comes_to():
    layer = LAYERS["ANRU"]
    layer.build((None, 3, 2))
    whole = autonomous_maps.autonomous_map(layer)
    state = whole.state
    for _ in range(100):
        state, _ = whole.step(state)
    weights = {each.name: keras.ops.convert_to_numpy(each) for each in layer.weights}
    g = state[3:].reshape(3, 2)
    n, s = (
        (g @ weights[f"{name}_kernel"] + weights[f"{name}_bias"])[:, 0]
        for name in ("gain", "saturation")
    )
    frozen = autonomous_maps.autonomous_map(layer, frozen=True)
    h = np.array([0.3, -0.2, 0.5])
    expected = gamma_values(h @ weights["recurrent_kernel"], n, s)
    np.testing.assert_allclose(frozen.step(h)[0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (FusedSimpleRNN(4, stair="n"), "a network with a stair is another map"),
        (EURNN(4), "a EURNN has no map that is known here"),
        (FusedGRU(4, reset_after=False), "expected one that is compiled"),
        (
            ANRU(60, controller_units=100),
            "have 6060 states, expected at most 6000; take --frozen",
        ),
    ],
)
def test_other_maps_are_refused(layer, message):
    layer.build((None, 3, 2))
    with pytest.raises(OptionError, match=message):
        autonomous_maps.autonomous_map(layer)


def test_a_network_that_diverged_is_refused():
    layer = FusedSimpleRNN(4)
    layer.build((None, 3, 2))
    layer.cell.recurrent_kernel.assign(np.full((4, 4), np.nan))
    with pytest.raises(OptionError, match="not finite; its training diverged"):
        autonomous_maps.autonomous_map(layer)


@pytest.mark.parametrize(
    "name", ["heterogeneous", "homogeneous", "ANRU", "LSTM", "GRU"]
)
def test_starts_are_made_as_they_were(adaptive_runs, name):
    found = snapshots.start(the_run(adaptive_runs / name))
    expected = np.load(adaptive_runs / name / "start.npz").values()
    for weight, value in zip(found.layer.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert (found.stage, found.epoch) == ("start", 0)


def test_checkpoints_are_read_in_order(adaptive_runs):
    run = the_run(adaptive_runs / "ANRU")
    start = snapshots.start(run).layer.get_weights()
    weights, epochs = [], []
    for snapshot in snapshots.kept(run):
        weights.append(snapshot.layer.get_weights())
        epochs.append(snapshot.epoch)
    assert epochs == [1, 2]
    last = snapshots.trained(run)
    for first, second, third, at_start in zip(
        *weights, last.layer.get_weights(), start, strict=True
    ):
        np.testing.assert_array_equal(second, third)
        assert np.all(first != second)
        assert np.all(first != at_start)
    assert (last.stage, last.epoch) == ("trained", 3)  # the rows of its metrics


def test_broken_checkpoints_are_one_line(adaptive_runs, tmp_path, capsys):
    source = adaptive_runs / "GRU"
    run = make_run(tmp_path / "run", {})
    for name in ("config.json", "model.keras"):
        (run / name).write_bytes((source / name).read_bytes())
    (run / "checkpoints").mkdir()
    (run / "checkpoints/epoch-0001.weights.h5").write_text("no weights")
    line = refusal(capsys, "lyapunov", run, "--steps=2", out=tmp_path / "figures")
    assert f"cannot load {run / 'checkpoints/epoch-0001.weights.h5'}" in line


def test_exponents_of_all_networks_are_in_one_figure(
    adaptive_runs, drawn, tmp_path, capsys
):  # Row A34, R5
    names = ["heterogeneous", "homogeneous", "ANRU", "LSTM"]
    few = ("--steps=20", "--burn-in=5", "--count=4", "--base=e")
    assert (
        draw("lyapunov", *(adaptive_runs / n for n in names), *few, out=tmp_path) == 0
    )
    assert (tmp_path / "lyapunov.png").read_bytes().startswith(PNG)
    table = columns(tmp_path / "lyapunov.csv")
    rows = list(zip(*table.values(), strict=True))
    # Four exponents of the start and in the end, one of each of two checkpoints.
    assert len(rows) == 4 * (4 + 1 + 1 + 4)
    _, layer = trained.load(adaptive_runs / "heterogeneous/model.keras")
    values = {each.name: keras.ops.convert_to_numpy(each) for each in layer.weights}
    expected = gamma_lyapunov_spectrum(
        values["recurrent_kernel"],
        values["gain"],
        values["saturation"],
        steps=20,
        burn_in=5,
        count=4,
        base=np.e,
        seed=1,
    )
    own = [row for row in rows if row[:2] == ("RNN 6, gamma2", "trained")]
    np.testing.assert_allclose([float(row[4]) for row in own], expected.exponents)
    np.testing.assert_allclose([float(row[5]) for row in own], expected.standard_errors)
    _, layer = trained.load(adaptive_runs / "LSTM/model.keras")
    alone = autonomous_maps.autonomous_map(layer)
    assert alone.state.shape == (12,)
    expected = lyapunov_spectrum(
        alone.step, alone.state, steps=20, burn_in=5, count=4, base=np.e, seed=1
    )
    own = [row for row in rows if row[:2] == ("LSTM 6", "trained")]
    np.testing.assert_allclose([float(row[4]) for row in own], expected.exponents)
    spectrum, largest = drawn[0].axes
    line = spectrum.get_lines()[6]
    np.testing.assert_allclose(line.get_ydata(), np.sort(expected.exponents)[::-1])
    assert spectrum.get_ylabel() == "exponent, nats a step"
    times = largest.containers[0][0].get_xdata()
    np.testing.assert_array_equal(times, [0, 10, 20, 30])  # epochs of 10 updates
    assert largest.get_xlabel() == "update"
    assert "LSTM 6" in capsys.readouterr().out


def test_start_and_checkpoints_can_be_left_out(adaptive_runs, drawn, tmp_path):
    few = ("--no-start", "--no-checkpoints", "--steps=3", "--frozen")
    assert draw("lyapunov", adaptive_runs / "ANRU", *few, out=tmp_path) == 0
    (axes,) = drawn[0].axes
    assert len(axes.get_lines()[0].get_xdata()) == 6  # of the neurons alone
    assert set(columns(tmp_path / "lyapunov.csv")["stage"]) == {"trained"}


def test_information_is_of_what_is_presented(
    adaptive_runs, drawn, tmp_path
):  # Row A34, R6
    names = ["heterogeneous", "homogeneous", "LSTM"]
    runs = [adaptive_runs / name for name in names]
    few = ("--sequences=2", "--neighbours=2", "--no-checkpoints")
    assert draw("information", *runs, *few, out=tmp_path) == 0
    name = tmp_path / "information-copy"
    assert name.with_suffix(".png").read_bytes().startswith(PNG)
    table = columns(name.with_suffix(".csv"))
    rows = list(zip(*table.values(), strict=True))
    assert len(rows) == 3 * 2 * 2
    model, layer = trained.load(runs[0] / "model.keras")
    inputs, _ = trained.batch_of(the_run(runs[0]), 2)
    inputs = np.asarray(inputs)
    states = keras.ops.convert_to_numpy(
        keras.Model(model.input, layer.output)(inputs)  # of every step in this task
    )
    expected = [mixed_ksg(x, y, 2) for x, y in zip(inputs, states, strict=True)]
    own = [row for row in rows if row[:2] == ("RNN 6, gamma2", "trained")]
    np.testing.assert_allclose([float(row[4]) for row in own], expected, atol=1e-6)
    drawn_last = drawn[0].axes[0].get_lines()[0].get_xydata()[-1]
    np.testing.assert_allclose(drawn_last, [30, max(np.mean(expected), 0)], atol=1e-6)
    shapes = columns(tmp_path / "information-copy-shapes.csv")
    assert shapes["n"][1] == "10.0"  # as it was asked for; the LSTM has none
    assert len(shapes["n"]) == len(drawn[1].axes[0].collections[0].get_offsets()) == 2


def test_states_are_those_of_every_step():
    layer = FusedSimpleRNN(3)
    x = np.random.default_rng(0).normal(size=(2, 4, 5))
    last = keras.ops.convert_to_numpy(layer(x))
    states = trained.states_of(layer, x)
    np.testing.assert_allclose(states[:, -1], last, atol=1e-6)
    np.testing.assert_allclose(states[:, 1], layer(x[:, :2]), atol=1e-6)
    assert states.shape == (2, 4, 3)
    assert not layer.return_sequences  # as it was


def test_spectra_can_have_their_start(adaptive_runs, drawn, tmp_path):  # Row A34, R12
    run = adaptive_runs / "ANRU"
    assert draw("spectrum", run, "--start", out=tmp_path) == 0
    assert (tmp_path / "spectrum.png").read_bytes().startswith(PNG)
    before, after = drawn[0].axes[0].collections
    radii = np.linalg.norm(before.get_offsets(), axis=1)
    np.testing.assert_allclose(radii, 1, atol=1e-5)  # henaff
    _, layer = trained.load(run / "model.keras")
    matrix = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    expected = np.linalg.eigvals(matrix.astype(float))
    np.testing.assert_allclose(after.get_offsets() @ [1, 1j], expected)
