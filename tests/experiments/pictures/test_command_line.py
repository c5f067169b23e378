"""The command line of the figures."""

import dataclasses
from pathlib import Path

import pytest

from experiments import figures
from tests.experiments.pictures.drawing import PNG, draw, make_run, refusal

pytestmark = pytest.mark.usefixtures("uncompiled_file")

HEAVY = ("tensorflow", "keras", "keras_nonnormal", "numpy", "matplotlib", "h5py")


def test_help_loads_nothing_heavy(python):
    shown = python("-X", "importtime", "experiments/figures.py", "--help")
    assert shown.returncode == 0
    for command in figures.FIGURES:
        assert command in shown.stdout
    imported = {line.split("|")[-1].strip() for line in shown.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported.intersection(HEAVY)


def test_the_script_is_the_package(python, tmp_path):
    for how in (("-m", "experiments.figures"), ("experiments/figures.py",)):
        shown = python(*how, "lsc-1c", "--help")
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.startswith("usage: figures.py lsc-1c [-h] [--out STR]")
        assert "0.3 0.5 0.7 1.0 1.2)" in " ".join(shown.stdout.split())
    script = Path("experiments/figures.py").resolve()
    assert python(script, "--help", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", figures.FIGURES)
def test_every_figure_has_options_that_allow_their_defaults(name, capsys):
    declared = figures.FIGURES[name]
    options = declared.options()
    with pytest.raises(SystemExit, match="0"):
        figures.main([name, "--help"])
    said = capsys.readouterr().out
    assert ("RUN [RUN ...]" in said) == declared.of_runs
    for field in dataclasses.fields(options):
        assert f"--{field.name.replace('_', '-')}" in said


def test_bad_runs_are_refused_before_anything_heavy_loads(python, tmp_path):
    refused = python(
        *("-X", "importtime", "experiments/figures.py", "theta", tmp_path),
        *("--out", tmp_path / "figures"),
    )
    assert refused.returncode == 2
    notes = [line for line in refused.stderr.splitlines() if "|" in line]
    said = [line for line in refused.stderr.splitlines() if "|" not in line]
    assert said == [
        f"figures.py theta: error: {tmp_path} has no config.json; expected a run "
        "directory"
    ]
    assert not {line.split("|")[-1].strip() for line in notes}.intersection(HEAVY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: FIGURE"),
        (["pie"], "argument FIGURE: invalid choice: 'pie'"),
        (["curves"], "the following arguments are required: RUN"),
        (["curves", "nowhere"], "nowhere is no folder; expected a run directory"),
        (
            ["theta", "x", "--limit=0"],
            "--limit: expected a finite number above 0, received 0.0",
        ),
        (
            ["gradients", "x", "--batch=0"],
            "--batch: expected a whole number of at least 1, received 0",
        ),
        (["nnrnn-1", "--colour"], "unrecognized arguments: --colour"),
        (
            ["stair", "--steps=0"],
            "--steps: expected a whole number of at least 1, received 0",
        ),
        (
            ["exp-alpha", "--alphas", "1", "-2"],
            "--alphas: expected a finite number above 0, received -2.0",
        ),
        (
            ["exp-alpha", "--alphas", "inf"],
            "expected a finite number above 0, received inf",
        ),
        (["exp-alpha", "--alphas", "x"], "--alphas: expected a number, received 'x'"),
    ],
)
def test_wrong_arguments_are_one_line(capsys, tmp_path, arguments, message):
    if not arguments:
        with pytest.raises(SystemExit, match="2"):
            figures.main([])
        assert message in capsys.readouterr().err
    else:
        assert message in refusal(capsys, *arguments, out=tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_runs_that_do_not_fit_are_one_line(capsys, runs, staired_runs, tmp_path):
    out = tmp_path / "figures"
    bare = make_run(tmp_path / "bare", {"net_type": "nnRNN", "nhid": 4})
    other = make_run(tmp_path / "other", {}, experiment="psmnist")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    lost = make_run(tmp_path / "lost", {}, experiment="poetry")
    (lost / "model.keras").write_bytes((runs / "RNN/model.keras").read_bytes())
    shorter = make_run(tmp_path / "shorter", {})
    (shorter / "model.keras").write_bytes(
        (staired_runs / "RNN/model.keras").read_bytes()
    )
    (shorter / "alpha.csv").write_text("epoch,0,1\n1,0.5,0.5\n")
    begun = make_run(tmp_path / "begun", {})
    (begun / "metrics.csv").unlink()
    damaged = make_run(tmp_path / "damaged", {})
    (damaged / "model.keras").write_text("no model")
    for arguments, message in (
        (("theta", bare), "holds no model.keras; expected a run that is finished"),
        (("theta", runs / "expRNN"), "has no Theta; expected a run of nnRNN"),
        (("theta", damaged), f"cannot load {damaged / 'model.keras'}"),
        (("spectrum", runs / "LSTM"), "LSTM has gates; expected a run"),
        (("curves", bare, other), "expected runs of one experiment"),
        (("curves", bare, bare), "is named 2 times; expected each run once"),
        (("curves", broken), f"cannot read {broken / 'config.json'}"),
        (("curves", begun), "holds no metrics.csv with an epoch in it"),
        (
            ("curves", bare, "--metric=bpc"),
            "nnRNN 4 has no bpc, expected one of loss, task_loss",
        ),
        (("alpha", bare), "holds no model.keras; expected a run that is finished"),
        (("alpha", runs / "RNN"), "has no learned stair; expected a run of one"),
        (("alpha", staired_runs / "nnRNN"), "has no learned stair"),  # a fixed one
        (("alpha", shorter), "whose stair has 21 steps; expected a column for each"),
        (("gradients", lost), "is of poetry.py (starts), which is not known"),
    ):
        assert message in refusal(capsys, *arguments, out=out)


def test_only_own_figures_are_replaced(capsys, runs, tmp_path):
    assert draw("curves", runs / "RNN", out=tmp_path) == 0
    assert draw("curves", runs / "RNN", out=tmp_path) == 0  # its own
    (tmp_path / "copy-loss.png").write_bytes(PNG + b"holiday")
    line = refusal(capsys, "curves", runs / "RNN", out=tmp_path)
    assert "copy-loss.png is there and not one of these figures" in line
    assert (tmp_path / "copy-loss.png").read_bytes() == PNG + b"holiday"
    (tmp_path / "nnrnn-1b.csv").write_text("mine")
    assert "nnrnn-1b.csv is there" in refusal(capsys, "nnrnn-1", out=tmp_path)
    (tmp_path / "file").touch()
    line = refusal(capsys, "curves", runs / "RNN", out=tmp_path / "file/figures")
    assert "--out: cannot make" in line
