"""Runs that several processes make together, and what they ask for."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import copy as copy_task
from keras_nonnormal.training import read_metrics
from tests.experiments.commands import ROOT, tiny
from tests.experiments.settings import settled

WORKERS = ["host1:12345", "host2:12345"]


def config(workers=WORKERS, index=0):
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": workers}, "task": task})


def free_ports(count):
    """Addresses that nobody listens at, each another one."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return addresses


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of two workers, broken off and gone on with, and stdouts."""
    folder = tmp_path_factory.mktemp("workers")
    temporary, workers = folder / "temporary", free_ports(2)
    temporary.mkdir()
    usual = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    program = Path(__file__).with_name("worker.py")
    started = [
        subprocess.Popen(
            [sys.executable, str(program), str(folder / "run")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**usual, "TF_CONFIG": config(workers, index)},
            cwd=folder,
        )
        for index in range(2)
    ]
    try:
        ended = [each.communicate(timeout=300) for each in started]
    finally:
        for each in started:
            each.kill()
    for each, (_, errors) in zip(started, ended, strict=True):
        assert each.returncode == 0, errors[-3000:]
    assert not list(temporary.iterdir())
    return folder / "run", [said for said, _ in ended]


def test_two_workers_train_as_one_process_does(run, tmp_path):
    flags = tiny("--no-jit", "--compare=none", "--epochs=3", "--out", tmp_path)
    assert copy_task.main(flags) == 0
    two, one = (
        read_metrics(run[0] / "metrics.csv"),
        read_metrics(tmp_path / "metrics.csv"),
    )
    assert len(two) == len(one) == 3
    for row, expected in zip(two, one, strict=True):
        del row["seconds"], expected["seconds"]
        # Sums over two halves of a batch round otherwise, in each of 60 updates.
        assert row == pytest.approx(expected, rel=3e-6)


def test_the_first_worker_leaves_the_run_and_the_other_nothing(run):
    folder, (said, nothing) = run
    left = {path.name for path in folder.iterdir()}
    whole = {"config.json", "metrics.csv", "checkpoints", "model.keras"}
    assert left == whole | {"curves.png", "summary.json"}
    assert [path.name for path in (folder / "checkpoints").iterdir()] == [
        "epoch-0003.weights.h5"
    ]
    assert json.loads(said[said.index("\n{") :])["directory"] == str(folder)
    assert nothing == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "it is not set"),
        ("{", "no JSON"),
        ("[]", "no list"),
        ('{"cluster": {"worker": "host1:12345"}}', "no list"),
        (config(["host1", "host2"]), "no list"),
        (config().replace('"worker": [', '"ps": ["a:1"], "worker": ['), "ps"),
        (config().replace('"type": "worker"', '"type": "chief"'), "not of type"),
        (config(index=2), "not one of 0 to 1"),
        (config([*WORKERS, "host3:12345"]), "3 workers can share equally"),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_in_one_line(
    monkeypatch, capsys, tmp_path, text, words
):
    monkeypatch.chdir(tmp_path)
    if text is None:
        monkeypatch.delenv("TF_CONFIG", raising=False)
    else:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(SystemExit, match="2"):
        settled("copy", tiny("--strategy=multiworker"))
    error = capsys.readouterr().err
    assert error.startswith("copy.py: error: --strategy multiworker: expected ")
    assert words in error
    assert error.count("\n") == 1


def test_one_device_and_all_contradict_each_other(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        settled("copy", tiny("--strategy=mirrored", "--device=gpu:1"))
    error = capsys.readouterr().err
    assert error.startswith("copy.py: error: --device: --strategy mirrored takes all")
    assert error.count("\n") == 1
