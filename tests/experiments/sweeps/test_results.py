"""The results page, its rows and summaries, and the command that trains them."""

import json
import re

import pytest

from experiments import __main__ as experiments
from experiments.core.options import OptionError
from experiments.core.run import config
from experiments.sweeps import reproduce, results
from experiments.sweeps.reproduce import write_page
from experiments.sweeps.results import SUMMARIES, note, read_summaries, rows_of_page
from experiments.sweeps.results_page import DOCS, Result, by_section, page
from experiments.sweeps.worker import Outcome

SMALL = """
copy:
  title: A copy
  paper: starts
  script: copy
  set: {preset: paper, init: chain, lr: 1e-4}
  seeds: 1..2
  score: loss
  levels: [0.04, 0.02]
  published: "@copy"
  hopeless: 20
  minutes: 30
  figure: {shares: loss, curves: val_loss, bars: loss}
  rows:
    a: {set: {init_scale: 1.02}, beside: chain}
    b: {set: {init_scale: 1.04, lr: [1e-4, 1e-3]}, minutes: 90}
digits:
  title: Digits
  paper: nnrnn
  script: psmnist
  shortened: {epochs: 10}
  seeds: [400, 401]
  score: accuracy
  minutes: 1
  figure: {over: learning_rate}
  rows:
    x, nnRNN: {set: {preset: doc/nnRNN-512, lr: [1e-4, 1e-3]}}
"""
VERSIONS = {"python": "3.11.7", "keras": "3.15.1"}


@pytest.fixture(scope="module")
def all_rows():
    """The rows of the page."""
    return rows_of_page()


@pytest.fixture
def rows(tmp_path):
    """Three small ones, in two sections."""
    (tmp_path / "rows.yaml").write_text(SMALL)
    return rows_of_page(tmp_path / "runs", tmp_path / "rows.yaml")


def summary(run, value, state="finished", rows=100, metric="val_loss", **more):
    """The summary of a run whose curve falls to a value."""
    best = {"epoch": rows, metric: value}
    at, curve = [1, rows], [value and 2 * value, value]
    found = {"key": run.key, "state": state, "rows": rows, "per_row": 1, "at": at}
    found |= {"seed": run.options["seed"], "seconds": 60.0, "best": best, "last": {}}
    found |= {"test": {}, "curves": {metric: curve}, "setting": run.options}
    return {**found, "versions": VERSIONS, "commit": "abc", **more}


def cells(row, *values, **more):
    """The cells of a row whose runs have these values."""
    made = zip(row.runs, values, strict=False)
    found = [summary(run, value, **more) for run, value in made]
    return list(Result(row, [found] if found else []).cells())


def test_the_committed_page_is_that_of_the_committed_summaries(all_rows):
    summaries = read_summaries()
    text = (DOCS / "results.md").read_text(encoding="utf-8")
    assert text == page(all_rows, summaries)
    pictures = set(re.findall(r"\(results/(.*\.svg)\)", text))
    assert pictures == {file.name for file in (DOCS / "results").iterdir()}
    assert summaries.keys() <= {run.key for row in all_rows for run in row.runs}


def test_every_row_of_the_page_can_be_asked_for_and_is_linked(all_rows):
    labels = [row.label for row in all_rows]
    assert len(labels) == len(set(labels)) > 100
    for row in all_rows:
        assert reproduce.fitting(all_rows, row.label) == [row]
        assert (DOCS / "papers" / f"{row.section.paper}.md").is_file()
    assert {row.section.script for row in all_rows} >= {"copy", "ffn", "deep_rnn"}


def test_committed_summaries_are_small():
    for file in results.SUMMARIES.glob("*.json"):
        assert file.stat().st_size < 12_000, file


def test_a_published_result_is_read_from_the_tables(rows):
    assert [row.published for row in rows] == ["46 of 462 runs", "", "94.5%"]
    assert [row.whole for row in rows] == [100, 100, 100]
    assert [len(row.settings) for row in rows] == [1, 2, 2]


def test_cells_say_how_many_runs_how_long_and_what_was_published(rows):
    row = rows[0]
    whole = ["0.0150 ± 0.0071 (n = 2)", "1 of 2, at epoch 100", "46 of 462 runs"]
    assert cells(row, 0.01, 0.02) == ["a", *whole, "100 epochs", "1 min 0 s"]
    assert cells(row, 0.01, rows=7, state="unfinished")[1:] == [
        "0.0100 (n = 1)",
        "1 of 1, at epoch 7",
        "46 of 462 runs",
        "7 of 100 epochs, 1 unfinished",
        "1 min 0 s",
    ]
    last = ["0 of 100 epochs", "expected: 30 min 0 s"]
    assert cells(row)[1:] == ["not run yet", "", "46 of 462 runs", *last]
    diverged = cells(row, None, rows=3, state="diverged")
    assert diverged[1] == "no finite number"
    assert diverged[4] == "3 of 100 epochs, 1 diverged"


def test_a_mean_far_from_the_published_number_is_marked(rows):
    def told(*values):
        return cells(rows[2], *values, metric="val_accuracy", rows=10)

    assert told(0.90, 0.91)[1:4] == [
        "90.5 ± 0.7 (n = 2)",
        "94.5% **≠**",
        "10 of 100 epochs",
    ]
    assert told(0.94, 0.95)[2] == "94.5%"
    assert told(0.90)[2] == "94.5%"  # of which no deviation is known


def test_a_row_of_several_settings_shows_the_best(rows):
    row = rows[2]
    values = {1e-4: (0.80, 0.81), 1e-3: (0.92, 0.93)}
    summaries = {
        run.key: summary(run, value, metric="val_accuracy")
        for runs in row.settings
        for run, value in zip(
            runs, values[runs[0].options["learning_rate"]], strict=True
        )
    }
    (_, (result,)) = by_section([row], summaries)["digits"]
    assert list(result.cells())[1] == "92.5 ± 0.7 (n = 2)"
    assert result.source()[1] == "preset doc/nnRNN-512, lr 0.001, epochs 10"


def test_pages_and_figures_of_some_runs(rows, tmp_path):
    values = (0.01, 0.03, 0.02, 0.02, 0.5)
    runs = [*rows[0].runs, *rows[1].runs]
    summaries = {
        run.key: summary(run, value) for run, value in zip(runs, values, strict=False)
    }
    for run in rows[2].runs:
        summaries[run.key] = summary(run, 0.9, metric="val_accuracy")
    docs = tmp_path / "docs"
    docs.mkdir()
    text, *pictures = write_page(rows, summaries, docs)
    assert [file.stem for file in pictures] == [
        *("copy-shares", "copy-curves", "copy-bars", "digits-over"),
    ]
    assert all("<svg" in file.read_text() for file in pictures)
    before = [file.read_bytes() for file in pictures]
    write_page(rows, summaries, docs)
    assert [file.read_bytes() for file in pictures] == before
    assert text.read_text() == page(rows, summaries)
    assert "python 3.11.7, keras 3.15.1" in text.read_text()


def run_directory(run, epochs=250, **more):
    """A run directory of some epochs, the last of which is no number."""
    run.directory.mkdir(parents=True)
    found = {**config(run.program), "commit": "abc"}
    (run.directory / "config.json").write_text(json.dumps(found))
    losses = [f"{n},0.5,1.23456789,{1 / n}" for n in range(1, epochs)]
    lines = ["epoch,seconds,loss,val_loss", *losses, f"{epochs},0.5,1,nan"]
    (run.directory / "metrics.csv").write_text("\n".join(lines))
    if more:
        (run.directory / "summary.json").write_text(json.dumps(more))


def test_summaries_are_thinned_and_say_where_they_come_from(rows, tmp_path):
    run, other = rows[0].runs
    note(run, tmp_path / "results")
    assert not (tmp_path / "results").exists()
    run_directory(run)
    run_directory(other, 2, outcome="diverged", test={"loss": 0.25})
    for each in (run, other):
        note(each, tmp_path / "results")
    found = read_summaries(tmp_path / "results")
    first, second = found[run.key], found[other.key]
    assert first["state"] == "unfinished"
    assert second["state"] == "diverged"
    assert first["rows"] == 250
    assert first["seconds"] == 125
    assert first["commit"] == "abc"
    assert first["best"] == {
        **{"epoch": 249, "seconds": 0.5, "loss": 1.2346, "val_loss": 0.0040161},
        **{"task_loss": 1.2346, "val_task_loss": 0.0040161},
    }
    assert first["curves"]["val_loss"][-1] is None
    assert list(results.scores([second], "loss")) == [0.25]
    assert first["curves"].keys() == {"val_loss"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting property name"),
        ("[]", "no key"),
        ('{"key": "a"}', "no state"),
        (json.dumps(dict.fromkeys(results.NEEDED, "b")), "of another run"),
    ],
)
def test_a_broken_summary_is_refused(tmp_path, text, said):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(OptionError, match=f"cannot read .*a.json: .*{said}"):
        read_summaries(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("copy:\n", "- copy\n", "is no YAML"),
        ("title: A copy", "name: A copy", "name"),
        ("  score: loss\n", "", "score"),
        ("beside: chain", "beside: nobody", "nothing named 'nobody'"),
        ("beside: chain", "besides: chain", "received 'besides'"),
        ("shares: loss", "circles: loss", "received 'circles'"),
        ("init_scale: 1.02", "init_scales: 1.02", "no option 'init_scales'"),
        ("init_scale: 1.02", "init_scale: 9", "expected at most"),
        ("{set: {init_scale: 1.02}, beside: chain}", "3", "3|int"),
    ],
)
def test_faults_of_the_file_of_rows_are_one_line(tmp_path, old, new, said):
    file = tmp_path / "rows.yaml"
    assert old in SMALL
    file.write_text(SMALL.replace(old, new, 1))
    with pytest.raises(OptionError, match=f"rows.yaml.*({said})") as refused:
        rows_of_page(file=file)
    assert "\n" not in str(refused.value)


def test_an_empty_file_of_rows_is_refused(tmp_path):
    (tmp_path / "rows.yaml").write_text("")
    with pytest.raises(OptionError, match="expected sections"):
        rows_of_page(file=tmp_path / "rows.yaml")


@pytest.fixture
def small(rows, monkeypatch, tmp_path):
    """The command with small rows and a folder of its own for summaries."""
    monkeypatch.setattr(reproduce, "rows_of_page", lambda out: rows)
    monkeypatch.chdir(tmp_path)
    return rows


@pytest.mark.parametrize("flags", [["--only", "nobody"], ["--only", ""], ["--shard=3"]])
def test_what_makes_no_sense_is_one_line_and_code_2(small, flags, capsys):
    with pytest.raises(SystemExit) as left:
        experiments.main(["reproduce", *flags])
    assert left.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("python -m experiments reproduce: error: ")


def test_a_broken_summary_ends_the_command(small, capsys, monkeypatch):
    def broken():
        raise OptionError("cannot read it")

    monkeypatch.setattr(results, "read_summaries", broken)
    with pytest.raises(SystemExit) as left:
        experiments.main(["reproduce", "--page"])
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_dry_run_lists_rows_and_what_is_left(small, capsys):
    run_directory(small[0].runs[0], 3, outcome="diverged")
    assert experiments.main(["reproduce", "--dry-run", "--only", "copy"]) == 0
    lines = [re.split(r"\s{2,}", each) for each in capsys.readouterr().out.splitlines()]
    assert lines[2:] == [
        ["copy/a", "1 of 2", "30 min 0 s"],
        ["copy/b", "0 of 4", "6 h 0 min"],
        ["in all, on two cores", "6 h 30 min"],
    ]


def test_first_seeds_are_trained_first_and_noted(small, monkeypatch):
    trained, noted = [], []

    def train(runs, out, options, work):
        trained.append((options.hopeless, [run.program.run.seed for run in runs]))
        for run in runs:
            work((run,), hopeless_after=options.hopeless)
        return 1

    monkeypatch.setattr(reproduce, "train", train)
    monkeypatch.setattr(reproduce, "train_unit", lambda *_: [Outcome("finished")])
    monkeypatch.setattr(results, "note", lambda run: noted.append(run.key))
    assert experiments.main(["reproduce"]) == 1
    assert trained == [(20, [1, 1, 1, 2, 2, 2]), (float("inf"), [400, 400, 401, 401])]
    keys = {run.key for row in small for run in row.runs}
    assert set(noted) == keys
    trained.clear()
    shares = [["reproduce", "--shard", f"{n}/2"] for n in (1, 2)]
    assert [experiments.main(each) for each in shares] == [1, 1]
    assert sum(len(seeds) for _, seeds in trained) == len(keys)


def test_the_commit_is_said_or_none(tmp_path, monkeypatch):
    from experiments.core import run

    if (SUMMARIES.parent / ".git").exists():
        assert re.fullmatch(r"[0-9a-f]{7,}(-dirty)?", run.commit() or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run.commit() is None
