"""N1-N7: the scripts as a user starts them, in processes of their own."""

import json
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from tests.experiments.commands import clean_environment, tiny

SCRIPTS = ["copy", "addition", "psmnist", "ptb_char", "language_model", "deep_rnn"]
HEAVY = ("tensorflow", "keras", "keras_nonnormal", "numpy", "matplotlib", "h5py")


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_is_quick_and_loads_nothing_heavy_N7(python, script):
    shown = python("-X", "importtime", f"experiments/{script}.py", "--help")
    assert shown.returncode == 0
    assert "--preset" in shown.stdout
    imported = {line.split("|")[-1].strip() for line in shown.stderr.splitlines()}
    assert "argparse" in imported  # the list is what it is taken for
    assert not imported.intersection(HEAVY)


@pytest.mark.parametrize("script", SCRIPTS)
def test_wrong_flags_are_refused_before_anything_heavy_loads_N7(
    python, repository, script, tmp_path
):
    path = repository / "experiments" / f"{script}.py"
    refused = python("-X", "importtime", path, "--lr", "-1", cwd=tmp_path)
    assert refused.returncode == 2
    notes = [line for line in refused.stderr.splitlines() if "|" in line]
    said = [line for line in refused.stderr.splitlines() if "|" not in line]
    assert said == [
        f"{script}.py: error: --learning-rate: expected a finite number above 0, "
        "received -1.0"
    ]
    assert not {line.split("|")[-1].strip() for line in notes}.intersection(HEAVY)
    assert list(tmp_path.iterdir()) == []


def test_the_demonstration_shows_what_it_promises_N1(python, tmp_path):
    run = python("experiments/copy.py", "--json", "--out", tmp_path / "run")
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)  # nothing else is on standard output
    assert summary == json.loads((tmp_path / "run/summary.json").read_text())
    (orthogonal,) = summary["compared"]
    assert summary["start"] == "chain, gain 1.02"
    assert orthogonal["start"] == "orthogonal, gain 1"
    assert summary["success"]
    assert not orthogonal["success"]
    for said in (
        "a demonstration",
        "Epoch 15/15",
        "trivial level",
        "46 of 462 runs",
        "curves.png",
    ):
        assert said in run.stderr
    for folder in ("run", "run/orthogonal"):
        for name in ("config.json", "metrics.csv", "model.keras", "summary.json"):
            assert (tmp_path / folder / name).stat().st_size > 0
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["options"]["init_scale"] == 1.02
    assert config["versions"]["keras"] == keras.__version__
    assert (tmp_path / "run/curves.png").read_bytes().startswith(b"\x89PNG")


def begin(*arguments, cwd):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
        # A shell that starts tests in the background has them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for_epoch(process, folder, epoch):
    """Waits until a run has kept the state after `epoch`, or a later one."""
    while process.poll() is None:  # the run ends some day, with or without that state
        kept = sorted((folder / "checkpoints").glob("epoch-*.weights.h5"))
        if kept and int(kept[-1].name[6:10]) >= epoch:
            return
        time.sleep(0.01)
    raise AssertionError(f"no epoch {epoch}: {process.communicate()[1]}")


LONG = tiny("--epochs", 30, "--compare", "none", "--stop-below", "none")


@pytest.fixture(scope="module")
def unbroken(python, tmp_path_factory):
    """A long run of copy as a module, and its folder."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    return python("-m", "experiments.copy", *LONG, "--out", folder), folder


def test_copy_as_a_module_N3(unbroken):
    run, folder = unbroken
    assert run.returncode == 0, run.stderr
    assert (folder / "summary.json").exists()
    assert run.stderr == ""  # none of TensorFlow's notes about itself


def test_a_run_interrupted_then_killed_ends_like_an_unbroken_one_N2(
    repository, python, unbroken, tmp_path
):
    """From inside the folder; Ctrl-C, resume, kill -9, resume."""
    inside, folder = repository / "experiments", tmp_path / "broken"

    process = begin("copy.py", *LONG, "--out", folder, cwd=inside)
    wait_for_epoch(process, folder, 1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip().endswith(
        f"go on with: python experiments/copy.py --resume --out {folder}"
    )
    assert not (folder / "summary.json").exists()

    process = begin("copy.py", "--resume", "--out", folder, cwd=inside)
    wait_for_epoch(process, folder, 10)
    process.kill()
    process.communicate()
    assert not (folder / "model.keras").exists()

    ended = python("-m", "experiments.copy", "--resume", "--out", folder)
    assert ended.returncode == 0, ended.stderr
    broken, whole = (
        keras.saving.load_model(each / "model.keras").get_weights()
        for each in (folder, unbroken[1])
    )
    for ours, theirs in zip(broken, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    summaries = [
        json.loads((each / "summary.json").read_text())
        for each in (folder, unbroken[1])
    ]
    assert summaries[0]["test"] == summaries[1]["test"]


def test_copy_is_importable_and_the_standard_module_stays_itself_N4(python):
    program = (
        "import experiments.copy, copy, dataclasses\n"
        "assert copy.deepcopy([1]) == [1] and 'experiments' not in copy.__file__\n"
        "assert experiments.copy.main and not hasattr(experiments.copy, 'deepcopy')"
    )
    assert python("-c", program).returncode == 0


def test_from_inside_the_folder_copy_is_the_standard_module_N4(python, repository):
    program = (
        "import copy, dataclasses\n"
        "assert copy.deepcopy([1]) == [1] and not hasattr(copy, 'main')\n"
        "assert 'experiments' not in copy.__file__"
    )
    run = python("-c", program, cwd=repository / "experiments")
    assert run.returncode == 0, run.stderr


def test_addition_as_a_file_from_inside_the_folder_N5(python, repository, tmp_path):
    flags = [flag for flag in tiny("--compare=none") if "--T" not in flag]
    inside = repository / "experiments"
    run = python("addition.py", *flags, "--T=12", "--out", tmp_path, cwd=inside)
    assert run.returncode == 0, run.stderr
    assert "tolerance accuracy" in run.stdout
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["epochs"] == 2
    assert set(summary["test"]) == {"loss", "mean_absolute_error", "tolerance_accuracy"}


def test_psmnist_as_a_file_on_the_real_digits_N5(python, data_folder, tmp_path):
    flags = ["--preset=demo", "--train-size=64", "--validation-size=32"]
    flags += ["--test-size=32"]
    run = python(
        *("experiments/psmnist.py", *flags, "--epochs=1", "--compare=none"),
        *("--out", tmp_path),
    )
    assert run.returncode == 0, run.stderr
    assert "64 sequences of 784 steps, 25 units" in run.stdout
    assert "accuracy" in json.loads((tmp_path / "summary.json").read_text())["test"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_children_of_a_script_can_be_spawned_N6(python, repository, script):
    """A spawned child imports the main script again, from its file."""
    program = f"""
import multiprocessing, sys, __main__
__main__.__file__ = {str(repository / "experiments" / script)!r} + ".py"
sys.path.insert(0, {str(repository / "experiments")!r})
child = multiprocessing.get_context("spawn").Process(
    target=exec, args=("import copy, dataclasses; copy.deepcopy([1])",)
)
child.start()
child.join()
raise SystemExit(child.exitcode)
"""
    run = python("-c", program)
    assert run.returncode == 0, run.stderr
