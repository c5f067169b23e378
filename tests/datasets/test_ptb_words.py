"""Counts only: the text itself may be passed on in no form."""

import numpy as np
import pytest

from keras_nonnormal.datasets import (
    Corpus,
    DatasetError,
    PennTreebankWords,
    TextTask,
    text_task,
)
from keras_nonnormal.datasets._files import VARIABLE


@pytest.fixture(scope="module")
def real(data_folder):
    return PennTreebankWords(layout="published")


@pytest.fixture
def folder(tmp_path):
    for name, text in [("train", "b a c\n" * 60), ("valid", "a b\n"), ("test", "c\n")]:
        (tmp_path / f"{name}.txt").write_text(text * 10)
    return tmp_path


def test_the_real_corpus_has_the_counts_of_the_literature(real):  # LSC row 49
    corpus = real.corpus
    sizes = [len(ids) for ids in (corpus.train, corpus.validation, corpus.test)]
    assert sizes == [929_589, 73_760, 82_430]
    assert len(corpus.vocabulary) == real.input_width == real.output_width == 10_000
    counts = np.bincount(corpus.train, minlength=10_000)
    assert counts.min() > 0  # every word is in the training text
    assert counts[0] == 42_068  # lines
    assert counts[corpus.vocabulary.index("<unk>")] == 45_020
    assert corpus.vocabulary[0] == "<eos>"
    assert [*corpus.vocabulary[1:]] == sorted(corpus.vocabulary[1:])


def test_the_published_steps_of_an_epoch(real):  # LSC rows 45 and 49
    assert real.steps_per_epoch(32) == 288
    for split, steps in [("validation", 21), ("test", 23)]:
        assert real.evaluation_batches(split, 32).cardinality().numpy() == steps


def windows_of(data, **options):
    ids = data["ptb_ids"].astype(np.int32)
    words = int(ids.max()) + 1
    corpus = Corpus(tuple(map(str, range(words))), *[ids] * 3)
    columns, window = data["ptb_shape"]
    task = TextTask(
        name="words",
        corpus=corpus,
        input_width=words,
        output_width=words,
        per_step=True,
        length=int(window) * options.get("repeat", 1),
        trivial_loss=1.0,
        **options,
    )
    steps = task.steps_per_epoch(columns)
    training = task.training_batches(columns, seed=0).take(steps)
    for batches in (training, task.evaluation_batches("test", columns)):
        yield tuple(map(np.stack, zip(*batches, strict=True)))


def test_windows_are_the_published_ones(golden):  # LSC row 49
    data = golden("lsc/data_prep")
    for x, y, weights in windows_of(data, left_out=0):
        np.testing.assert_array_equal(x, data["ptb_x"])
        np.testing.assert_array_equal(y, data["ptb_y"])
        assert (weights == 1).all()
    for x, y, weights in windows_of(data, left_out=0, repeat=2):
        np.testing.assert_array_equal(x, data["ptb_x_repeat2"])
        np.testing.assert_array_equal(y, data["ptb_y_repeat2"])
        assert (weights == 1).all()
    for x, _, _ in windows_of(data, left_out=2):
        np.testing.assert_array_equal(x, data["ptb_x"][:-2])


def test_by_default_no_token_is_left_out(golden):  # LSC row 49
    data = golden("lsc/data_prep")
    whole, columns, window = data["ptb_x"].shape
    rows = len(data["ptb_ids"]) // columns
    ids = data["ptb_ids"][: rows * columns].reshape(columns, rows)
    rest = ids[:, whole * window :]
    steps = 2 * (rest.shape[1] - 1)  # of one more window, which is shorter
    assert steps > 0
    for x, y, weights in windows_of(data, repeat=2):
        np.testing.assert_array_equal(x[:whole], data["ptb_x_repeat2"])
        (x,), (y,), (last,) = x[whole:], y[whole:], weights[whole:]
        np.testing.assert_array_equal(x[:, :steps], np.repeat(rest[:, :-1], 2, axis=1))
        np.testing.assert_array_equal(y[:, :steps], np.repeat(rest[:, 1:], 2, axis=1))
        assert (last[:, :steps] > 1).all()
        assert (last[:, steps:] == 0).all()
        assert weights.mean() == pytest.approx(1)


def test_a_folder_of_words_may_be_named(folder):
    task = PennTreebankWords(folder=folder, window=7, repeat=2)
    assert task.corpus.vocabulary == ("<eos>", "a", "b", "c")
    np.testing.assert_array_equal(task.corpus.train[:8], [2, 1, 3, 0] * 2)
    assert (task.name, task.length, task.stateful) == ("ptb_words", 14, True)


def test_texts_too_short_for_what_is_left_out_are_refused(folder):
    task = PennTreebankWords(folder=folder, window=7, layout="published")
    with pytest.raises(ValueError, match="at least 3 chunks of 7 tokens"):
        task.evaluation_batches("test", 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "x"}, "Expected `layout`"),
        ({"window": 0}, "Expected `window`"),
        ({"repeat": 0}, "Expected `repeat`"),
    ],
)
def test_impossible_arguments_are_refused(folder, options, message):
    with pytest.raises(ValueError, match=message):
        PennTreebankWords(folder=folder, **options)


def test_a_length_that_is_no_multiple_of_the_repetitions_is_refused():
    corpus = Corpus.from_texts("a b c d " * 5, "a", "b")
    with pytest.raises(ValueError, match="a multiple of `repeat`"):
        TextTask(**{**vars(text_task(corpus, bptt=3)), "repeat": 2})


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "ptb").mkdir()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(DatasetError, match=r"ptb\.train\.txt is missing"):
        PennTreebankWords()
