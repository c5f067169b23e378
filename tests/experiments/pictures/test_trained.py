"""Row 43, F6 to F8: what models learnt."""

import keras
import numpy as np
import pytest
import scipy.linalg

from experiments.core.options import OptionError
from experiments.figures import _runs
from keras_nonnormal import StairCell, analysis
from keras_nonnormal.layers import FusedSimpleRNN, NNRNNCell
from tests.experiments.pictures.drawing import PNG, columns, draw, make_run

pytestmark = pytest.mark.usefixtures("uncompiled_file")


def test_theta_is_read_from_the_saved_model(runs, drawn, tmp_path):  # F6
    assert draw("theta", runs / "nnRNN", "--limit=0.2", out=tmp_path) == 0
    assert (tmp_path / "theta-nnRNN.png").read_bytes().startswith(PNG)
    axes = drawn[0].axes[0]
    _, layer = _runs.load(runs / "nnRNN/model.keras")
    weights = {v.name: keras.ops.convert_to_numpy(v) for v in layer.variables}
    expected = analysis.schur_matrix(*(weights[n] for n in ("theta", "gamma", "upper")))
    np.testing.assert_array_equal(axes.get_images()[0].get_array(), expected.T)
    assert axes.get_images()[0].get_clim() == (-0.2, 0.2)
    assert axes.get_title(loc="left") == "copy: nnRNN 8"


def test_spectra_are_those_of_the_recurrent_matrices(
    runs, drawn, tmp_path, capsys
):  # F7
    found = [runs / name for name in ("nnRNN", "expRNN", "RNN")]
    assert draw("spectrum", *found, out=tmp_path) == 0
    assert (tmp_path / "spectrum.png").read_bytes().startswith(PNG)
    plane, gammas, thetas = drawn[0].axes
    for points, run in zip(plane.collections, found, strict=True):
        _, layer = _runs.load(run / "model.keras")
        values = points.get_offsets() @ [1, 1j]
        matrix = keras.ops.convert_to_numpy(layer.recurrent_matrix())
        exact = np.linalg.eigvals(matrix.astype(float))
        # The matrix is made in single precision and not normal.
        assert max(np.abs(exact - value).min() for value in values) < 1e-3
    assert (gammas.get_xlabel(), thetas.get_xlabel()) == ("modulus γ", "angle |θ|")
    said = capsys.readouterr().out.splitlines()
    henrici = {line.split()[0]: float(line.split()[-1]) for line in said[-3:]}
    assert henrici["nnRNN"] > 0.3
    assert henrici["expRNN"] < 1e-3


def test_models_with_several_recurrent_layers_are_refused(tmp_path):
    inputs = keras.Input((4, 2))
    hidden = FusedSimpleRNN(3, return_sequences=True)(inputs)
    keras.Model(inputs, FusedSimpleRNN(3)(hidden)).save(tmp_path / "model.keras")
    with pytest.raises(OptionError, match="has 2 recurrent layers; expected a model"):
        _runs.load(tmp_path / "model.keras")


def test_a_stair_changes_neither_theta_nor_spectra(staired_runs, drawn, tmp_path):
    found = [staired_runs / name for name in ("nnRNN", "expRNN", "RNN")]
    assert draw("theta", found[0], out=tmp_path) == 0
    assert draw("spectrum", *found, out=tmp_path) == 0
    heat, plane = drawn[0].axes[0], drawn[1].axes[0]
    _, layer = _runs.load(found[0] / "model.keras")
    theta = heat.get_images()[0].get_array().T
    weights = {v.name: keras.ops.convert_to_numpy(v) for v in layer.variables}
    p = scipy.linalg.expm(np.triu(weights["skew"], 1) - np.triu(weights["skew"], 1).T)
    matrix = keras.ops.convert_to_numpy(layer.recurrent_matrix())
    np.testing.assert_allclose(p @ theta @ p.T, matrix, atol=1e-5)
    assert heat.get_title(loc="left") == "copy: nnRNN 8, stair n2"
    names = [each.get_label() for each in plane.collections]
    assert names == ["nnRNN 8, stair n2", "expRNN 7, stair expalpha", *names[2:]]
    radii = np.linalg.norm(plane.collections[1].get_offsets(), axis=1)
    np.testing.assert_allclose(radii, 1, atol=1e-5)  # that of expRNN is orthogonal


def test_the_mask_of_theta_is_that_of_the_cell_inside():
    layer = keras.layers.RNN(StairCell(NNRNNCell(4, t_mask="block"), "n"))
    layer.build((None, 3, 2))
    assert analysis.schur_parameters(layer)["t_mask"] == "block"


def test_learned_stairs_are_drawn_from_start_to_end(staired_runs, drawn, tmp_path):
    """One curve for each epoch that is noted, and the start where it is known."""
    run = staired_runs / "RNN"
    noted = np.random.default_rng(3).uniform(0.9, 1.1, size=(2, 21))
    rows = [f"{2 * n + 2}," + ",".join(map(str, row)) for n, row in enumerate(noted)]
    head = ",".join(["epoch", *map(str, range(21))])
    (run / "alpha.csv").write_text("\n".join([head, *rows]) + "\n")
    assert draw("alpha", run, staired_runs / "expRNN", out=tmp_path) == 0
    assert (tmp_path / "alpha-RNN.png").read_bytes().startswith(PNG)
    lines = drawn[0].axes[0].get_lines()
    np.testing.assert_array_equal([line.get_ydata() for line in lines[:2]], noted)
    start, end = lines[2:]
    assert (start.get_label(), end.get_label()) == ("start", "trained")
    np.testing.assert_allclose(start.get_ydata(), 0.98, rtol=1e-7)
    _, layer = _runs.load(run / "model.keras")
    alpha = keras.ops.convert_to_numpy(layer.stair.alpha)
    np.testing.assert_array_equal(end.get_ydata(), alpha)
    assert np.ptp(alpha) > 0  # it was trained
    numbers = columns(tmp_path / "alpha-RNN.csv")
    assert numbers["j"] == tuple(map(str, range(21)))
    np.testing.assert_array_equal(np.array(numbers["trained"], float), alpha)
    # What was drawn at random is not in the model, and nothing was noted.
    (only,) = drawn[1].axes[0].get_lines()
    assert only.get_label() == "trained"
    assert set(columns(tmp_path / "alpha-expRNN.csv")["start"]) == {""}


def test_epochs_of_fresh_sequences_are_counted_in_updates(
    staired_runs, drawn, tmp_path
):
    options = {"net_type": "RNN", "nhid": 6, "updates": 60, "log_interval": 20}
    run = make_run(tmp_path / "run", options, family="networks")
    model = (staired_runs / "RNN/model.keras").read_bytes()
    (run / "model.keras").write_bytes(model)
    row = ",".join(["1.0"] * 21)
    head = ",".join(["epoch", *map(str, range(21))])
    (run / "alpha.csv").write_text(f"{head}\n1,{row}\n3,{row}\n")
    assert draw("alpha", run, out=tmp_path) == 0
    bar = drawn[0].axes[1]
    assert bar.get_ylabel() == "update"
    assert bar.get_ylim() == (20, 60)
