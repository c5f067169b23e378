"""The scripts called as functions: what they train, report and refuse."""

import json

import keras
import numpy as np
import pytest

from experiments import copy as copy_task
from experiments import psmnist
from experiments.core.report import results_table
from experiments.networks.start import StartedNetwork
from tests.experiments.commands import tiny as compiled


def tiny(*more):
    """Not compiled: that takes longer than these trainings."""
    return compiled("--no-jit", *more)


@pytest.fixture
def digits(monkeypatch):
    """Noise in place of the digits."""
    draw = np.random.default_rng(0)
    stub = tuple(
        (
            draw.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            draw.integers(0, 10, count, dtype=np.uint8),
        )
        for count in (96, 32)
    )
    monkeypatch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: stub)


def read(folder):
    return json.loads((folder / "summary.json").read_text())


def test_psmnist_trains_on_digits(digits, tmp_path, capsys):
    flags = ["--train-size=48", "--validation-size=32", "--test-size=24"]
    flags += ["--no-jit", "--epochs=1", "--compare=none", "--preset=demo"]
    arguments = [*flags, "--out", str(tmp_path)]
    assert psmnist.main(arguments) == 0
    assert "48 sequences of 784 steps, 25 units" in capsys.readouterr().out
    assert read(tmp_path)["trivial_loss"] == pytest.approx(np.log(10))


def test_zero_validation_sequences_validate_on_the_test_set(tmp_path):
    arguments = tiny("--validation-size=0", "--compare=none", "--epochs=1")
    arguments += ["--legacy-data", "--out", str(tmp_path)]
    assert copy_task.main(arguments) == 0
    summary = read(tmp_path)
    assert summary["last"]["val_loss"] == pytest.approx(summary["test"]["loss"])


def test_a_training_that_diverges_is_code_1_and_one_line(tmp_path, capsys):
    flags = tiny("--lr=1e30", "--compare=none", "--out", tmp_path)
    assert copy_task.main(flags) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("copy.py: training diverged: loss at optimizer step 2 ")
    kept = [path.name for path in (tmp_path / "checkpoints").iterdir()]
    assert kept == ["epoch-0000.weights.h5"]
    assert not (tmp_path / "summary.json").exists()


def test_missing_digits_are_code_2_and_leave_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_NONNORMAL_DATA", str(tmp_path / "empty"))
    with pytest.raises(SystemExit, match="2"):
        psmnist.main(["--out", str(tmp_path / "run")])
    error = capsys.readouterr().err
    assert error.startswith("psmnist.py: error: ")
    assert str(tmp_path / "empty") in error
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_not_there_is_code_2_and_leaves_nothing(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        copy_task.main([*tiny(), "--device=gpu:63", "--out", str(tmp_path / "run")])
    error = capsys.readouterr().err
    assert error.startswith("copy.py: error: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_run_broken_off_in_the_second_training_goes_on_there(
    tmp_path, capsys, monkeypatch
):
    arguments = tiny("--compare=orthogonal", "--out", tmp_path)

    model = StartedNetwork.model

    def interrupted(self, program, task):
        if self.init == "orthogonal":
            raise KeyboardInterrupt
        return model(self, program, task)

    with monkeypatch.context() as patch:
        patch.setattr(StartedNetwork, "model", interrupted)
        assert copy_task.main(arguments) == 130
    assert "--resume" in capsys.readouterr().err
    first = keras.saving.load_model(tmp_path / "model.keras").get_weights()
    assert copy_task.main(["--resume", "--out", str(tmp_path)]) == 0
    again = keras.saving.load_model(tmp_path / "model.keras").get_weights()
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert len(read(tmp_path)["compared"]) == 1


def test_the_table_shows_every_start_and_level():
    best = {"epoch": 3, "val_loss": 0.1, "val_accuracy": 0.5}
    levels = {"trivial_loss": 0.4, "success_loss": 0.2, "test": {}, "epochs": 4}
    levels |= {"last": {"loss": 0.2, "accuracy": 0.4}}
    summaries = {
        "chain": {"best": best, "success": True, **levels},
        "identity": {"best": {**best, "val_loss": 0.3}, "success": False, **levels},
    }
    text = results_table(
        summaries, ["accuracy"], {"setting": "T = 500", "chain": "many"}
    )
    lines = [line.split() for line in text.splitlines()]
    assert lines[1] == ["chain", "loss", "accuracy"]
    assert lines[3][-2:] == ["0.1000", "50.0%"]
    assert lines[5] == ["trivial", "level", "0.4000"]
    assert lines[6] == ["half", "of", "it", "(success)", "0.2000"]
    assert "chain: got below half of the trivial loss." in text
    assert "identity: did not get below half of the trivial loss." in text
    assert "Published (T = 500):\n  chain: many" in text
    assert "Published: nothing" in results_table(summaries, ["accuracy"], {})
