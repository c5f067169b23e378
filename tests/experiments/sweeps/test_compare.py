"""All networks side by side: `python -m experiments compare`."""

import json
import re

import pytest

from experiments.core.run import config
from experiments.sweeps import command, compare, comparison
from experiments.sweeps.comparison import PROBLEMS, Cell, Problem, entries
from experiments.sweeps.pool import Ended, Started
from tests.experiments.sweeps.test_command_line import HEAVY

FAST = {"T": 3, "c_length": 2, "onehot": True, "batch_size": 4, "jit": False}


@pytest.fixture
def tiny(monkeypatch):
    """A task that trains in a moment, in this process."""
    settings = {**FAST, "budget": 2000, "updates": 20, "log_interval": 2}
    monkeypatch.setitem(PROBLEMS, "copy-200", Problem("copy", settings))

    def here(units, work):
        for unit in units:
            yield Started(unit)
            yield Ended(unit, work(unit))

    monkeypatch.setattr(command, "executor", lambda options: here)
    return ["--tasks", "copy-200", "--rates", "0.01", "--workers", "1"]


def cell(name, out, rates=(0.01,), seeds=3):
    return Cell("copy-200", name, rates, seeds, out, {})


def make(run, losses=None, test=None, outcome=None, **more):
    """Makes the directory of a run up."""
    run.directory.mkdir(parents=True)
    told = config(run.program)
    (run.directory / "config.json").write_text(json.dumps(told))
    if losses:
        rows = [f"{n},{2 * n},{loss}" for n, loss in enumerate(losses, 1)]
        text = "\n".join(["epoch,seconds,loss", *rows])
        (run.directory / "metrics.csv").write_text(text)
    summary = {"trivial_loss": 1.0, "test": test or {}, **more}
    summary |= {"outcome": outcome} if outcome else {}
    (run.directory / "summary.json").write_text(json.dumps(summary))


def rows_of(page):
    """The cells of the first table of a page in Markdown, by the name of the row."""
    lines = page[page.index("| network") :].split("\n\n")[0].splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    names = cells[0]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cells[2:]}


def test_a_dry_run_of_everything_loads_nothing_heavy_and_writes_nothing(
    python, repository, tmp_path
):
    words = ("-m", "experiments", "compare", "--dry-run")
    shown = python("-X", "importtime", *words, "--out", tmp_path / "out")
    assert shown.returncode == 0
    imported = {line.split("|")[-1].strip() for line in shown.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported.intersection(HEAVY)
    assert not (tmp_path / "out").exists()
    planned = [line.split()[:2] for line in shown.stdout.splitlines()[2:-1]]
    assert planned == [[name, task] for task in PROBLEMS for name in entries()]


def test_every_network_and_every_start_is_compared():
    networks = {options["net_type"] for options in entries().values()}
    assert networks == set(comparison.network_names("gamma"))
    starts = {options.get("rinit") for options in entries().values()}
    assert starts >= {"xavier", "np_rnn", "hippo", "chain", "fbchain", "identity"}
    assert {"LSTM-chrono", "GRU-chrono"} <= networks
    assert len({str(options) for options in entries().values()}) == len(entries())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--tasks nothing", "--tasks: expected some of copy-200"),
        ("--networks RMM", "--networks: expected some of ANRU"),
        ("--budget 40", "--budget: no size of .* has about 40 parameters"),
        ("--budget 999999999999", "--budget: no size of"),
        ("--budget 0", "--budget: expected a whole number of at least 1"),
        ("--updates -3", "--updates: expected a whole number of at least 1"),
        ("--seeds 1.5", "--seeds: expected a whole number of at least 1"),
        ("--rates 0", "--rates: expected numbers above 0"),
        ("--rates fast", "--rates: expected numbers above 0"),
        ("--rates nan", "--rates: expected numbers above 0"),
        ("--page table.pdf", "--page: expected FILE.md or FILE.html"),
        ("--page nowhere/page.md", "--page: cannot write nowhere/page.md"),
        ("--shard 3/2", "--shard: expected a part"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_written(
    words, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        compare.main(words.split())
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert re.search(message, said)
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_sorted_and_says_what_it_cannot_tell(tiny, tmp_path):
    good, like, bad = (cell(n, tmp_path) for n in ("LSTM", "LMU", "MinGRU"))
    for each, losses in ((good, (0.1, 0.2)), (like, (0.3, 0.1)), (bad, (0.8, 0.9))):
        matrix = {"henrici_index": 0.5} if each is not bad else {}
        measures = {"measures": {"peak_memory": 100, **matrix}}
        make(each.searched[0], [0.9, losses[0]], **measures)
        make(each.repeats()[0], [0.9, losses[1]], **measures)
    make(cell("RNN/chain", tmp_path).searched[0], [0.7])
    make(cell("CoRNN", tmp_path).searched[0], outcome="diverged")

    files = [tmp_path / name for name in ("page.md", "page.html")]
    names = "LSTM,LMU,MinGRU,RNN/chain,CoRNN,GRU"
    arguments = [*tiny, "--networks", names, "--out", str(tmp_path)]
    assert compare.main([*arguments, "--page", *map(str, files)]) == 0
    text = files[0].read_text()
    rows = rows_of(text)
    assert list(rows) == ["LSTM", "LMU", "RNN/chain", "MinGRU", "CoRNN"]
    assert rows["LSTM"]["score"] == "0.1500 ± 0.0707 (n = 2)"
    assert rows["LSTM"]["place"] == rows["LMU"]["place"] == "1 to 2"
    assert rows["MinGRU"]["place"] == "3"
    assert rows["RNN/chain"]["place"] == rows["CoRNN"]["place"] == ""
    assert rows["CoRNN"]["score"] == "1 of 1 diverged"
    assert rows["LSTM"]["updates to success"] == "4 (2 of 2)"
    assert rows["MinGRU"]["updates to success"] == "(0 of 2)"
    # The second of two rows, of two updates each, took four seconds.
    assert rows["LSTM"]["ms per update"] == "2000.0"
    assert rows["LSTM"]["memory in MB"] == "100"
    assert rows["LSTM"]["Henrici index"] == "0.500"
    assert rows["MinGRU"]["Henrici index"] == ""
    assert "2 of 5 have one seed, or diverged: no rank" in text
    assert "By these seeds LSTM cannot be told from LMU." in text
    assert "are not below" not in text
    assert "Not run (1 of 6): GRU." in text
    assert "remembers nothing has the loss 1.0000." in text
    assert "0.01 for all: no other was tried" in text
    assert all(run.key in text for run in (*good.searched, good.repeats()[0]))
    html = files[1].read_text()
    assert html.count("<table") == 2
    assert "0.1500 ± 0.0707 (n = 2)" in html
    assert "--page" not in text


def test_a_page_says_if_nothing_is_remembered(tiny, tmp_path):
    make(cell("LSTM", tmp_path).searched[0], [1.5])
    make(cell("LMU", tmp_path).searched[0], [0.4])
    arguments = [*tiny, "--out", str(tmp_path), "--networks", "LSTM,LMU"]
    assert compare.main([*arguments, "--page", str(tmp_path / "page.md")]) == 0
    assert "1 of 2 are not below the loss" in (tmp_path / "page.md").read_text()


def test_the_learning_rate_is_that_of_the_best_validation(tiny, tmp_path):
    both = cell("LSTM", tmp_path, rates=(0.01, 0.001), seeds=2)
    first, second = both.searched
    make(first, [0.5])
    assert both.repeats() == both.results() == []  # while one is missing
    make(second, [0.4])
    assert [run.options["learning_rate"] for run in both.repeats()] == [0.001]
    assert [each.run.key for each in both.results()] == [second.key]


def test_digits_are_chosen_by_validation_and_scored_by_the_test(tmp_path):
    digits = Cell("psmnist", "LSTM", (0.01,), 1, tmp_path, {"updates": 3})
    assert digits.settings == PROBLEMS["psmnist"].settings
    (run,) = digits.searched
    make(run, [3.0, 2.0], test={"accuracy": 0.9})
    rows = "epoch,seconds,loss,val_loss\n1,9,3.0,2.0\n2,4,2.0,0.4\n"
    (run.directory / "metrics.csv").write_text(rows)
    (result,) = digits.results()
    assert (result.score, result.validation) == (0.9, 0.4)
    assert (result.updates, result.milliseconds) == (2 * 500, 4000 / 500)


def test_a_comparison_trains_measures_and_goes_on(tiny, tmp_path, capsys):
    out = tmp_path / "runs"
    arguments = [*tiny, "--out", str(out), "--networks"]
    assert compare.main([*arguments, "RNN/identity,MinGRU", "--seeds", "1"]) == 0
    rows = rows_of((out / "compare.md").read_text())
    assert rows.keys() == {"RNN/identity", "MinGRU"}
    assert 0 <= float(rows["RNN/identity"]["Henrici index"]) <= 1
    assert float(rows["RNN/identity"]["spectral radius"]) > 0
    assert rows["MinGRU"]["spectral radius"] == ""
    capsys.readouterr()
    for missing in (1, 0):
        assert compare.main([*arguments, "RNN/identity", "--seeds", "2"]) == 0
        said = capsys.readouterr().out
        assert "1 runs in" in said
        assert f", {missing} to be trained" in said
        rows = rows_of((out / "compare.md").read_text())
        assert "(n = 2)" in rows["RNN/identity"]["score"]
