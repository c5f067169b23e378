"""Disks that are full or read-only, and files that are broken, as the scripts see them.

Kills at random moments are in benchmarks/run_faults.py.
"""

import contextlib
import json
import os
import resource
import subprocess

import keras
import numpy as np
import pytest

from experiments import copy as copy_task
from experiments.core.run import execute
from experiments.sweeps.grids import axes_of, grid_of
from experiments.sweeps.plan import planned
from experiments.sweeps.worker import train_unit
from keras_nonnormal import __version__
from keras_nonnormal.training import read_metrics
from tests.experiments.commands import tiny
from tests.experiments.settings import made, settled
from tests.experiments.test_acceptance import BEFORE
from tests.other_process import locked_by_another

RUN = tiny("--no-jit", "--compare=none", "--stop-below=none", "--no-tensorboard")


def mount(folder, *options):
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mount(folder, "size=1m"):
        pytest.skip("only root can mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def files_up_to(size):
    """No file can be longer."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert copy_task.main([*RUN, "--out", str(folder)]) == 0
    return folder


def hidden(folder):
    return [path for path in folder.rglob(".*") if path.is_file()]


def results(folder):
    """All numbers of a run but times."""
    rows = read_metrics(folder / "metrics.csv")
    summary = json.loads((folder / "summary.json").read_text())
    weights = keras.saving.load_model(folder / "model.keras").get_weights()
    return (
        [{**row, "seconds": 0} for row in rows],
        summary["test"],
        [np.asarray(each).tobytes() for each in weights],
    )


def last_line(capsys):
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_a_run_on_a_full_disk_goes_on_whenever_there_is_more_space(
    disk, unbroken, capsys
):
    filler, run, failed = disk / "filler", disk / "run", []
    for free in range(0, 400_000, 16_384):
        filler.unlink(missing_ok=True)
        room = os.statvfs(disk)
        filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - free)))
        begun = (run / "config.json").exists()
        code = copy_task.main([*(["--resume"] if begun else RUN), "--out", str(run)])
        assert hidden(disk) == []
        if code == 0:
            break
        assert code == 1
        line = last_line(capsys)
        said = "copy.py: error: no space left on device while writing "
        assert line.startswith(said)
        failed.append(line.removeprefix(said).partition(";")[0])
        how = "begin again"
        if (run / "config.json").exists():
            how = f"go on with: python experiments/copy.py --resume --out {run}"
        assert line.endswith(f"; free some and {how}")
        assert not (run / "summary.json").exists()
    names = [path.rpartition("/")[2] for path in failed]
    assert names[0] == "config.json"
    assert len({*names}) >= 4, names
    assert results(run) == results(unbroken)


def test_a_limit_of_file_sizes_is_said_like_a_full_disk(tmp_path, unbroken, capsys):
    with files_up_to(15_000):
        assert copy_task.main([*RUN, "--out", str(tmp_path / "run")]) == 1
    line = last_line(capsys)
    assert "file too large while writing" in line
    assert line.endswith(f"--resume --out {tmp_path / 'run'}")
    assert copy_task.main(["--resume", "--out", str(tmp_path / "run")]) == 0
    assert results(tmp_path / "run") == results(unbroken)


@pytest.mark.parametrize("honest", [True, False])
def test_a_read_only_disk_is_code_2_and_left_as_it_is(
    disk, capsys, honest, monkeypatch
):
    text = begun_run(disk / "begun")
    (disk / "begun/config.json").write_text(text)
    before = sorted(disk.rglob("*"))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    if not honest:  # as some network file systems
        monkeypatch.setattr("os.access", lambda *_, **__: True)
    for flags in (
        [*RUN, "--out", str(disk / "run")],
        ["--resume", "--out", str(disk / "begun")],
    ):
        with pytest.raises(SystemExit, match="2"):
            copy_task.main(flags)
        line = capsys.readouterr().err.strip()
        assert "\n" not in line
        assert line.startswith("copy.py: error: ")
        assert ("cannot write to" if honest else "Read-only file system") in line
        assert "choose another folder" in line
    assert sorted(disk.rglob("*")) == before


def begun_run(folder):
    """Makes a folder; gives what `config.json` says of a run that was broken off."""
    folder.mkdir()
    content = {
        "experiment": "copy",
        "family": "starts",
        "options": {**BEFORE["copy/starts"]["defaults"], "T": 30},
        "versions": {"keras_nonnormal": "0.1.0"},
    }
    return json.dumps(content)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda text: "", "cannot read {}: Expecting value"),
        (lambda text: text[: len(text) // 2], "cannot read {}: "),
        (lambda text: "[1, 2]", "{} holds no options"),
        (lambda text: "{}", "{} holds no options"),
        (lambda text: '{"experiment": "copy"}', "{} holds no options"),
        (lambda text: '{"experiment": "copy", "options": 3}', "{} holds no options"),
        (
            lambda text: text.replace('"lr"', '"strange_rate"'),
            "{} of keras_nonnormal 0.1.0 has options that are not known here: "
            "--strange-rate",
        ),
        (lambda text: text.replace('"T": 30', '"T": "30"'), "has '30' for --T, which"),
        (lambda text: text.replace('"T": 30', '"T": 30.5'), "has 30.5 for --T, which"),
        (lambda text: text.replace('"T": 30', '"T": 2'), "has --T: expected"),
        (lambda text: text.replace('"T": 30', '"T": NaN'), "has nan for --T, which"),
        (lambda text: text.replace("starts", "networks"), "there is no 'seed'|"),
    ],
)
def test_a_broken_config_is_named_and_stays(tmp_path, capsys, broken, said):
    folder = tmp_path / "run"
    text = broken(begun_run(folder))
    (folder / "config.json").write_text(text)
    with pytest.raises(SystemExit, match="2"):
        copy_task.main(["--resume", "--out", str(folder)])
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("copy.py: error: --resume: ")
    if "|" not in said:
        assert said.format(folder / "config.json") in error
    assert [path.name for path in folder.iterdir()] == ["config.json"]
    assert (folder / "config.json").read_text() == text


def test_a_run_of_a_newer_release_is_named(tmp_path, capsys):
    folder = tmp_path / "run"
    text = begun_run(folder).replace("0.1.0", "99.1.0")
    newer = f"of keras_nonnormal 99.1.0, which is newer than this one, {__version__},"
    (folder / "config.json").write_text(text)
    again = settled("copy", ["--resume", "--out", str(folder)])
    assert again.why == f"as it began; the run is {newer} which may do otherwise"
    strange = {"recipe": "unheard", **json.loads(text)}
    for broken, has in (
        (text.replace('"lr"', '"strange_rate"'), "has options that are not known"),
        (json.dumps(strange), "has the recipe 'unheard', expected starts or "),
    ):
        (folder / "config.json").write_text(broken)
        with pytest.raises(SystemExit, match="2"):
            copy_task.main(["--resume", "--out", str(folder)])
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert f"{folder / 'config.json'} {newer} {has}" in error


def test_an_older_config_without_some_options_is_taken(tmp_path):
    from experiments.core.directory import kept_program

    content = json.loads(begun_run(tmp_path / "run"))
    del content["options"]["jit"], content["versions"]
    (tmp_path / "run/config.json").write_text(json.dumps(content))
    kept = kept_program("copy", tmp_path / "run", "--resume")
    assert (kept.task.T, kept.run.jit) == (30, True)


def test_a_broken_summary_is_named_and_the_run_can_end_again(tmp_path, capsys):
    folder = tmp_path / "run"
    (folder / "config.json").write_text(begun_run(folder))
    (folder / "summary.json").write_text('{"test": {"lo')
    with pytest.raises(SystemExit, match="2"):
        copy_task.main(["--resume", "--out", str(folder)])
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"cannot read {folder / 'summary.json'} (" in error
    assert "remove it, and the run ends once more from its last state" in error


def test_what_a_killed_start_left_is_no_reason_to_refuse_a_folder(tmp_path):
    for name in (".lock", ".partial-config.json"):
        (tmp_path / name).write_text("half")
    assert settled("copy", ["--out", str(tmp_path)]).run.out == str(tmp_path)


def test_a_run_of_rounds_with_a_broken_round_says_so(tmp_path, capsys):
    from experiments.core.run import _round

    program = made("psmnist", out=str(tmp_path), epochs=3).program
    (tmp_path / "config.json").write_text('{"options": {"epochs": 3}}')
    (tmp_path / "summary.json").write_text('{"test": 1')
    with pytest.raises(ValueError, match=r"summary.json cannot be read \("):
        _round(program, execute)


def test_a_run_of_another_process_is_code_2_and_left_as_it_is(tmp_path, capsys):
    folder = tmp_path / "run"
    (folder / "config.json").write_text(begun_run(folder))
    with locked_by_another(folder) as other:
        before = {path: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(SystemExit, match="2"):
            copy_task.main(["--resume", "--out", str(folder)])
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert f"is being trained by another process (process {other.pid}" in error
        assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_runs_of_another_sweep_are_left_to_it(tmp_path):
    words = [flag.removeprefix("--") for flag in tiny("--jit=false", "--seed=1,2")]
    grid = grid_of("copy").along(axes_of(words))
    free, taken = planned(grid, tmp_path)
    taken.directory.mkdir()
    (taken.directory / "config.json").write_text("{}")
    with locked_by_another(taken.directory):
        for unit in ((taken,), (free, taken)):
            for outcome in train_unit(unit):
                assert outcome.state == "failed"
                assert "is being trained by another process" in outcome.message
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == [".lock", "config.json", "config.json"]
