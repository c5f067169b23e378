"""Rows A17, A18, A22 and A23: runs with gamma, ANRU and GRU, and what they leave."""

import math
import shutil

import keras
import numpy as np
import pytest

from experiments import addition, psmnist, ptb_char
from experiments import copy as copy_task
from tests.experiments.networks.running import COPY, QUIET, read, run, table, weights

SIZES = ["--train-size=40", "--validation-size=20", "--test-size=20", "--batch=20"]
DIGITS = [*QUIET, *SIZES, "--permute", "--lr=0.01"]


@pytest.mark.parametrize(
    ("given", "start"),
    [
        ("--net-type=nnRNN --nonlin=gamma2", "nnRNN, 8 units, gamma2"),
        ("--nonlin=gamma --gain=2 --no-learn-params", "gamma, n 2, s 1, fixed"),
    ],
)
def test_networks_with_gamma_copy(given, start, tmp_path):
    """Those without, ANRU and GRU among them, do so in test_runs.py."""
    summary, rows = run(
        copy_task, *COPY, *given.split(), "--updates=20", "--out", tmp_path
    )
    assert summary["start"].endswith(start)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(math.isfinite(row["loss"]) for row in rows)
    learned = "gamma2" in given
    for name in ("gain", "saturation"):
        assert (tmp_path / f"{name}.csv").exists() == learned
    if "--no-learn-params" in given:  # Row A7
        assert shared_shape(tmp_path) == {"gain": 2, "saturation": 1}


def shared_shape(folder):
    """Gain and saturation that all units share, as they are in the end."""
    model = keras.saving.load_model(folder / "model.keras")
    return {v.name: float(v.numpy()) for v in model.weights if v.shape == ()}


def test_adding_runs_with_gamma(tmp_path):
    flags = ["--nonlin=gamma", "--c-length=6", "--batch=4", "--updates=20"]
    summary, _ = run(addition, *QUIET, *flags, "--out", tmp_path)
    assert summary["start"] == "RNN, 8 units, gamma"
    assert len(table(tmp_path / "gain.csv")[0]) == 2  # the epoch, and one for all
    # Row A7: what is not fixed moves.
    begun = read(tmp_path / "config.json")["options"]
    ended = shared_shape(tmp_path)
    assert all(ended[name] != begun[name] for name in ("gain", "saturation"))


LOGGED = [*DIGITS, "--nonlin=gamma2", "--transform-ratio=0.5", "--transformed"]
LOGGED += ["--step-position=680", "--step-length=100"]  # which is not forgotten
LOGGED += ["--save-freq=2", "--log-gradient-norm", "--gain=5", "--saturation=0"]


@pytest.fixture(scope="module")
def stub():
    """Noise in place of the digits, for all tests of this file."""
    draw = np.random.default_rng(0)
    noise = tuple(
        (
            draw.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            draw.integers(0, 10, count, dtype=np.uint8),
        )
        for count in (10_100, 60)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: noise)
        yield


@pytest.fixture(scope="module")
def unbroken(stub, tmp_path_factory):
    """Three epochs of digits, with all that is logged."""
    folder = tmp_path_factory.mktemp("digits") / "run"
    run(psmnist, *LOGGED, "--epochs=3", "--out", folder)
    return folder


def test_digits_log_their_course_and_are_tested_under_transforms(unbroken):
    """Rows A18, A21 and A22."""
    summary, rows = read(unbroken / "summary.json"), table(unbroken / "metrics.csv")
    assert summary["start"] == "RNN, 8 units, gamma2, n 5, s 0"
    assert set(rows[0]) == {
        *("epoch", "seconds", "loss", "accuracy", "val_loss", "val_accuracy"),
        *("val_transformed_loss", "val_transformed_accuracy"),
        *("learning_rate", "gradient_norm"),
    }
    assert all(row["val_transformed_loss"] != row["val_loss"] for row in rows)
    assert list(summary["tests"]) == ["none", "sin", "drive"]
    assert summary["tests"]["none"] == summary["test"]
    losses = [each["loss"] for each in summary["tests"].values()]
    assert len(set(losses)) == 3
    for name, begin in (("gain", 5), ("saturation", 0)):
        logged = table(unbroken / f"{name}.csv")
        assert [row.pop("epoch") for row in logged] == [1, 2, 3]
        values = np.array([list(row.values()) for row in logged])
        assert values.shape == (3, 8)
        assert np.any(values != begin)
        assert np.ptp(values[-1]) > 0  # each unit has its own
    # The newest state and those of every second epoch.
    kept = {path.name for path in (unbroken / "checkpoints").glob("epoch*")}
    assert kept == {"epoch-0002.weights.h5", "epoch-0003.weights.h5"}


def test_a_resumed_run_ends_like_an_unbroken_one(unbroken, tmp_path):  # Row A22
    """Its batches, transforms and frequencies are those it would have seen."""
    broken = tmp_path / "broken"
    run(psmnist, *LOGGED, "--epochs=2", "--out", broken)
    (broken / "summary.json").unlink()
    for name in ("gain.csv", "metrics.csv"):  # as if killed while it logged
        shutil.copy(unbroken / name, broken / name)
    run(psmnist, "--resume", "--epochs=3", "--out", broken)
    for ours, theirs in zip(weights(broken), weights(unbroken), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for name in ("gain.csv", "saturation.csv"):
        assert (broken / name).read_text() == (unbroken / name).read_text()
    ours, theirs = (table(folder / "metrics.csv") for folder in (broken, unbroken))
    for row in (*ours, *theirs):
        row.pop("seconds")
    assert ours == theirs
    before, after = (read(folder / "summary.json") for folder in (broken, unbroken))
    assert before["tests"] == after["tests"]


def test_a_loss_that_is_not_finite_ends_a_run(stub, tmp_path, capsys):  # Row A22
    flags = ["--nonlin=gamma", "--epochs=9", "--gain=1", "--saturation=-3"]
    assert psmnist.main([*DIGITS, *flags, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("psmnist.py: training diverged: loss at optimizer step ")
    assert (tmp_path / "checkpoints" / "epoch-0000.weights.h5").exists()


def test_the_rate_falls_when_the_validation_loss_does_not(stub, tmp_path):  # Row A17
    flags = ["--net-type=GRU", "--epochs=8", "--plateau-patience=1", "--lr=0.1"]
    flags += ["--plateau-factor=0.1", "--no-transformed"]
    _, rows = run(psmnist, *DIGITS, *flags, "--out", tmp_path)
    lowest, waited, rate = math.inf, 0, 0.1
    for row in rows:
        assert row["learning_rate"] == pytest.approx(rate)
        if row["val_loss"] < lowest * (1 - 1e-4):
            lowest, waited = row["val_loss"], 0
        else:
            waited += 1
        if waited > 1:
            rate, waited = rate / 10, 0
    assert rate < 0.1  # else nothing was tested


@pytest.mark.parametrize(
    "given",
    [
        "--net-type=ANRU --controller=3",
        "--net-type=GRU",
        "--nonlin=gamma2 --plateau-factor=0.5 --plateau-patience=0",
    ],
)
def test_text_is_read_by_all_networks(given, text, tmp_path):
    """Row A23; LSTM and others do so in test_runs.py."""
    flags = ["--data", text, "--emsize=4", "--bptt=10", "--batch=8", "--epochs=3"]
    flags += [*given.split(), "--lr=0.05", "--save-freq=2"]
    summary, rows = run(ptb_char, *QUIET, *flags, "--out", tmp_path)
    lowest, rate = math.inf, 0.05
    for row in rows:
        bits = row["val_loss"] / math.log(2)
        assert row["val_bits_per_character"] == pytest.approx(bits, rel=1e-5)
        assert row["learning_rate"] == pytest.approx(rate)
        rate = rate if row["val_loss"] < lowest else rate / 2
        lowest = min(lowest, row["val_loss"])
    assert summary["test"]["bits_per_character"] > 1
    assert (tmp_path / "checkpoints" / "epoch-0002.weights.h5").exists()
    assert (tmp_path / "gain.csv").exists() == ("gamma" in given)
