"""Row A34: what networks do at their start and trained, R5, R6 and R12."""

import keras
import numpy as np
import pytest

from experiments.core.runs import run_folders
from experiments.figures import _runs
from keras_nonnormal.analysis import (
    autonomous_map,
    gamma_lyapunov_spectrum,
    lyapunov_spectrum,
    mixed_ksg,
)
from tests.experiments.pictures.drawing import PNG, columns, draw, make_run, refusal

pytestmark = pytest.mark.usefixtures("uncompiled_file")


def the_run(folder):
    (run,) = run_folders([str(folder)])
    return run


@pytest.mark.parametrize(
    "name", ["heterogeneous", "homogeneous", "ANRU", "LSTM", "GRU"]
)
def test_starts_are_made_as_they_were(adaptive_runs, name):
    found = _runs.at_start(the_run(adaptive_runs / name))
    expected = np.load(adaptive_runs / name / "start.npz").values()
    for weight, value in zip(found.layer.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert (found.stage, found.epoch) == ("start", 0)


def test_checkpoints_are_read_in_order(adaptive_runs):
    run = the_run(adaptive_runs / "ANRU")
    start = _runs.at_start(run).layer.get_weights()
    weights, epochs = [], []
    for snapshot in _runs.kept(run):
        weights.append(snapshot.layer.get_weights())
        epochs.append(snapshot.epoch)
    assert epochs == [1, 2]
    last = _runs.trained(run)
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
    _, layer = _runs.load(adaptive_runs / "heterogeneous/model.keras")
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
    _, layer = _runs.load(adaptive_runs / "LSTM/model.keras")
    alone = autonomous_map(layer)
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
    model, layer = _runs.load(runs[0] / "model.keras")
    inputs, _ = _runs.batch_of(the_run(runs[0]), 2)
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


def test_spectra_can_have_their_start(adaptive_runs, drawn, tmp_path):  # Row A34, R12
    run = adaptive_runs / "ANRU"
    assert draw("spectrum", run, "--start", out=tmp_path) == 0
    assert (tmp_path / "spectrum.png").read_bytes().startswith(PNG)
    before, after = drawn[0].axes[0].collections
    radii = np.linalg.norm(before.get_offsets(), axis=1)
    np.testing.assert_allclose(radii, 1, atol=1e-5)  # henaff
    _, layer = _runs.load(run / "model.keras")
    matrix = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    expected = np.linalg.eigvals(matrix.astype(float))
    found = np.sort_complex(after.get_offsets() @ [1, 1j])
    np.testing.assert_allclose(found, np.sort_complex(expected))
