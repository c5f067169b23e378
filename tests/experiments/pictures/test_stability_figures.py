"""Figures 2, 3 and 4 and table 1 of networks that were made stable, from runs."""

import json

import numpy as np
import pytest

from experiments.core.program import compose
from experiments.core.runs import run_folders
from experiments.figures._records import COMPARISONS, Record, records, wins
from keras_nonnormal.plotting import score_table
from tests.experiments.pictures.drawing import PNG, columns, draw, make_run, refusal


def make_trained(folder, score, radius=None, **options):
    """A finished run of `deep_rnn.py` whose score was twice as large before."""
    chosen = compose("deep_rnn", "lsc", options).options
    metric = "perplexity" if chosen["task"] == "wordptb" else "mode_accuracy"
    run = make_run(folder, chosen, "deep_rnn", recipe="lsc")
    rows = f"epoch,loss,val_{metric}\n1,3,{2 * score}\n2,2,{score}\n"
    (run / "metrics.csv").write_text(rows)
    summary = {
        "test": {metric: score},
        "best": {f"val_{metric}": score},
        "pretraining": {"mean_after": radius},
    }
    (run / "summary.json").write_text(json.dumps(summary))
    return run


@pytest.fixture
def grid(tmp_path):
    """Two tasks, three networks, four seeds, with and without."""
    starts = {
        "none": {"pretrain": "none"},
        "one": {"pretrain": "controller", "target": "1"},
        "half": {"pretrain": "controller", "target": "0.5"},
    }
    levels = {"none": 0.5, "one": 0.6, "half": 0.7}
    made = []
    for task in ("sl_mnist", "wordptb"):
        for net in ("LSTM", "maLSNN", "rsimplernn"):
            for seed in range(4):
                for start, changes in starts.items():
                    if net == "maLSNN" and start == "half":
                        continue
                    score = levels[start] + 0.01 * seed
                    if (net, seed, start) == ("LSTM", 3, "half"):
                        score = 0.1  # the one that lost
                    score = 100 / score if task == "wordptb" else score
                    settings = {"task": task, "net": net, "seed": seed, **changes}
                    name = f"{task}-{net}-{seed}-{start}"
                    radius = {"none": 0.3, "one": 1.01, "half": 0.56}[start]
                    made.append(
                        make_trained(tmp_path / name, score, radius, **settings)
                    )
    return made


def test_pairs_differ_in_their_start_alone(grid, drawn, tmp_path):  # LSC row 59
    draw("lsc-3-wins", *grid, out=tmp_path)
    table = columns(tmp_path / "lsc-3-wins.csv")
    # Of relu networks nothing counts, and radius 0.5 has no share in the last one.
    assert table["comparison"] == tuple(COMPARISONS)
    assert table["pairs"] == ("8", "8", "8", "8")
    assert table["won"] == ("6", "6", "8", "8")
    assert table["percent"] == ("75", "75", "100", "100")
    heights = [bar.get_height() for bar in drawn[0].axes[0].patches]
    assert heights == [75, 75, 100, 100]
    assert drawn[0].axes[0].get_lines()[0].get_ydata()[0] == 50


def test_where_a_run_was_trained_makes_no_other_pair(tmp_path):
    """Options that came later than the figure, too: `--strategy`, `--device`."""
    stable = {"pretrain": "controller", "target": "0.5", "strategy": "mirrored"}
    runs = [
        make_trained(tmp_path / "a", 0.5, seed=3),
        make_trained(tmp_path / "b", 0.6, 0.5, seed=3, device="cpu", **stable),
    ]
    found = records(run_folders([str(run) for run in runs]))
    assert wins(found, "ρ = 0.5 better than none", found[0].depth) == (1, 1)


def test_other_sizes_seeds_or_depths_are_no_pairs():  # LSC row 59
    def record(start, score, depth=2, others="", seed=0):
        kind = ("sl_mnist", "LSTM", depth, seed, start, score)
        return Record(*kind, 0, None, None, False, (), others)

    runs = [
        record("ρ = 0.5", 0.9),
        record("none", 0.8, others="width 9"),
        record("none", 0.8, depth=5),
        record("none", 0.8, seed=1),
    ]
    assert wins(runs, "ρ = 0.5 better than none", 2) == (0, 0)
    runs.append(record("none", 0.95))
    assert wins(runs, "ρ = 0.5 better than none", 2) == (0, 1)


def test_scores_are_means_with_half_deviations(grid, drawn, tmp_path):  # LSC row 59
    draw("lsc-3-scores", *grid, "--published-axes", out=tmp_path)
    for task in ("wordptb", "sl_mnist"):
        picture = tmp_path / f"lsc-3-scores-{task}.png"
        assert picture.read_bytes().startswith(PNG)
    assert drawn[0].axes[0].get_ylim() == (75, 125)  # perplexity first
    table = columns(tmp_path / "lsc-3-scores.csv")
    row = list(zip(table["task"], table["net"], table["start"], strict=True)).index(
        ("sl_mnist", "LSTM", "ρ = 1")
    )
    assert float(table["mean"][row]) == pytest.approx(0.615)
    assert float(table["std"][row]) == pytest.approx(
        np.std([0.6, 0.61, 0.62, 0.63], ddof=1)
    )


def test_radii_off_their_target_are_struck_out(grid, tmp_path, monkeypatch):
    """LSC row 59: further than 0.02, and not those without a target."""
    asked = {}

    def table(head, rows, *, struck, rules):
        asked.update(head=head, rows=rows, struck=struck)
        return score_table(head, rows, struck=struck, rules=rules)

    monkeypatch.setattr("keras_nonnormal.plotting.score_table", table)
    draw("lsc-3-table", *grid, out=tmp_path)
    half = asked["head"].index("ρ = 0.5")
    struck = {place for place in asked["struck"] if asked["rows"][place[0]][half]}
    assert {column for _, column in struck} == {half, half + 1}
    assert len(struck) == 2 * 4  # two networks in two tasks
    assert columns(tmp_path / "lsc-3-table.csv")["missed"].count("4") == 4


def linear(folder, score, **options):
    return make_trained(folder, score, task="wordptb", net="lru", width=8, **options)


def test_curves_of_clipped_runs_are_dashed(drawn, tmp_path):  # LSC row 60
    runs = [
        linear(tmp_path / "a", 90.0, stack="3"),
        linear(tmp_path / "b", 80.0, stack="3", clip_norm=1.0),
        linear(tmp_path / "c", 70.0, stack="6", pretrain="published", target="0.5"),
    ]
    draw("lsc-4", *runs, out=tmp_path)
    three, six = drawn[0].axes
    assert [line.get_linestyle() for line in three.get_lines()] == ["-", "--"]
    assert list(six.get_lines()[0].get_ydata()) == [140.0, 70.0]
    assert columns(tmp_path / "lsc-4.csv")["perplexity"][:2] == ("180.0", "90.0")


def test_table_1_has_the_best_in_bold(tmp_path, monkeypatch):  # LSC row 60
    asked = {}

    def table(head, rows, *, bold, rules):
        asked.update(rows=rows, bold=bold)
        return score_table(head, rows, bold=bold, rules=rules)

    monkeypatch.setattr("keras_nonnormal.plotting.score_table", table)
    stable = {"pretrain": "published", "target": "unbalanced"}
    runs = [
        linear(tmp_path / "a", 90.0, stack="3"),
        linear(tmp_path / "b", 92.0, stack="3", seed=1),
        linear(tmp_path / "c", 80.0, stack="3", **stable),
        linear(tmp_path / "d", 85.0, stack="3", clip_norm=1.0),
    ]
    draw("lsc-table-1", *runs, out=tmp_path)
    assert asked["rows"] == [
        ["3 layers, default", "91.0 ± 1.4 (n = 2)", "91.0 ± 1.4 (n = 2)"],
        ["3 layers, ρ unbalanced", "80.0", "80.0"],
        ["3 layers, default + clip", "85.0", "85.0"],
    ]
    assert asked["bold"] == {(1, 1), (1, 2), (2, 1), (2, 2)}
    assert columns(tmp_path / "lsc-table-1.csv")["test std"][1:] == ("0.0", "0.0")


def test_accuracy_over_learning_rates(drawn, tmp_path):  # LSC row 58
    runs = []
    for number, (start, lr, accuracy) in enumerate(
        [("he", 1e-3, 0.5), ("he", 1e-2, 0.1), ("he", 1e-2, 0.3), ("lsc", 1e-3, 0.9)]
    ):
        changes = {"pretrain": "controller"} if start == "lsc" else {"init": start}
        settings = {"learning_rate": lr, "seed": number, **changes}
        options = compose("ffn", "lsc", settings).options
        run = make_run(tmp_path / str(number), options, "ffn", recipe="lsc")
        (run / "summary.json").write_text(json.dumps({"test": {"accuracy": accuracy}}))
        runs.append(run)
    draw("lsc-2", *runs, out=tmp_path)
    (axes,) = drawn[0].axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
    assert lines == {"He": [[1e-3, 0.5], [1e-2, 0.2]], "ρ = 1": [[1e-3, 0.9]]}
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (min(band), max(band)) == pytest.approx((0.2 - 0.05 * 2**0.5, 0.5))
    assert columns(tmp_path / "lsc-2.csv")["runs"] == ("1", "2", "1")


def test_runs_of_other_scripts_or_without_results_are_refused(tmp_path, capsys):
    other = make_run(tmp_path / "a", {"net_type": "LSTM"})
    said = refusal(capsys, "lsc-4", other, out=tmp_path / "figures")
    assert said.endswith("is a run of copy.py; expected one of deep_rnn.py")
    unfinished = make_run(
        tmp_path / "b", compose("deep_rnn", "lsc", {}).options, "deep_rnn"
    )
    said = refusal(capsys, "lsc-3-wins", unfinished, out=tmp_path / "figures")
    assert "no summary.json with a test result" in said
    single = make_trained(tmp_path / "c", 0.5)
    said = refusal(capsys, "lsc-3-wins", single, out=tmp_path / "figures")
    assert "no pair" in said
    assert not records(run_folders([str(single)]))[0].missed
