"""Row A21: runs that are tested again, and what cannot be tested."""

import contextlib
import hashlib
import io
import json
import re
import shutil

import numpy as np
import pytest

from experiments import psmnist
from experiments.recipes.transformed import scores_under
from keras_nonnormal.datasets import Examples, Splits
from keras_nonnormal.datasets.task import Task
from tests.experiments.networks.running import QUIET, read, run
from tests.experiments.settings import model_of, settled

FLAGS = [*QUIET, "--permute", "--net-type=ANRU", "--controller=3", "--transformed"]
FLAGS += ["--train-size=40", "--validation-size=20", "--test-size=30", "--batch=20"]
FLAGS += ["--epochs=3", "--save-freq=2", "--lr=0.01", "--verbose"]
# Not to be forgotten at the end.
FLAGS += ["--step-position=680", "--step-length=100"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of noise in place of digits: its folder, and what it said."""
    draw = np.random.default_rng(0)
    noise = tuple(
        (
            draw.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            draw.integers(0, 10, count, dtype=np.uint8),
        )
        for count in (10_100, 60)
    )
    folder = tmp_path_factory.mktemp("kept") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: noise)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            run(psmnist, *FLAGS, "--out", folder)
        yield folder, said.getvalue()


@pytest.fixture(scope="module")
def kept(finished):
    """The folder of that run."""
    return finished[0]


@pytest.fixture(scope="module")
def unfinished(kept, tmp_path_factory):
    """The same run as if it had been killed in its last epoch."""
    folder = tmp_path_factory.mktemp("unfinished") / "run"
    shutil.copytree(kept, folder)
    for name in ("model.keras", "summary.json", "checkpoints/epoch-0003.weights.h5"):
        (folder / name).unlink()
    return folder


def content(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def scores(folder, capsys, *more):
    """What a test prints as JSON."""
    arguments = ["--test", "--out", str(folder), "--json", *map(str, more)]
    assert psmnist.main(arguments) == 0
    return json.loads(capsys.readouterr().out)


def test_the_report_says_how_it_went_under_transforms(finished):
    """Rows A18 and A21."""
    folder, said = finished
    assert "test, sin " in said
    assert "test, drive " in said
    assert "Published: nothing in this setting." in said
    assert not (folder / "gain.csv").exists()  # what ANRU does is no variable


def test_a_run_is_tested_again_as_it_was_at_its_end(kept, capsys):
    """And stays, to the last bit, as it was."""
    before = content(kept)
    found = scores(kept, capsys)
    assert content(kept) == before
    assert found["weights"] == "model.keras"
    assert found["start"] == "ANRU, 8 units"
    published = read(kept / "summary.json")["tests"]
    assert list(found["tests"]) == ["none", "sin", "drive"]
    for name, each in found["tests"].items():
        assert each == pytest.approx(published[name], rel=1e-5), name


def test_a_transform_may_be_chosen_and_said_more_of(kept, capsys):
    def loss(transform, *more):
        found = scores(kept, capsys, "--transform", transform, *more)["tests"]
        assert list(found) == [transform]
        return found[transform]["loss"]

    clean = loss("none")
    losses = [loss(name) for name in ("sin", "step", "drive", "lin")]
    assert len({clean, *losses}) == 5
    # What does nothing.
    assert loss("sin", "--sin-amplitude=0") == pytest.approx(clean)
    assert loss("step", "--step-size=0") == pytest.approx(clean)
    assert loss("drive", "--step-size=0") == pytest.approx(clean)
    # What is no longer the published transform.
    assert loss("sin", "--sin-frequency=3") != losses[0]
    assert loss("sin", "--sin-phase=1") != losses[0]
    assert loss("drive", "--step-position=600", "--step-length=100") != losses[2]
    assert loss("lin", "--lin-period=700") != losses[3]


def test_a_state_that_was_kept_can_be_tested(kept, unfinished, capsys):
    second, third = (
        scores(kept, capsys, "--transform=none", "--checkpoint", epoch)
        for epoch in (2, 3)
    )
    assert second["weights"] == "checkpoints/epoch-0002.weights.h5"
    assert second["tests"] != third["tests"]
    # Without a model there is the last state.
    before = content(unfinished)
    assert scores(unfinished, capsys, "--transform=none")["tests"] == second["tests"]
    assert content(unfinished) == before


def test_what_a_test_prints(kept, capsys):
    assert psmnist.main(["--test", "--out", str(kept)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "ANRU,",
        "8",
        "units,",
        "model.keras",
        "loss",
        "accuracy",
    ]
    assert [re.split(r"\s{2,}", line)[0] for line in lines[2:]] == [
        *("test", "test, sin", "test, drive")
    ]
    assert lines[2].endswith("%")


@pytest.mark.parametrize(
    ("change", "flags", "message"),
    [
        ({}, "", "--test: name the run to be tested by --out"),
        ({}, "--out={}/nowhere", "--test: there is no run in"),
        ({}, "--out={} --resume", "--test: a test trains nothing"),
        (
            {"experiment": "ptb_char"},
            "--out={}",
            "belongs to ptb_char.py, expected",
        ),
        ({"family": "starts"}, "--out={}", "unrecognized arguments: --test|has no"),
        ({"options": {"strange": 1}}, "--out={}", "are not known here: --strange"),
        ({"options": None}, "--out={}", "--test: .* holds no options"),
        ({}, "--out={}", "not finished and has no checkpoint yet"),
        ({}, "--out={} --checkpoint=7", "keeps the states after epochs 0; received 7"),
        ({"options": {"rounds": 2}}, "--out={}", "one of them: --out .*/seed-400"),
        ({}, "--out={} --nhid=7", "--units: the run in .* has 128 and is tested so"),
        ({}, "--out={} --transform=cos", "--transform: expected one of publis"),
        (
            {},
            "--out={} --transform=drive --step-length=785",
            "--step-length: expected at most the 784 steps of a sequence, received 785",
        ),
        ({}, "--out={} --transform=step --step-length=1000", "received 1000"),
        ({}, "--out={} --step-length=1", "--step-length: expected a whole number of a"),
        ({}, "--out={} --step-position=783", "--step-position: expected a step before"),
        (
            {},
            "--out={} --transform=lin --lin-period=785",
            "--lin-period: expected at",
        ),
        ({}, "--out={} --sin-amplitude=nan", "--sin-amplitude: expected a finite"),
    ],
)
def test_what_cannot_be_tested_is_one_line_and_code_2(
    change, flags, message, capsys, tmp_path
):
    """Rows A21 and A22; nothing heavy is needed to say so."""
    config = {"experiment": "psmnist", "family": "networks", "options": {}, **change}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "epoch-0000.weights.h5").touch()
    before = content(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        settled("psmnist", ["--test", *flags.format(tmp_path).split()])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("psmnist.py: error: ")
    assert re.search(message, line)
    assert content(tmp_path) == before


def test_what_cannot_be_tested_is_said_before_anything_heavy_loads(
    python, repository, tmp_path
):
    path = repository / "experiments" / "psmnist.py"
    config = {"experiment": "copy", "family": "networks", "options": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    refused = python("-X", "importtime", path, "--test", "--out", tmp_path)
    assert refused.returncode == 2
    imported = {line.split("|")[-1].strip() for line in refused.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported.intersection({"tensorflow", "keras", "keras_nonnormal"})
    assert refused.stderr.splitlines()[-1].startswith(
        "psmnist.py: error: --test: the r"
    )


def test_a_model_that_cannot_be_loaded_is_one_line(kept, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(kept, folder)
    (folder / "model.keras").write_text("nothing")
    with pytest.raises(SystemExit, match="2"):
        psmnist.main(["--test", "--out", str(folder)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("psmnist.py: error: --test: cannot load")


STEPS, UNITS = 18, 5
# Published names by ours; affine maps have pairs of biases there.
ANRU = {
    "kernel": ["Uxh_weight"],
    "recurrent_kernel": ["Whh_weight"],
    "bias": ["Uxh_bias", "Whh_bias"],
    "controller_kernel": ["Uag_weight"],
    "controller_recurrent_kernel": ["Wgg_weight"],
    "controller_bias": ["Uag_bias", "Wgg_bias"],
    "gain_kernel": ["Wgn_weight"],
    "gain_bias": ["Wgn_bias"],
    "saturation_kernel": ["Wgs_weight"],
    "saturation_bias": ["Wgs_bias"],
}
GAMMA = {
    "kernel": ["U_weight"],
    "recurrent_kernel": ["V_weight"],
    "bias": ["U_bias", "V_bias"],
    "gain": ["n"],
    "saturation": ["s"],
}


@pytest.mark.parametrize(
    ("file", "names", "given"),
    [
        ("train_anru", ANRU, {"net_type": "ANRU", "controller": 4}),
        ("train_rnn_gamma2", GAMMA, {"net_type": "RNN", "nonlin": "gamma2"}),
    ],
)
def test_scores_are_those_of_the_published_program(golden, file, names, given):
    """Row A21: the tests of trained networks, here in single precision."""
    g = golden(f"gamma/{file}")
    digits = Examples(g["x"][0][:, g["order"], None].astype("float32"), g["y"][0])
    task = Task(
        name="digits",
        splits=Splits(digits, digits, digits),
        encode=lambda inputs, targets: (inputs, targets),
        input_width=1,
        output_width=10,
        per_step=False,
        length=STEPS,
        trivial_loss=float(np.log(10)),
    )
    model, program = model_of(
        task,
        "psmnist",
        **{"nhid": UNITS, "jit": False, "step_length": 8, "step_position": 5, **given},
        sin_frequency=STEPS / 784,  # a period of 784 steps there, whatever the length
    )
    named = {
        name: sum(g[f"final__rnn_{old}"].T for old in olds)
        for name, olds in names.items()
    }
    for variable in model.get_layer("recurrent").weights:
        variable.assign(np.reshape(named[variable.name], variable.shape))
    model.get_layer("readout").set_weights(
        [g["final__lin_weight"].T, g["final__lin_bias"]]
    )
    found = scores_under(("none", "sin", "drive"), model, task, program)
    for ours, theirs in (("none", "clean"), ("sin", "sin"), ("drive", "drive")):
        loss, correct = g[f"eval_{theirs}_loss"], g[f"eval_{theirs}_correct"]
        assert found[ours]["loss"] == pytest.approx(float(loss), rel=2e-5), ours
        assert found[ours]["accuracy"] * len(digits) == pytest.approx(int(correct))
