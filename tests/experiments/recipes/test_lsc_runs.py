"""Runs of networks with and without local stability, and what they leave."""

import csv
import json

import keras
import numpy as np
import pytest

from experiments import deep_rnn, ffn

# Not compiled: that takes longer than these trainings.
QUIET = ["--no-tensorboard", "--no-jit"]
WORDS = ["--task=wordptb", "--width=6", "--repeat=1", "--window=9", "--batch=4"]
STABLE = ["--pretrain=controller", "--pretrain-steps=80", "--pretrain-batch=4"]


def read(file):
    return json.loads(file.read_text())


def rows(folder):
    with open(folder / "metrics.csv", newline="") as lines:
        return list(csv.DictReader(lines))


def weights(folder):
    return keras.saving.load_model(folder / "model.keras").get_weights()


def test_the_script_for_recurrent_networks_starts_as_a_file(python, tmp_path):
    run = python("experiments/deep_rnn.py", "--preset=none", "--out", tmp_path)
    assert run.returncode == 2
    assert run.stderr.startswith("deep_rnn.py: error: ")


def test_words_with_and_without_as_a_user_runs_them(
    words, tmp_path, monkeypatch, capsys
):
    """LSC rows 43, 46, 47: one end-to-end run of deep_rnn.py."""
    monkeypatch.setattr("experiments.recipes.stability.FRAMES", 4)
    flags = [*WORDS, *QUIET, *STABLE, "--compare", "--net=GRU", "--epochs=1"]
    out = ["--data", str(words), "--out", str(tmp_path / "run")]
    assert deep_rnn.main([*flags, *out]) == 0
    said_of_it = capsys.readouterr().out
    summary = read(tmp_path / "run/summary.json")
    stage = summary["pretraining"]
    assert 10 < stage["iterations"] <= 80
    assert set(stage["before"]) == {"rec/0", "rec/1", "enc/0", "depth/1", "dec/1"}
    assert abs(stage["mean_after"] - 0.5) < abs(stage["mean_before"] - 0.5)
    assert stage["share"] == round(stage["seconds"] / summary["seconds"], 4)
    (plain,) = summary["compared"]
    assert plain["pretraining"]["before"] == stage["before"]  # the same start
    assert plain["pretraining"]["after"] == stage["before"]
    assert plain["pretraining"]["seconds"] == 0
    perplexity = np.exp(summary["test"]["loss"])
    np.testing.assert_allclose(summary["test"]["perplexity"], perplexity, rtol=1e-5)
    for said in ("before  after  target", "mean without dec", "perplexity", "between"):
        assert said in said_of_it
    for folder in (tmp_path / "run", tmp_path / "run/none"):
        for name in ("config.json", "metrics.csv", "model.keras", "stability.json"):
            assert (folder / name).stat().st_size > 0
    assert (tmp_path / "run/curves.png").read_bytes().startswith(b"\x89PNG")


def test_images_as_a_user_runs_them(python, data_folder, tmp_path):  # LSC row 58
    run = python(
        *("experiments/ffn.py", *QUIET, "--pretrain=controller", "--depth=2"),
        *("--train-size=256", "--validation-size=64", "--test-size=64", "--width=16"),
        *("--pretrain-steps=80", "--pretrain-batch=8", "--epochs=1", "--batch=32"),
        *("--activation=sin", "--lr=1e-3", "--json", "--out", tmp_path),
    )
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert 0 <= summary["test"]["accuracy"] <= 1
    assert summary["parameters"] == 784 * 16 + 16 + 16 * 16 + 16 + 16 * 10 + 10
    stage = summary["pretraining"]
    assert abs(stage["mean_after"] - 1) < abs(stage["mean_before"] - 1)


def test_a_run_that_is_resumed_ends_like_an_unbroken_one(words, tmp_path, monkeypatch):
    """LSC row 47: with dropout, and without pre-training it again."""
    monkeypatch.setattr("experiments.recipes.stability.FRAMES", 2)
    small = ["--net=rsimplernn", "--stack=1", "--pretrain-steps=12"]
    flags = [*WORDS, *QUIET, *STABLE, *small, "--data", str(words)]

    def run(name, epochs):
        out = str(tmp_path / name)
        assert deep_rnn.main([*flags, f"--epochs={epochs}", "--out", out]) == 0

    run("whole", 2)
    run("broken", 1)
    (tmp_path / "broken/summary.json").unlink()
    broken = tmp_path / "broken"

    def again(*arguments, **settings):
        raise AssertionError("it was stable")

    with monkeypatch.context() as patch:
        patch.setattr("keras_nonnormal.pretraining.stabilize", again)
        assert deep_rnn.main(["--resume", "--epochs=2", "--out", str(broken)]) == 0
    for ours, theirs in zip(weights(broken), weights(tmp_path / "whole"), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    stages = [read(tmp_path / name / "stability.json") for name in ("whole", "broken")]
    assert stages[0]["after"] == stages[1]["after"]  # LSC row 56

    only = ["--pretrain-steps=0", "--only-pretrain", "--out", str(tmp_path / "only")]
    assert deep_rnn.main([*flags, *only]) == 0
    summary = read(tmp_path / "only/summary.json")
    assert "best" not in summary
    assert summary["pretraining"]["after"] == stages[0]["before"]
    assert not (tmp_path / "only/metrics.csv").exists()


def test_published_pretraining_is_shown_and_says_what_it_missed(
    words, tmp_path, monkeypatch, capsys
):
    """Nothing was shown for minutes, and a missed target ended as if all were well."""
    monkeypatch.setattr("experiments.recipes.stability.FRAMES", 2)
    stage = ["--pretrain=published", "--target=1.9", "--pretrain-steps=3"]
    flags = [*WORDS, *QUIET, *stage, "--only-pretrain", "--data", str(words)]
    out = ["--out", str(tmp_path / "run")]
    assert deep_rnn.main([*flags, *out]) == 0
    said = capsys.readouterr().out
    before = said.index("pre-training (published): at most 3 iterations, 4 examples")
    first, last = (said.index(each) for each in ("0/3", "3/3"))
    assert before < first < last < said.index("after 3 iterations")
    final = said.strip().splitlines()[-1]
    assert final.startswith("pre-training missed its target: mean radius ")
    assert "try --pretrain controller" in final


@pytest.mark.parametrize("iterations", [1, 4])
def test_published_procedures_report_every_iteration(iterations):
    from keras_nonnormal.pretraining.published.ffn import PublishedFFN

    layers = [keras.layers.Dense(6, "relu") for _ in range(3)]
    model = keras.Sequential([keras.Input((5,)), *layers])
    seen = []
    batches = np.random.default_rng(0).normal(size=(iterations, 8, 5))
    procedure = PublishedFFN(model, rng=np.random.default_rng(0))
    procedure.run(batches.astype("float32"), progress=lambda *each: seen.append(each))
    assert [number for number, _ in seen] == [*range(1, iterations + 1)]


def test_pictures_that_are_not_there_are_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_NONNORMAL_DATA", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        ffn.main(["--dataset=cifar10", "--preset=short/sin-he"])
    said = capsys.readouterr().err
    assert said.startswith("ffn.py: error: CIFAR-10 cannot be loaded: ")
    assert list(tmp_path.iterdir()) == []
