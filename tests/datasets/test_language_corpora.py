"""The texts of language models: counts of the literature, and where they come from."""

import hashlib
import zipfile

import numpy as np
import pytest
import tensorflow_datasets as tfds

from keras_nonnormal.datasets import Corpus, DatasetError, _network, load_corpus
from keras_nonnormal.datasets._files import VARIABLE
from keras_nonnormal.datasets._texts import ENWIK8, WIKITEXT_2


def test_wikitext_2_has_the_counts_of_the_paper(data_folder):
    corpus = load_corpus("wikitext-2")
    sizes = [len(ids) for ids in (corpus.train, corpus.validation, corpus.test)]
    assert sizes == [2_088_628, 217_646, 245_569]
    assert len(corpus.vocabulary) == 33_278
    assert np.bincount(corpus.test)[corpus.vocabulary.index("<unk>")] == 15_218


def test_bytes_are_numbered_by_value_and_held_out_from_the_end():
    text = bytes(range(255, 0, -1)) * 3
    corpus = Corpus.from_bytes(text[:10], text[10:20], text)
    assert "".join(corpus.vocabulary).encode("latin-1") == bytes(range(1, 256))
    assert corpus.train.tolist() == list(range(254, 244, -1))
    assert corpus.train.dtype == np.int32
    train, validation, test = ENWIK8.split(b"\n" * 10**7 + b"abc")
    assert (train, len(validation), test[-3:]) == (b"\n\n\n", 5_000_000, b"abc")


def test_another_folder_has_words_or_bytes(tmp_path):
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.txt").write_text("ab a\n")
    assert load_corpus("wikitext-2", tmp_path).vocabulary == ("ab", "a", "<eos>")
    assert load_corpus("enwik8", tmp_path).vocabulary == ("\n", " ", "a", "b")


def test_another_name_is_refused():
    with pytest.raises(ValueError, match=r"'enwik8'. Received: 'enwik9'"):
        load_corpus("enwik9")


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "enwik8").mkdir()
    with pytest.raises(DatasetError) as raised:
        load_corpus("enwik8")
    assert "enwik8 is missing" in str(raised.value)
    assert "http://mattmahoney.net/dc/textdata.html" in str(raised.value)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """No data folder, and a server that has a short WikiText-2."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(_network, "why_unreachable", lambda address: None)
    load, builder = tfds.load, tfds.builder
    place = {"data_dir": str(tmp_path / "tfds")}
    monkeypatch.setattr(tfds, "load", lambda *a, **k: load(*a, **place, **k))
    monkeypatch.setattr(tfds, "builder", lambda *a, **k: builder(*a, **place, **k))
    texts = [" one two \n" * 200_000, " two \n", " three \n"]

    def download(manager, address):
        assert address == WIKITEXT_2.archive
        with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
            for file, text in zip(WIKITEXT_2.data.files, texts, strict=True):
                archive.writestr(f"wikitext-2/{file.name}", text)
        zipfile.ZipFile(tmp_path / "archive.zip").extractall(tmp_path)
        return tmp_path

    manager = tfds.download.DownloadManager
    monkeypatch.setattr(manager, "download_and_extract", download)
    return texts


def test_a_download_is_verified_and_then_kept(server, monkeypatch):
    with pytest.raises(DatasetError, match="SHA-256 9e9fa1ad"):
        load_corpus("wikitext-2")
    for file, text in zip(WIKITEXT_2.data.files, server, strict=True):
        checksum = hashlib.sha256(text.encode()).hexdigest()
        monkeypatch.setitem(vars(file), "sha256", checksum)
    for _ in range(2):  # downloaded, kept
        corpus = load_corpus("wikitext-2")
        assert corpus.vocabulary == ("one", "two", "<eos>", "three")
        assert len(corpus.train) == 600_000
        assert corpus.test.tolist() == [3, 2]
        monkeypatch.setattr(_network, "why_unreachable", lambda address: "gone")
