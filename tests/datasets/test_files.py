import gzip
import hashlib
import os

import pytest

from keras_nonnormal.datasets import DatasetError
from keras_nonnormal.datasets._files import VARIABLE, DataFile, DataFolder, data_root

CONTENT = b"to be or not to be\n" * 20
PACKED = gzip.compress(CONTENT, mtime=0)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


PLAY = DataFile("play.txt", sha256(CONTENT), sha256(PACKED))
NOTES = DataFile("notes.txt", sha256(b"notes"))
PLAYS = DataFolder(
    "Plays", "plays", (PLAY, NOTES), origin="https://plays.example/", otherwise="Or..."
)


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "play.txt.gz").write_bytes(PACKED)
    (tmp_path / "plays" / "notes.txt").write_bytes(b"notes")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def message(file=PLAY):
    with pytest.raises(DatasetError) as raised:
        PLAYS.read(file)
    return str(raised.value)


def snapshot(root):
    return {
        path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes())
        for path in sorted(root.rglob("*"))
    }


def test_a_published_file_is_read_and_unpacked(root):
    assert PLAYS.read(PLAY) == CONTENT
    assert PLAYS.read(NOTES) == b"notes"


def test_an_unpacked_file_is_accepted_under_its_name_without_gz(root):
    (root / "plays" / "play.txt.gz").unlink()
    (root / "plays" / "play.txt").write_bytes(CONTENT)
    assert PLAYS.read(PLAY) == CONTENT


def test_the_data_folder_is_never_written_to(root):
    before = snapshot(root)
    PLAYS.read(PLAY)
    PLAYS.read(NOTES)
    assert snapshot(root) == before


@pytest.mark.parametrize("name", ["play.txt.gz", "play.txt"])
def test_a_truncated_file_is_refused(root, name):
    content = {"play.txt.gz": PACKED, "play.txt": CONTENT}[name]
    (root / "plays" / "play.txt.gz").unlink()
    (root / "plays" / name).write_bytes(content[:-1])
    text = message()
    assert f"{name} is truncated or corrupt" in text
    assert f"expected SHA-256 {sha256(content)}" in text
    assert f"received SHA-256 {sha256(content[:-1])} ({len(content) - 1} bytes)" in text


@pytest.mark.parametrize("position", [4, len(PACKED) // 2, len(PACKED) - 1])
def test_one_flipped_byte_is_noticed(root, position):
    damaged = bytearray(PACKED)
    damaged[position] ^= 1
    (root / "plays" / "play.txt.gz").write_bytes(damaged)
    assert "truncated or corrupt" in message()


def test_an_empty_file_is_refused(root):
    (root / "plays" / "play.txt.gz").write_bytes(b"")
    assert "(0 bytes)" in message()


def test_a_folder_in_place_of_the_file_is_an_error_of_ours(root):
    (root / "plays" / "play.txt.gz").unlink()
    (root / "plays" / "play.txt.gz").mkdir()
    assert "play.txt.gz cannot be read" in message()


def test_a_missing_file_is_named_with_folder_and_remedy(root):
    (root / "plays" / "play.txt.gz").unlink()
    text = message()
    assert "Plays cannot be loaded: play.txt.gz is missing" in text
    assert f"Looked in: {root / 'plays'}\n  ({VARIABLE}={root})" in text
    for part in ("plays/play.txt.gz", "plays/notes.txt", "unpacked", "https://", "Or"):
        assert part in text


def test_a_variable_that_names_a_file_is_an_error(root, monkeypatch):
    file = root / "plays" / "notes.txt"
    monkeypatch.setenv(VARIABLE, str(file))
    assert f"{file} is not a folder" in message()


def test_a_variable_that_names_nothing_is_an_error(root, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(root / "nowhere"))
    assert f"{root / 'nowhere'} does not exist" in message()


def test_a_data_folder_without_the_data_set_is_an_error(root, monkeypatch):
    # The mistake that is easily made: naming the folder of the data set itself.
    monkeypatch.setenv(VARIABLE, str(root / "plays"))
    assert f"{root / 'plays' / 'plays'} does not exist" in message()


def test_every_message_fits_on_a_screen(root, monkeypatch):
    (root / "plays" / "notes.txt").write_bytes(b"other")
    texts = [message(NOTES)]
    monkeypatch.setenv(VARIABLE, str(root / "nowhere"))
    texts.append(message())
    for text in texts:
        assert len(text.splitlines()) <= 15


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    assert data_root() is None
    assert f"{VARIABLE} is not set" in message()


def test_a_tilde_and_a_relative_path_are_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "~/data")
    assert data_root() == tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "data")
    assert data_root() == tmp_path / "data"
    assert os.path.isabs(str(data_root()))
