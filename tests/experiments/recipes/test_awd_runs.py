"""Language models from the command line: trained, resumed, and made to write."""

import csv
import json
import math

import keras
import numpy as np
import pytest

from experiments.language_model import main

FLAGS = (
    "--no-jit --corpus ptb-char --layers 1 --emsize 4 --batch 2 --bptt 6 "
    "--evaluation-columns 2 --optimizer sgd --lr 30 --average-window 1 --dropout 0.2 "
    "--log-memory"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for name, lines in (("train", 12), ("valid", 4), ("test", 4)):
        (folder / f"{name}.txt").write_text("a b _ c\n" * lines)
    return folder


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A run of four epochs."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    flags = [*FLAGS.split(), "--data", str(data), "--epochs", "4", "--out", str(folder)]
    assert main(flags) == 0
    return folder


# Measured as often as there is time for.
MEMORY = ("henrici/", "spectral_radius/", "gradient_ratio/")


def rows_of(run):
    with open(run / "metrics.csv", newline="") as file:
        return [
            {
                name: float(value)
                for name, value in row.items()
                if name != "seconds" and not name.startswith(MEMORY)
            }
            for row in csv.DictReader(file)
        ]


def test_a_run_reports_bits_of_the_best_epoch(run):
    summary = json.loads((run / "summary.json").read_text())
    rows = rows_of(run)
    best = min(rows, key=lambda row: row["val_loss"])
    assert summary["best"]["epoch"] == best["epoch"]
    for row in rows:
        for split in ("", "val_"):
            bits = row[f"{split}loss"] / math.log(2)
            assert row[f"{split}bits_per_character"] == pytest.approx(bits)
        assert row["penalty"] > 0  # activation regularisation is none of the loss
    test = summary["test"]
    assert test["bits_per_character"] == pytest.approx(test["loss"] / math.log(2))
    head, *_, last = (run / "memory.csv").read_text().splitlines()
    assert head.endswith("gradient_ratio/recurrent_1")
    assert last.startswith("4,")
    network = keras.saving.load_model(run / "model.keras")
    assert summary["parameters"] == network.count_params()


def test_a_resumed_run_ends_like_an_unbroken_one(run, data, tmp_path):
    folder = tmp_path / "broken"
    flags = [*FLAGS.split(), "--data", str(data), "--epochs", "1", "--out", str(folder)]
    assert main(flags) == 0
    (folder / "summary.json").unlink()
    assert main(["--resume", "--out", str(folder), "--epochs", "4"]) == 0
    assert rows_of(folder) == rows_of(run)
    assert [row["averaged"] for row in rows_of(run)] == [0, 0, 0, 1]
    ours, expected = (
        keras.saving.load_model(each / "model.keras") for each in (folder, run)
    )
    for one, other in zip(ours.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_writes_text(run, capsys):
    flags = ["--generate", "20", "--out", str(run), "--prompt", "ab"]
    texts = []
    for seed in ("1", "1", "2"):
        assert main([*flags, "--seed", seed]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("ab")
    assert len(texts[0]) == 2 + 20 + 1
    assert {*texts[0]} <= {*"ab c\n"}
    with pytest.raises(SystemExit):
        main([*flags[:-1], "abd"])
    assert "different tokens, of which 'd' is none" in capsys.readouterr().err
