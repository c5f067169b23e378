import errno
import json
import os

import pytest

from keras_nonnormal.training import RunDirectory, RunDirectoryError
from keras_nonnormal.training.files import replacing, write_json


def test_a_folder_is_made_when_it_is_claimed(tmp_path):
    directory = RunDirectory(tmp_path / "deep" / "run")
    assert not directory.path.exists()
    directory.claim({"lr": 0.1})
    assert json.loads(directory.config.read_text()) == {"lr": 0.1}
    assert not directory.finished


def test_a_finished_run_is_never_touched(tmp_path):
    directory = RunDirectory(tmp_path)
    directory.claim({})
    directory.finish({"loss": 1.0})
    assert directory.read_summary() == {"loss": 1.0}
    for resume in (False, True):
        with pytest.raises(RunDirectoryError, match="finished"):
            RunDirectory(tmp_path).claim({"other": 1}, resume)
    assert json.loads(directory.config.read_text()) == {}


def test_an_unfinished_run_is_only_resumed_and_keeps_its_config(tmp_path):
    RunDirectory(tmp_path).claim({"seed": 1})
    with pytest.raises(RunDirectoryError, match="unfinished"):
        RunDirectory(tmp_path).claim({"seed": 2})
    RunDirectory(tmp_path).claim({"seed": 2}, resume=True)
    assert json.loads((tmp_path / "config.json").read_text()) == {"seed": 1}


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunDirectoryError, match="no run"):
        RunDirectory(tmp_path).claim({})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="file"):
        RunDirectory(tmp_path / "file" / "run").claim({})


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "summary.json"
    write_json(path, {"a": 1})

    def fail():
        with replacing(path) as temporary:
            temporary.write_text("{half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert json.loads(path.read_text()) == {"a": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["summary.json"]


def test_what_a_killed_program_left_half_written_is_removed(tmp_path):
    (tmp_path / ".partial-config.json").write_text("{half")  # and no more
    RunDirectory(tmp_path).claim({"seed": 1})
    half = tmp_path / "checkpoints" / ".partial-epoch-0003.weights.h5"
    half.write_text("half")
    RunDirectory(tmp_path).claim({}, resume=True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "checkpoints",
        "config.json",
    ]


def test_files_are_synced_by_a_descriptor_that_may_write(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    sync = os.fsync

    def as_on_windows(descriptor):
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        if mode == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", as_on_windows)
    write_json(tmp_path / "file.json", {"whole": True})
    assert json.loads((tmp_path / "file.json").read_text()) == {"whole": True}
