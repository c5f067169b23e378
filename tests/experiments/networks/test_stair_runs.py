"""Rows S20, S28 and S29: runs of networks with a stair, and what they leave."""

import math
import shutil

import keras
import numpy as np
import pytest

from experiments import addition, psmnist, ptb_char
from experiments import copy as copy_task
from experiments.core.run import rounds
from tests.experiments.networks.running import (
    COPY,
    QUIET,
    read,
    result,
    run,
    table,
    weights,
)
from tests.experiments.settings import made


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A copy run of four rows of metrics, with all that is logged."""
    folder = tmp_path_factory.mktemp("copy") / "run"
    run(copy_task, *LOGGED, "--updates=40", "--out", folder)
    return folder


LOGGED = [*COPY, "--net-type=expRNN", "--stair=alpha", "--log-spectral-norm"]
LOGGED += ["--lr=0.01"]


def test_copy_learns_a_stair_and_logs_it(unbroken, capsys):
    """Rows S20 and S29."""
    summary, rows = result(unbroken)
    assert summary["start"] == "expRNN, 8 units, stair alpha"
    assert summary["published"] == {}
    assert summary["trivial_loss"] == pytest.approx(2 * math.log(8) / 9)
    assert set(rows[0]) == {
        *("epoch", "seconds", "loss", "recall_accuracy", "spectral_norm")
    }
    for row in rows:
        assert row["spectral_norm"] == pytest.approx(1, abs=1e-4)  # orthogonal
    alpha = table(unbroken / "alpha.csv")
    assert [row.pop("epoch") for row in alpha] == [1, 2, 3, 4]
    model = keras.saving.load_model(unbroken / "model.keras")
    (trained,) = (v for v in model.trainable_variables if v.name == "alpha")
    last = np.array(list(alpha[-1].values()), "float32")
    np.testing.assert_array_equal(last, keras.ops.convert_to_numpy(trained))
    assert len(last) == 5 + 2 * 2
    assert np.any(last != 1)
    options = read(unbroken / "config.json")["options"]
    assert (options["stair"], options["max_steps"]) == ("alpha", 9)


def test_a_resumed_run_ends_like_an_unbroken_one(unbroken, tmp_path):
    broken = tmp_path / "broken"
    run(copy_task, *LOGGED, "--updates=20", "--out", broken)
    (broken / "summary.json").unlink()
    # As if killed after the logs of a third row, before its state was kept.
    shutil.copy(unbroken / "alpha.csv", broken / "alpha.csv")
    run(copy_task, "--resume", "--updates=40", "--out", broken)
    for ours, theirs in zip(weights(broken), weights(unbroken), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    alpha = [(folder / "alpha.csv").read_text() for folder in (broken, unbroken)]
    assert alpha[0] == alpha[1]
    norms = [
        [row["spectral_norm"] for row in table(folder / "metrics.csv")]
        for folder in (broken, unbroken)
    ]
    assert norms[0] == norms[1]


@pytest.mark.parametrize(
    ("network", "stair"), [("LSTM", "expn"), ("nnRNN2", "exp-alpha")]
)
def test_other_networks_run_with_a_stair(network, stair, tmp_path):
    flags = [f"--net-type={network}", f"--stair={stair}", "--updates=10", "--vari"]
    _, (row,) = run(copy_task, *COPY, *flags, "--log-spectral-norm", "--out", tmp_path)
    assert math.isfinite(row["loss"])
    assert row["spectral_norm"] > 0.9
    # Q10: the penalty is on with exp-alpha, too.
    assert ("penalty" in row) == (network == "nnRNN2")
    assert (tmp_path / "alpha.csv").exists() == (stair == "exp-alpha")


def test_adding_runs_with_a_stair(tmp_path):
    flags = ["--net-type=RNN", "--stair=sqrtlogn", "--c-length=6", "--updates=10"]
    summary, _ = run(addition, *QUIET, *flags, "--out", tmp_path)
    assert summary["start"] == "RNN, 8 units, stair sqrtlogn"


def test_diverging_with_exp_alpha_names_the_limit(tmp_path, capsys):
    flags = ["--net-type=RNN2", "--updates=200", "--lr=30", "--alpha=0.9"]
    assert copy_task.main([*COPY, *flags, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("copy.py: training diverged: loss at optimizer step ")
    assert "overflows in float32 for alpha z below -88" in error
    assert "contracts only for -0.3748 < alpha z < 1" in error


SIZES = ["--train-size=40", "--validation-size=20", "--test-size=20", "--batch=20"]
SIZES += ["--permute", "--epochs=1", "--save-freq=none"]


def test_digits_are_named_with_a_stair(digits, tmp_path):  # Row S26
    flags = ["--net-type=RNN", "--stair=alpha", *SIZES]
    summary, (row,) = run(psmnist, *QUIET, *flags, "--out", tmp_path)
    assert summary["start"] == "RNN, 8 units, stair alpha"
    assert summary["best"]["val_accuracy"] == row["val_accuracy"]
    assert len(table(tmp_path / "alpha.csv")[0]) == 1 + 784


def test_rounds_leave_nothing_where_data_are_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_NONNORMAL_DATA", str(tmp_path / "empty"))
    flags = ["--rounds=2", "--stair=n", *SIZES, "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit, match="2"):
        psmnist.main(flags)
    assert capsys.readouterr().err.startswith("psmnist.py: error: ")
    assert not (tmp_path / "run").exists()


TEXT = ["--emsize=4", "--bptt=10", "--batch=8", "--epochs=1", "--net-type=RNN"]


def test_rounds_report_the_mean_of_the_tests(text, tmp_path, capsys):
    """Row S28; a run broken off in its second round goes on there."""
    folder = tmp_path / "run"
    flags = [*TEXT, "--stair=alpha", "--rounds=2", "--data", str(text)]
    assert ptb_char.main([*QUIET, *flags, "--out", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "RNN, 8 units, stair alpha, seeds 400 to 401" in said
    summary = read(folder / "summary.json")
    each_round = [result(folder / f"seed-{seed}")[0] for seed in (400, 401)]
    assert summary["rounds"] == each_round
    losses = [each["test"]["loss"] for each in each_round]
    assert losses[0] != losses[1]
    assert summary["test"]["loss"] == pytest.approx(np.mean(losses))
    assert summary["test_deviation"]["loss"] == pytest.approx(np.std(losses, ddof=1))
    config = read(folder / "seed-401" / "config.json")["options"]
    assert (config["seed"], config["rounds"]) == (401, 1)
    assert len(table(folder / "seed-400" / "alpha.csv")) == 1

    before = (folder / "seed-400" / "summary.json").stat().st_mtime_ns
    (folder / "summary.json").unlink()
    (folder / "seed-401" / "summary.json").unlink()
    assert ptb_char.main(["--resume", "--out", str(folder)]) == 0
    assert (folder / "seed-400" / "summary.json").stat().st_mtime_ns == before
    assert read(folder / "summary.json")["test"] == summary["test"]

    (folder / "summary.json").unlink()
    with pytest.raises(SystemExit, match="2"):
        ptb_char.main(["--resume", "--epochs=2", "--out", str(folder)])
    assert "is finished with 1, expected as many for all, received 2" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "stair", [["--nvar=logn"], ["--stair=alpha", "--carry-step", "--max-steps=160"]]
)
def test_text_runs_with_a_stair(stair, text, tmp_path):
    """Rows S23 and S25; the second stair goes on through all 160 rows of training."""
    folder = tmp_path / "run"
    summary, (row,) = run(
        ptb_char, *QUIET, *TEXT, "--data", text, *stair, "--out", folder
    )
    bits = summary["test"]["loss"] / math.log(2)
    assert summary["test"]["bits_per_character"] == pytest.approx(bits, rel=1e-5)
    assert row["val_bits_per_character"] > 1
    if "--carry-step" in stair:
        (alpha,) = table(folder / "alpha.csv")
        learned = np.array(list(alpha.values())[1:])
        assert np.all(learned[:150] != np.float32(0.98))


def test_a_stair_that_ends_before_its_text_is_refused(text, tmp_path, capsys):
    """Row S7: nothing is written, and the number that is needed is named."""
    flags = ["--stair=alpha", "--carry-step", "--max-steps=159", "--data", str(text)]
    with pytest.raises(SystemExit, match="2"):
        ptb_char.main([*QUIET, *TEXT, *flags, "--out", str(tmp_path / "run")])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ptb_char.py: error: --max-steps: with --carry-step")
    assert "the 160 rows of the text" in line
    assert not (tmp_path / "run").exists()


def test_rounds_have_seeds_folders_and_models_of_their_own():  # Row S28
    given = {"rounds": 3, "out": "runs/x", "save": "best.pt", "seed": 7}
    program = made("ptb_char", **given).program
    assert [
        (each.run.seed, each.run.out, each.task.save, each.run.rounds)
        for each in rounds(program)
    ] == [
        (seed, f"runs/x/seed-{seed}", f"best-seed-{seed}.keras", 1)
        for seed in (7, 8, 9)
    ]
