"""What a worker makes of a run."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from experiments import sweep
from experiments.sweeps.command import parsed, runs_of
from experiments.sweeps.grids import axes_of, grid_of
from experiments.sweeps.plan import planned, units_of
from experiments.sweeps.pool import environment
from experiments.sweeps.pool import worker_environment as gpu_of
from experiments.sweeps.worker import kept_outcome, train_unit
from keras_nonnormal.training import TrainingDiverged, read_metrics
from tests.experiments.commands import ROOT, clean_environment, tiny
from tests.experiments.test_scripts import wait_for_epoch


def words(*more):
    flags = [flag.removeprefix("--") for flag in tiny()]
    return [*flags, "jit=false", "stop_below=none", *more]


def run_in(folder, *more):
    (run,) = planned(grid_of("copy").along(axes_of(words(*more))), Path(folder))
    return run


def read(run, name="summary.json"):
    return json.loads((run.directory / name).read_text())


def timeless(value):
    """A summary without where it is and how long it took."""
    if isinstance(value, dict):
        leave = ("seconds", "directory")
        return {k: timeless(v) for k, v in value.items() if k not in leave}
    return [*map(timeless, value)] if isinstance(value, list) else value


def test_a_sweep_whose_driver_is_killed_ends_like_an_unbroken_one(tmp_path):
    """The cheap case; `benchmarks/sweep_faults.py` has ten at random moments."""
    more = "epochs=8", "seed=1..2"
    arguments = ["copy", "--out", str(tmp_path / "broken"), "--workers", "1"]
    driver = subprocess.Popen(
        [sys.executable, "experiments/sweep.py", *arguments, "--grid", *words(*more)],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    broken = planned(grid_of("copy").along(axes_of(words(*more))), tmp_path / "broken")
    wait_for_epoch(driver, broken[0].directory, 2)
    driver.kill()
    driver.communicate()
    assert kept_outcome(broken[0].directory) is None
    assert not broken[1].directory.exists()

    whole = run_in(tmp_path / "whole", "epochs=8", "seed=1")
    for run in (broken[0], whole):
        (outcome,) = train_unit((run,))
        assert outcome.state == "finished"
    assert broken[0].key == whole.key
    assert timeless(read(broken[0])) == timeless(read(whole))


def test_a_hopeless_run_is_given_up_and_goes_on_if_it_may(tmp_path):
    run, whole = (run_in(tmp_path / name, "epochs=3") for name in ("a", "b"))
    (given_up,) = train_unit((run,), hopeless_after=2)
    assert given_up.state == read(run)["outcome"] == "hopeless"
    assert "no loss below the trivial" in given_up.message
    assert (read(run)["epochs"], read(run)["success"]) == (2, False)
    assert kept_outcome(run.directory, 1) == replace(given_up, seconds=0)
    assert kept_outcome(run.directory, 3) is kept_outcome(run.directory) is None

    for each in (run, whole):
        (outcome,) = train_unit((each,))
        assert outcome.state == "finished"
    assert timeless(read(run)) == timeless(read(whole))
    assert len(read_metrics(run.directory / "metrics.csv")) == 3


def test_a_run_that_diverges_is_over(tmp_path):
    run = run_in(tmp_path, "lr=1e30")
    (outcome,) = train_unit((run,))
    assert outcome.state == read(run)["outcome"] == "diverged"
    assert outcome.score is None
    assert train_unit((run,)) == [kept_outcome(run.directory)]  # and is left alone


def test_runs_of_a_vectorized_group_are_given_up_one_by_one(tmp_path):
    packet = [
        run_in(tmp_path, "epochs=3", "compare=none", f"lr={lr}")
        for lr in ("1e-9", "1e30")
    ]
    outcomes = train_unit(tuple(packet), hopeless_after=2)
    assert [each.state for each in outcomes] == ["hopeless", "diverged"]
    assert [read(run)["epochs"] for run in packet] == [2, 0]
    assert "no loss below the trivial" in read(packet[0])["reason"]
    assert "optimizer step" in read(packet[1])["reason"]

    outcomes = train_unit(tuple(packet))  # the first goes on, the other is over
    assert [each.state for each in outcomes] == ["finished", "diverged"]


def test_a_run_that_fails_says_why_and_is_tried_again(tmp_path, monkeypatch):
    run = run_in(tmp_path)

    def fails(self, program, task):
        raise RuntimeError("out of\nluck")

    monkeypatch.setattr(type(run.program.network), "model", fails)
    (outcome,) = train_unit((run,))
    assert (outcome.state, outcome.message) == ("failed", "RuntimeError: out of")
    assert "Traceback" in (run.directory / "error.txt").read_text()
    assert kept_outcome(run.directory) is None


def test_a_finished_sweep_trains_nothing_and_shows_its_table(tmp_path, capsys):
    run = run_in(tmp_path)
    run.directory.mkdir()
    (run.directory / "summary.json").write_text('{"best": {"val_loss": 0.125}}')
    assert sweep.main(["copy", "--grid", *words(), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "1 runs in" in said
    assert "0 to be trained" in said
    assert "0.1250" in said


def test_vectorized_groups_are_runs_of_one_shape_and_of_few_seeds():
    axes = axes_of(words("lr=1e-3,1e-4", "seed=1..3", "T=21,30"))
    units = units_of(planned(grid_of("copy").along(axes), Path("runs")), 4)
    assert [len(unit) for unit in units] == [4, 2, 4, 2]
    for unit in units:
        assert len({run.options["T"] for run in unit}) == 1
        assert len({run.options["seed"] for run in unit}) <= 2


def test_a_vectorized_group_is_trained_as_one_but_for_those_that_are_over(
    tmp_path, monkeypatch
):
    unit = tuple(run_in(tmp_path, f"lr={rate}") for rate in (1e-3, 1e-4, 1e30))
    trained = []

    def stub(programs, judge):
        trained.append([each.recipe.learning_rate for each in programs])
        unit[2].directory.mkdir()
        return [{"best": {"val_loss": 0.5}}, TrainingDiverged(3, 1)]

    monkeypatch.setattr("experiments.sweeps.worker.train_vectorized", stub)
    unit[0].directory.mkdir()
    (unit[0].directory / "summary.json").write_text('{"best": {"val_loss": 0.25}}')
    found = train_unit(unit)
    assert trained == [[1e-4, 1e30]]
    assert [each.state for each in found] == ["finished", "finished", "diverged"]
    assert [each.score for each in found] == [0.25, 0.5, None]
    assert read(unit[2])["outcome"] == "diverged"


def test_shards_are_all_runs_each_once(tmp_path):
    shares = []
    for shard in ("1/3", "2/3", "3/3"):
        flags = ["--grid", *words("seed=1..8"), "--out", str(tmp_path)]
        runs, _ = runs_of(parsed(None, ["copy", *flags, "--shard", shard]))
        shares.append({run.key for run in runs})
    assert [len(keys) for keys in shares] == [3, 3, 2]
    assert len(set.union(*shares)) == 8


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["copy", "--grid", "lr=0"],
            "--learning-rate: expected a finite number",
        ),
        (["copy", "--shard", "4/3"], "--shard: expected a part of all such as 3/8"),
        (["copy", "--workers", "0"], "--workers: expected a whole number of at least"),
        (["copy", "--gpus-per-run", "2"], "--gpus-per-run: expected a number from 0"),
        (["copy", "--address", "auto"], "--address: expected --executor ray"),
        (
            ["ptb_char", "--vectorize", "2"],
            "--vectorize: expected runs of the recipe",
        ),
        (["copy", "--only", "seed=99"], "there are no such runs in the grid"),
        (["copy", "--out", "/dev/null/x"], "--out: cannot make /dev/null/x: Not a dir"),
    ],
)
def test_bad_input_is_one_line_and_code_2(arguments, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        sweep.main(arguments)
    error = capsys.readouterr().err
    assert error.startswith("sweep.py: error: ")
    assert said in error
    assert error.count("\n") == 1


def test_shares_of_gpus_decide_how_many_workers_there_are(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    options = parsed(None, ["copy", "--gpus-per-run", "0.5"])
    runs, _ = runs_of(options)
    assert (options.workers, runs[0].options["device"]) == (4, "gpu")
    names = [gpu_of(number, 0.5)["CUDA_VISIBLE_DEVICES"] for number in range(4)]
    assert names == ["2", "2", "3", "3"]


def test_workers_have_one_thread_and_see_no_gpu_unless_they_may():
    assert environment()["TF_NUM_INTRAOP_THREADS"] == "1"
    assert environment()["CUDA_VISIBLE_DEVICES"] == ""
    assert "CUDA_VISIBLE_DEVICES" not in environment(gpu=True)
