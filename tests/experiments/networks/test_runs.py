"""Rows 41 and 46: runs of the networks, and what they leave."""

import json
import math

import keras
import numpy as np
import pytest

from experiments import addition, psmnist, ptb_char
from experiments import copy as copy_task
from experiments.core.directory import kept_program
from experiments.core.parts import network_names
from tests.experiments.networks.running import COPY, QUIET, run, weights


@pytest.mark.parametrize("network", network_names("gamma"))
def test_every_network_runs_and_logs_what_can_be_known(network, tmp_path, capsys):
    """Rows 41, A22 and A23."""
    flags = [f"--net-type={network}", "--updates=20", "--log-gradient-norm"]
    flags += ["--controller=3"] if network == "ANRU" else []
    summary, rows = run(copy_task, *COPY, *flags, "--out", tmp_path)
    logged = {"epoch", "seconds", "loss", "recall_accuracy", "gradient_norm"}
    assert set(rows[0]) == logged | ({"penalty"} if network == "nnRNN" else set())
    assert [row["epoch"] for row in rows] == [1, 2]
    assert all(row["gradient_norm"] > 0 for row in rows)
    assert all(math.isfinite(row["loss"]) for row in rows)
    assert summary["start"] == f"{network}, 8 units"
    assert summary["trivial_loss"] == pytest.approx(2 * math.log(8) / 9)
    shown = capsys.readouterr().out
    assert f"{network}, 8 units:" in shown
    assert "training, last row" in shown
    assert "validation" not in shown  # there is no such split
    assert "Published: nothing in this setting." in shown
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["family"] == "networks"
    assert config["options"]["net_type"] == network
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "gain.csv").exists()
    if network == "nnRNN":  # Row 36: gamma moves where it is not frozen, see below
        assert np.any(gamma_of(tmp_path) != 1)
    else:
        assert weights(tmp_path)


def gamma_of(folder):
    model = keras.saving.load_model(folder / "model.keras")
    (gamma,) = (v for v in model.trainable_variables if "gamma" in v.path)
    return keras.ops.convert_to_numpy(gamma)


def test_gamma_that_is_frozen_does_not_move(tmp_path):
    """Row 36, through the command line."""
    flags = ["--net-type=nnRNN", "--updates=10", "--lr=0.01"]
    flags += ["--gamma-zero-gradient", "true"]
    run(copy_task, *COPY, *flags, "--out", tmp_path)
    assert np.all(gamma_of(tmp_path) == 1)


def test_a_resumed_run_ends_like_an_unbroken_one(tmp_path):
    """The state of both rates' variables is kept, as is the base of dtriv."""
    flags = [*COPY, "--net-type=nnRNN", "--vari", "--trivialization=dynamic"]
    flags += ["--rebase-every=7"]
    broken, unbroken = tmp_path / "broken", tmp_path / "unbroken"
    run(copy_task, *flags, "--updates=20", "--out", broken)
    (broken / "summary.json").unlink()
    run(copy_task, "--resume", "--updates=40", "--out", broken)
    run(copy_task, *flags, "--updates=40", "--out", unbroken)
    for ours, theirs in zip(weights(broken), weights(unbroken), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_adding_reports_the_error_of_fresh_sequences(tmp_path):
    flags = ["--net-type=expRNN", "--c-length=6", "--batch=4", "--updates=20"]
    _, rows = run(addition, *QUIET, *flags, "--log-interval=20", "--out", tmp_path)
    (row,) = rows
    assert {"loss", "mean_absolute_error", "tolerance_accuracy"} <= set(row)


def test_digits_are_tested_with_the_best_model_and_states_are_kept(tmp_path, digits):
    """Row S26."""
    sizes = ["--train-size=60", "--validation-size=40", "--test-size=50"]
    flags = ["--net-type=nnRNN", "--permute", "--batch=20", "--epochs=4", *sizes]
    flags += ["--save-freq=2", "--lr=0.01"]
    summary, rows = run(psmnist, *QUIET, *flags, "--out", tmp_path)
    best = max(rows, key=lambda row: row["val_accuracy"])
    assert summary["best"]["epoch"] == best["epoch"]
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert {"epoch-0002.weights.h5", "epoch-0004.weights.h5"} <= kept
    # The model that was kept and tested is that of the best epoch.
    program = kept_program("psmnist", tmp_path, "--test")
    task = program.task.load(program.run.seed)
    model = keras.saving.load_model(tmp_path / "model.keras")
    for split, expected in (
        ("validation", best["val_accuracy"]),
        ("test", summary["test"]["accuracy"]),
    ):
        scores = model.evaluate(
            task.evaluation_batches(split), verbose=0, return_dict=True
        )
        assert scores["accuracy"] == pytest.approx(expected)


@pytest.mark.parametrize("network", ["nnRNN", "LSTM"])
def test_text_is_scored_in_bits_and_rates_are_halved(network, text, tmp_path):
    """Rows S25 and A23."""
    flags = [f"--net-type={network}", "--data", text, "--emsize=4", "--bptt=10"]
    flags += ["--batch=8", "--epochs=5", "--lr=0.05", "--save", tmp_path / "best.pt"]
    flags += ["--save-freq=2"]
    summary, rows = run(ptb_char, *QUIET, *flags, "--out", tmp_path / "run")
    for row in rows:
        bits = row["val_loss"] / math.log(2)
        assert row["val_bits_per_character"] == pytest.approx(bits, rel=1e-5)
    # After every epoch without a new minimum, and only then, for good.
    lowest, rate = math.inf, 0.05
    for row in rows:
        assert row["learning_rate"] == pytest.approx(rate)
        rate = rate if row["val_loss"] < lowest else rate / 2
        lowest = min(lowest, row["val_loss"])
    assert summary["best"]["val_loss"] == lowest
    assert rate < 0.05  # noise cannot be learned for ever: the test tests something
    assert summary["test"]["bits_per_character"] > 1
    assert (tmp_path / "run" / "checkpoints" / "epoch-0002.weights.h5").exists()
    assert not (tmp_path / "run" / "gain.csv").exists()
    kept, saved = tmp_path / "run" / "model.keras", tmp_path / "best.keras"
    assert saved.read_bytes() == kept.read_bytes()


@pytest.fixture(scope="module")
def short_losses(tmp_path_factory):
    """Row 46: the mean loss of the last 20 of 400 updates, seed 400."""
    losses = {}
    for network in ("nnRNN", "expRNN", "RNN-orth"):
        folder = tmp_path_factory.mktemp("short")
        preset = f"--preset=short/{network}"
        _, rows = run(copy_task, preset, "--no-tensorboard", "--out", folder)
        losses[network] = rows[-1]["loss"]
    return losses


def test_short_copy_reaches_the_levels_of_the_published_programs(short_losses):
    assert short_losses["nnRNN"] < 0.13
    assert short_losses["expRNN"] < 0.13
    assert max(short_losses["nnRNN"], short_losses["expRNN"]) < short_losses["RNN-orth"]
    assert 0.25 < short_losses["RNN-orth"] < 0.42
