"""Row 42, and figures of stairs: what is drawn without a run."""

import numpy as np

from keras_nonnormal import analysis, stair_heights
from keras_nonnormal.activations.schedules import SCHEDULES
from tests.experiments.pictures.drawing import PNG, columns, draw


def test_figure_1_comes_with_its_numbers(golden, capsys, tmp_path):  # Row 42
    assert draw("nnrnn-1", out=tmp_path) == 0
    for name in ("nnrnn-1a", "nnrnn-1b"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(PNG)
    expected = golden("nnrnn/figure1")
    moments = columns(tmp_path / "nnrnn-1a.csv")
    rows = [float(value) for value in moments["norm"]]  # beta, then alpha, then step
    norms = np.reshape(rows, (2, 3, 150)).swapaxes(0, 1)
    # What is written reads back as it was computed.
    np.testing.assert_allclose(norms, expected["norm_mean_sd"][..., 0], rtol=1e-9)
    memory = columns(tmp_path / "nnrnn-1b.csv")
    assert set(memory["d"]) == {"0.0", "0.2"}
    rows = [float(value) for value in memory["J"]]  # d, beta, alpha, k
    np.testing.assert_allclose(
        np.reshape(rows, (2, 2, 3, 150)).transpose(2, 1, 0, 3),
        expected["J_exact"],
        atol=1e-6,  # see tests/analysis/test_fisher_memory.py
    )
    said = capsys.readouterr().out
    for total in ("3.03", "12.09", "16.30", "20.88"):  # the supplement's table
        assert total in said


def test_stairs_come_with_their_numbers(drawn, tmp_path):
    assert draw("stair", "--steps=25", out=tmp_path) == 0
    for name in ("stair-schedules", "stair-gradients"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(PNG)
    table = columns(tmp_path / "stair-schedules.csv")
    assert table["j"] == 6 * tuple(map(str, range(25)))
    products = np.reshape([float(text) for text in table["product"]], (6, 25))
    for name, found in zip(SCHEDULES, products, strict=True):
        rho = stair_heights(name, np.arange(25.0))
        np.testing.assert_array_equal(found, np.cumprod(rho))
    table = columns(tmp_path / "stair-gradients.csv")
    assert table["t"] == 7 * tuple(map(str, range(1, 26)))
    assert table["schedule"][-1] == "none"
    linear, modrelu, bound = (
        np.array(table[name], float) for name in ("linear", "modrelu", "bound")
    )
    np.testing.assert_allclose(linear, bound, rtol=1e-12)
    assert (modrelu <= bound * (1 + 1e-12)).all()
    for line, name in zip(drawn[0].axes[1].get_lines(), SCHEDULES, strict=False):
        assert line.get_label().startswith(f"{name}: ")
    (axes, _) = drawn[1].axes
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), modrelu[:25])


def test_exp_alpha_comes_with_its_numbers(drawn, tmp_path, capsys):
    assert draw("exp-alpha", "--alphas", "0.5", "3", out=tmp_path) == 0
    assert (tmp_path / "exp-alpha.png").read_bytes().startswith(PNG)
    table = {
        name: np.array(column, float)
        for name, column in columns(tmp_path / "exp-alpha.csv").items()
    }
    assert set(table["alpha"]) == {0.5, 3.0}
    y, slope = analysis.exp_alpha_response(table["z"], table["alpha"])
    np.testing.assert_array_equal(table["y"], y)
    np.testing.assert_array_equal(table["slope"], slope)
    assert "it contracts for -0.374823 < alpha z < 1" in capsys.readouterr().out
