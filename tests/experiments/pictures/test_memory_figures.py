"""Figures 1, 2, 3, 5 and 6 and table 2 of Orhan and Pitkow, and hidden structure."""

import json

import numpy as np
import pytest

from experiments.figures import _runs
from keras_nonnormal import analysis
from tests.experiments.pictures.drawing import PNG, columns, draw, make_run, refusal

pytestmark = pytest.mark.usefixtures("uncompiled_file")


def numbers(file):
    """The columns of a table, as numbers where they are."""
    found = {}
    for name, texts in columns(file).items():
        try:
            found[name] = np.array(texts, float)
        except ValueError:
            found[name] = np.array(texts)
    return found


def test_memory_and_transients_of_linear_networks(drawn, tmp_path):  # Rows A2 and A4
    assert draw("starts-1", "--units=12", "--steps=20", out=tmp_path) == 0
    assert (tmp_path / "starts-1.png").read_bytes().startswith(PNG)
    table = numbers(tmp_path / "starts-1.csv")
    kinds = ("identity", "orthogonal", "chain", "fbchain")
    assert tuple(dict.fromkeys(table["network"])) == kinds
    memory = dict(zip(kinds, table["J"].reshape(4, 20), strict=True))
    norm = dict(zip(kinds, table["norm"].reshape(4, 20), strict=True))
    for normal in kinds[:2]:
        np.testing.assert_allclose(memory[normal], 1 / 20)
        np.testing.assert_allclose(norm[normal], 1)
    growth = 1.02 ** (2 * np.arange(12.0))
    np.testing.assert_allclose(memory["chain"][:12], growth / np.cumsum(growth))
    np.testing.assert_allclose(norm["chain"][:12], np.sqrt(growth))
    assert not memory["chain"][12:].any()
    below = drawn[0].axes[-3:-1]
    for axes, curves in zip(below, (memory, norm), strict=True):
        for line, values in zip(axes.get_lines(), curves.values(), strict=True):
            assert np.nanmax(np.abs(line.get_ydata() - values)) < 1e-12


def test_what_can_be_read_off_states(drawn, capsys, tmp_path):  # Row A5
    assert draw("starts-2", "--units=10", "--trials=400", out=tmp_path) == 0
    assert (tmp_path / "starts-2.png").read_bytes().startswith(PNG)
    table = numbers(tmp_path / "starts-2.csv")
    scores = table["R2"].reshape(3, 2, 10)  # panel, network, delay
    np.testing.assert_allclose(scores[0], 1)
    assert (scores[1] < 1).all()
    assert scores[1, 0, 0] > scores[1, 1, 0]  # noise, the newest: the chain is better
    assert scores[2, 0, -1] > scores[2, 1, -1]  # elu, the oldest
    line = refusal(capsys, "starts-2", "--units=10", "--trials=21", out=tmp_path)
    assert "--trials: expected at least 22 for 10 units, received 21" in line


def a_run(folder, losses, won, **options):
    make_run(folder, options)
    rows = [f"{epoch},{loss}" for epoch, loss in enumerate(losses, start=1)]
    (folder / "metrics.csv").write_text("\n".join(["epoch,val_loss", *rows]))
    summary = {"success": won, "trivial_loss": 0.4}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def test_the_best_setting_of_each_start_is_drawn(drawn, capsys, tmp_path):
    chain = {"init": "chain", "init_scale": 1.02}
    runs = [
        a_run(tmp_path / "a", [0.4, 0.1], True, **chain, lr=1e-3, seed=1),
        a_run(tmp_path / "b", [0.2, 0.3, 0.2], False, **chain, lr=1e-3, seed=2),
        a_run(tmp_path / "c", [0.4, 0.05], True, **chain, lr=1e-4, seed=1),
        a_run(tmp_path / "d", [0.4, 0.39], False, **chain, lr=1e-4, seed=2),
        a_run(tmp_path / "e", [0.01], True, **chain, lr=1e-5, seed=1),  # one of two
        a_run(tmp_path / "f", [0.4], False, init="identity", lr=1e-3),
    ]
    assert draw("starts-3", *runs, out=tmp_path) == 0
    table = columns(tmp_path / "starts-3.csv")
    values = ("0.4", "0.1", "0.2", "0.3", "0.2", "0.4")
    assert table["val_loss"] == values
    assert table["start"] == ("chain",) * 5 + ("identity",)
    curves, bars = drawn[0].axes
    mean, alone, level = curves.get_lines()
    np.testing.assert_allclose(mean.get_ydata(), [0.3, 0.2, 0.2])
    np.testing.assert_allclose(alone.get_ydata(), [0.4])
    np.testing.assert_allclose(level.get_ydata(), 0.4)
    band = curves.collections[0].get_paths()[0].get_extents()
    assert band.ymax == pytest.approx(0.4)  # 0.3 and the standard error 0.1
    assert [bar.get_height() for bar in bars.patches] == [3, 0]
    assert "chain         3 of 5" in capsys.readouterr().out


def test_weights_in_the_order_of_peaks(runs, drawn, capsys, tmp_path):  # Row A6
    line = refusal(capsys, "starts-5", runs / "RNN", out=tmp_path / "none")
    assert line.endswith(
        "none of the runs is a success; with --all all of them are drawn"
    )
    both = (runs / "RNN", runs / "expRNN")
    assert draw("starts-5", *both, "--all", "--reach=3", out=tmp_path) == 0
    table = numbers(tmp_path / "starts-5.csv")
    (axes,) = drawn[0].axes
    lines = [each for each in axes.get_lines() if len(each.get_xdata()) == 7]
    henrici = numbers(tmp_path / "starts-table-2.csv")
    for number, run in enumerate(both):
        _, layer = _runs.load(run / "model.keras")
        (profile,) = analysis.peak_order_profiles(layer).values()
        found = table["mean_weight"][table["start"] == run.name]
        np.testing.assert_array_equal(found, profile)
        middle = layer.units - 1
        drawn_mean = lines[number].get_ydata()
        np.testing.assert_array_equal(drawn_mean, profile[middle - 3 : middle + 4])
        (index,) = analysis.layer_henrici_indices(layer, relative=False).values()
        assert henrici["absolute_henrici_index"][number] == pytest.approx(index)
    assert "expRNN" in capsys.readouterr().out


def test_each_gate_has_a_panel(runs, drawn, capsys, tmp_path):  # Row A7
    assert draw("starts-6", runs / "LSTM", out=tmp_path) == 0
    titles = [axes.get_title(loc="left") for axes in drawn[0].axes]
    assert titles == ["input gate i", "forget gate f", "update c", "output gate o"]
    _, layer = _runs.load(runs / "LSTM/model.keras")
    table = numbers(tmp_path / "starts-6.csv")
    found = table["mean_weight"][table["gate"] == "update c"]
    np.testing.assert_array_equal(found, analysis.peak_order_profiles(layer)["c"])
    line = refusal(capsys, "starts-6", runs / "LSTM", "--layer=2", out=tmp_path)
    assert line.endswith("LSTM has 1 recurrent layers, received 2")
    line = refusal(capsys, "starts-5", runs / "LSTM", "--all", out=tmp_path)
    assert line.endswith("LSTM has gates; expected a run of a network without gates")


def test_hidden_structure_of_runs(runs, drawn, tmp_path):
    assert draw("schur", runs / "RNN", out=tmp_path) == 0
    assert draw("pseudospectrum", runs / "RNN", "--points=9", out=tmp_path) == 0
    _, layer = _runs.load(runs / "RNN/model.keras")
    (matrix,) = analysis.recurrent_matrices(layer).values()
    table = numbers(tmp_path / "schur-RNN.csv")
    entries = table["real"] + 1j * table["imaginary"]
    assert np.linalg.norm(entries) == pytest.approx(np.linalg.norm(matrix))
    assert np.linalg.norm(drawn[0].axes[0].get_images()[0].get_array()) > 0
    table = numbers(tmp_path / "pseudospectrum-RNN.csv")
    for row in (0, 40):
        z = table["real"][row] + 1j * table["imaginary"][row]
        smallest = np.linalg.svd(z * np.eye(6) - matrix, compute_uv=False)[-1]
        assert table["distance"][row] == pytest.approx(smallest)
    assert len(drawn[1].axes[0].collections[-1].get_offsets()) == 6
