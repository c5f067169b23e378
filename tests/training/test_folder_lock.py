"""Two processes and one run directory."""

import contextlib

import pytest

from keras_nonnormal.training import RunDirectory, RunDirectoryError
from keras_nonnormal.training.folder_lock import FolderLock
from tests.other_process import locked_by_another


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_run_of_another_process_is_left_alone_until_it_is_killed(tmp_path):
    RunDirectory(tmp_path).claim({"seed": 1})
    with locked_by_another(tmp_path) as other:
        (tmp_path / ".partial-metrics.csv").write_text("epoch,lo")
        before = files(tmp_path)
        with pytest.raises(RunDirectoryError) as refused:
            RunDirectory(tmp_path).claim({"seed": 2}, resume=True)
        assert str(refused.value) == (
            f"{tmp_path} is being trained by another process (process {other.pid} on "
            "another machine); wait for it or choose another folder."
        )
        assert files(tmp_path) == before
    assert other.returncode == -9
    assert (tmp_path / ".lock").exists()  # which means nothing
    with RunDirectory(tmp_path) as directory:
        directory.claim({"seed": 2}, resume=True)
    assert files(tmp_path).keys() == {"config.json"}


def test_of_two_that_begin_a_run_one_is_refused(tmp_path):
    with locked_by_another(tmp_path):  # it has made the folder, and no more
        with pytest.raises(RunDirectoryError, match="another process"):
            RunDirectory(tmp_path).claim({})
        assert files(tmp_path).keys() == {".lock"}


def test_a_run_is_free_when_it_is_finished_or_given_up(tmp_path):
    for name, end in (
        ("finished", lambda run: run.finish({})),
        ("released", RunDirectory.release),
    ):
        run = RunDirectory(tmp_path / name)
        run.claim({})
        assert (run.path / ".lock").exists()
        end(run)
        assert not (run.path / ".lock").exists()
    with contextlib.suppress(ZeroDivisionError), RunDirectory(tmp_path / "c") as run:
        run.claim({})
        raise ZeroDivisionError
    assert not (run.path / ".lock").exists()


def test_a_process_may_claim_again_what_it_has(tmp_path):
    first = RunDirectory(tmp_path)
    first.claim({})  # as by a notebook's cell that was interrupted
    second = RunDirectory(tmp_path)
    second.claim({}, resume=True)
    second.release()
    assert not (tmp_path / ".lock").exists()


def test_a_lock_whose_file_is_deleted_is_taken_anew(tmp_path):
    first = FolderLock.of(tmp_path)
    (tmp_path / ".lock").unlink()
    assert not first.holds
    assert FolderLock.of(tmp_path).holds


def test_file_systems_without_locks_do_without(tmp_path, monkeypatch):
    def unknown(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("keras_nonnormal.training.folder_lock.fcntl.flock", unknown)
    with RunDirectory(tmp_path) as directory:
        directory.claim({})
        assert files(tmp_path).keys() == {"config.json"}
