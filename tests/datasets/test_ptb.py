"""Counts only: the text itself may be passed on in no form."""

import numpy as np
import pytest

from keras_nonnormal.datasets import DatasetError, load_ptb_characters, ptb_char_task
from keras_nonnormal.datasets._files import VARIABLE
from keras_nonnormal.datasets.ptb import PTB_CHARACTERS


def link(source, place):
    """Lets a file be found in another place, without a copy of the text."""
    place.symlink_to(source.resolve())


@pytest.fixture(scope="module")
def real(data_folder):
    return load_ptb_characters()


def test_the_real_corpus_has_the_counts_of_the_literature(real):  # Row 30
    assert len(real.vocabulary) == 50
    assert len(real.train) == 5_017_483
    assert len(real.validation) == 393_043
    assert len(real.test) == 442_424


def test_the_real_corpus_has_one_end_of_line_more_than_lines_of_text(real):  # Row 30
    end, blank = (real.vocabulary.index(token) for token in ("<eos>", "_"))
    for ids, lines, blanks in [
        (real.train, 42_068, 845_453),
        (real.validation, 3_370, 67_020),
        (real.test, 3_761, 74_908),
    ]:
        counts = np.bincount(ids, minlength=50)
        assert counts[end] == lines + 1
        assert counts[blank] == blanks
        assert (ids[-2:] == end).all()


def test_the_published_files_may_have_other_names_in_another_folder(
    real, data_folder, tmp_path, monkeypatch
):
    for name in ("train", "valid", "test"):
        source = data_folder / "ptb" / f"ptb.char.{name}.txt"
        link(source, tmp_path / f"{name}.txt")
    monkeypatch.delenv(VARIABLE, raising=False)
    task = ptb_char_task(folder=tmp_path, bptt=300)
    assert task.corpus.vocabulary == real.vocabulary
    assert (task.corpus.train == real.train).all()
    assert (task.name, task.length, task.vocabulary_size) == ("ptb_char", 300, 50)
    # 39199 rows at 128 columns.
    assert task.steps_per_epoch(128) == 131


def test_without_a_data_folder_the_error_says_why_nothing_is_downloaded(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(DatasetError) as raised:
        ptb_char_task()
    text = str(raised.value)
    assert f"{VARIABLE} is not set" in text
    for name in ("train", "valid", "test"):
        assert f"ptb/ptb.char.{name}.txt" in text
    assert "simple-examples.tgz" in text
    assert "LDC99T42" in text
    assert "nothing is downloaded" in text
    assert len(text.splitlines()) <= 15


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "ptb").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError, match=r"ptb\.char\.train\.txt is missing"):
        load_ptb_characters()


def test_another_text_does_not_pass_for_the_real_one(
    real, data_folder, tmp_path, monkeypatch
):
    (tmp_path / "ptb").mkdir()
    for file in PTB_CHARACTERS.files[:2]:
        link(data_folder / "ptb" / file.name, tmp_path / "ptb" / file.name)
    (tmp_path / "ptb" / "ptb.char.test.txt").write_text("n o t _ t h e _ t e x t")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError, match=r"ptb\.char\.test\.txt is truncated"):
        load_ptb_characters()
