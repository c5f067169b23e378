"""Row A34: figures of shapes and of scores, R1 to R4 and R7."""

import json

import numpy as np
import pytest

from keras_nonnormal.activations import gamma_slopes, gamma_values
from tests.experiments.pictures.drawing import PNG, columns, draw, make_run, refusal

pytestmark = pytest.mark.usefixtures("uncompiled_file")

GAMMA = {"net_type": "RNN", "nonlin": "gamma2", "nhid": 2, "random": False}


def make_shaped(folder, gain, saturation, accuracy, **options):
    """A run of gamma whose accuracy was 0.1 and then another."""
    shape = {"gain": gain, "saturation": saturation, "learn_params": True}
    run = make_run(folder, {**GAMMA, **shape, **options}, "psmnist", family="networks")
    rows = f"epoch,loss,val_accuracy\n1,3,0.1\n2,2,{accuracy}\n"
    (run / "metrics.csv").write_text(rows)
    return run


def log_shapes(run, gains, saturations):
    for name, rows in (("gain", gains), ("saturation", saturations)):
        lines = [["epoch", *range(len(rows[0]))]]
        lines += [[epoch, *row] for epoch, row in enumerate(rows, 1)]
        text = "\n".join(",".join(map(str, line)) for line in lines)
        (run / f"{name}.csv").write_text(text + "\n")


def test_gamma_comes_with_its_numbers(drawn, tmp_path, capsys):  # Row A34, R1
    assert draw("gamma", "--shapes", "5,0.5", "5,1", out=tmp_path) == 0
    assert (tmp_path / "gamma.png").read_bytes().startswith(PNG)
    table = {
        name: np.array(column, float)
        for name, column in columns(tmp_path / "gamma.csv").items()
    }
    assert set(table["s"]) == {0.5, 1.0}
    shape = (table["n"], table["s"])
    np.testing.assert_array_equal(table["gamma"], gamma_values(table["x"], *shape))
    np.testing.assert_array_equal(table["slope"], gamma_slopes(table["x"], *shape))
    assert len(drawn[0].axes[0].get_lines()) == 2
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "    5   0.5  0.9000",
        "    5     1  1.2500",
    ]


def test_grids_have_the_last_metric_at_the_first_shape(drawn, tmp_path):  # Row A34, R2
    shapes = [(n, s) for n in (1.0, 5.0, 10.0) for s in (0.0, 0.5)]
    runs = [
        make_shaped(tmp_path / f"{n}-{s}", n, s, 0.5 + n / 100 + s / 10)
        for n, s in shapes
    ]
    again = make_shaped(tmp_path / "again", 10.0, 0.5, 0.95, seed=401)
    assert draw("grid", *runs, again, out=tmp_path) == 0
    name = tmp_path / "grid-psmnist-val-accuracy"
    assert name.with_suffix(".png").read_bytes().startswith(PNG)
    axes, bar = drawn[0].axes
    assert bar.get_ylabel() == "validation accuracy"
    table = columns(name.with_suffix(".csv"))
    found = np.array([table[each] for each in ("n", "s", "val_accuracy")], float)
    np.testing.assert_array_equal(found[:2].T, shapes)
    expected = [0.51, 0.56, 0.55, 0.6, 0.6, (0.65 + 0.95) / 2]
    np.testing.assert_allclose(found[2], expected)
    assert table["runs"] == ("1", "1", "1", "1", "1", "2")
    (points,) = [
        each for each in axes.collections if each.get_offsets().shape == (6, 2)
    ]
    np.testing.assert_allclose(points.get_array(), expected)


def test_shapes_move_as_they_were_logged(drawn, tmp_path):  # Row A34, R3
    run = make_shaped(tmp_path / "own", 5.0, 0.25, 0.9)
    log_shapes(run, [[5.5, 5.0], [6.0, 4.0]], [[0.3, 0.2], [0.5, 0.1]])
    other = make_shaped(tmp_path / "shared", 1.0, 0.0, 0.8, nonlin="gamma")
    log_shapes(other, [[1.5], [2.0]], [[0.1], [0.2]])
    assert draw("shapes", run, other, out=tmp_path) == 0
    assert (tmp_path / "shapes.png").read_bytes().startswith(PNG)
    means, cloud = drawn[0].axes
    lines = means.get_lines()
    np.testing.assert_allclose(
        lines[0].get_xydata(), [[5, 0.25], [5.25, 0.25], [5, 0.3]]
    )
    np.testing.assert_allclose(lines[3].get_xydata(), [[1, 0], [1.5, 0.1], [2, 0.2]])
    (neurons,) = cloud.collections
    np.testing.assert_allclose(neurons.get_offsets(), [[6, 0.5], [4, 0.1]])
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend == ["RNN 2, gamma2", "RNN 2, gamma"]
    table = columns(tmp_path / "shapes.csv")
    assert table["epoch"] == tuple("001122012")
    assert table["n"][-1] == "2.0"
    assert draw("shapes", run, other, "--metric=val_accuracy", out=tmp_path) == 0
    bar = drawn[1].axes[-1]
    assert (bar.get_ylabel(), bar.get_ylim()) == ("validation accuracy", (0.8, 0.9))


def test_a_start_that_was_drawn_is_drawn_again(adaptive_runs, drawn, tmp_path):
    run = adaptive_runs / "heterogeneous"
    log_shapes(run, np.full((2, 6), 5.0), np.full((2, 6), 0.5))
    assert draw("shapes", run, out=tmp_path) == 0
    start = drawn[0].axes[0].get_lines()[1].get_xydata()
    weights = np.load(run / "start.npz").values()
    gains = next(w for w in weights if w.shape == (6,) and np.all((w >= 5) & (w < 7)))
    np.testing.assert_allclose(start, [[gains[0], 0.0]])


def test_runs_are_grouped_by_how_their_shape_is_learnt(drawn, tmp_path):  # Row A34, R4
    kinds = {
        "static": {"learn_params": False},
        "heterogeneous": {},
        "homogeneous": {"nonlin": "gamma"},
        "ANRU (controlled)": {"net_type": "ANRU"},
        "LSTM": {"net_type": "LSTM", "nonlin": "modrelu"},
    }
    runs = [
        make_shaped(
            tmp_path / f"{name} {seed}", 5.0, 0.0, 0.5 + seed / 10, seed=seed, **options
        )
        for name, options in kinds.items()
        for seed in (1, 2, 3)
    ]
    assert draw("speed", *runs, "--epoch=2", out=tmp_path) == 0
    name = tmp_path / "speed-psmnist-val-accuracy"
    assert name.with_suffix(".png").read_bytes().startswith(PNG)
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend == [f"{kind} (3 runs)" for kind in kinds]
    np.testing.assert_allclose(drawn[0].axes[0].get_lines()[0].get_ydata(), [0.1, 0.7])
    assert len(columns(name.with_suffix(".csv"))["group"]) == 30


def test_robustness_is_read_from_summaries(drawn, tmp_path):  # Row A34, R7
    transformed = make_shaped(tmp_path / "a", 5.0, 0.0, 0.9)
    tests = {"drive": 0.4, "none": 0.9, "sin": 0.7}
    scores = {name: {"loss": 1.0, "accuracy": value} for name, value in tests.items()}
    summary = {"test": scores["none"], "tests": scores}
    (transformed / "summary.json").write_text(json.dumps(summary))
    clean = make_run(tmp_path / "b", {"net_type": "LSTM", "nhid": 3}, "psmnist")
    summary = {"test": {"loss": 2.0, "accuracy": 0.5}}
    (clean / "summary.json").write_text(json.dumps(summary))
    assert draw("robustness", transformed, clean, out=tmp_path) == 0
    assert (tmp_path / "robustness-psmnist.png").read_bytes().startswith(PNG)
    (axes,) = drawn[0].axes
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    np.testing.assert_array_equal(heights, [[0.9, 0.5], [0.7, np.nan], [0.4, np.nan]])
    assert columns(tmp_path / "robustness-psmnist.csv") == {
        "run": ("RNN 2, gamma2", "LSTM 3"),
        "clean": ("0.9", "0.5"),
        "sine": ("0.7", ""),
        "drive": ("0.4", ""),
    }
    assert axes.get_lines()[0].get_ydata() == [0.1, 0.1]  # guessing


def test_what_cannot_be_drawn_is_one_line(capsys, tmp_path):
    out = tmp_path / "figures"
    plain = make_run(tmp_path / "plain", {"net_type": "LSTM", "nhid": 3}, "psmnist")
    shaped = make_shaped(tmp_path / "shaped", 5.0, 0.0, 0.5)
    uneven = make_shaped(tmp_path / "uneven", 5.0, 0.0, 0.5)
    log_shapes(uneven, [[1.0, 2.0]], [[0.0]])
    for arguments, message in (
        (("gamma", "--shapes", "0,1"), "gamma has a pole at n = 0"),
        (
            ("gamma", "--shapes", "5"),
            "--shapes: expected two numbers such as 0:0.9",
        ),
        (("grid", plain), "has no gamma; expected a run with --nonlin gamma"),
        (("shapes", plain), "has no gamma; expected a run with --nonlin gamma"),
        (("shapes", shaped), "holds no gain.csv and saturation.csv of the same epochs"),
        (("shapes", uneven), "are of 2 and 1 units; expected as many"),
        (("speed", shaped, "--epoch=3"), "--epoch: epoch must be from 1 to 2"),
        (("robustness", shaped), "holds no summary.json with a test accuracy"),
    ):
        assert message in refusal(capsys, *arguments, out=out)
    assert not list(out.glob("*"))


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ({}, "RNN 2, gamma2"),
        ({"nonlin": "relu"}, "RNN 2, relu"),
        ({"nonlin": "modrelu"}, "RNN 2"),
        ({"learn_params": False}, "RNN 2, gamma2, fixed"),
        ({"net_type": "ANRU"}, "ANRU 2"),
    ],
)
def test_labels_say_the_nonlinearity(tmp_path, options, label):
    from experiments.core.runs import run_folders

    run = make_shaped(tmp_path / "run", 5.0, 0.5, 0.1, **options)
    assert run_folders([str(run)])[0].label == label


def test_labels_say_the_shape_before_the_seed(tmp_path):
    from experiments.core.runs import run_folders

    runs = [
        make_shaped(tmp_path / f"{n}-{seed}", n, 0.5, 0.1, seed=seed)
        for n, seed in ((5.0, 1), (7.5, 1), (7.5, 2))
    ]
    labels = [run.label for run in run_folders(list(map(str, runs)))]
    assert labels == [
        "RNN 2, gamma2, n = 5, s = 0.5",
        "RNN 2, gamma2, n = 7.5, s = 0.5, seed 1",
        "RNN 2, gamma2, n = 7.5, s = 0.5, seed 2",
    ]
