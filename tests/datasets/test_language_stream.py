"""Texts in chunks of random length."""

import numpy as np
import pytest

from keras_nonnormal.datasets import Corpus, batchify, language_stream
from keras_nonnormal.datasets.language_stream import HALVED, MARGIN

COLUMNS = 3


def stream(tokens=3001, **settings):
    ids = np.random.default_rng(0).integers(0, 7, tokens).astype(np.int32)
    corpus = Corpus(tuple("abcdefg"), ids, ids[:61], ids[:47])
    return language_stream(corpus, **{"bptt": 20, **settings})


def epochs(task, count=1, **start):
    batches = task.training_batches(COLUMNS, seed=4, **start)
    steps = task.steps_per_epoch(COLUMNS)
    taken = [tuple(part.numpy() for part in batch) for batch in batches.take(steps)]
    return taken if count == 1 else [taken, *epochs_after(batches, steps, count)]


def epochs_after(batches, steps, count):
    for epoch in range(1, count):
        later = batches.skip(epoch * steps).take(steps)
        yield [tuple(part.numpy() for part in batch) for batch in later]


def test_an_epoch_reads_every_token_once_and_in_order():
    task = stream()
    columns = batchify(task.corpus.train, COLUMNS).T
    xs, ys = [], []
    for x, y, weights in epochs(task):
        length = int((x[0] >= 0).sum())
        assert x.shape == y.shape == weights.shape == (COLUMNS, 20 + MARGIN)
        assert (x[:, length:] == -1).all()
        assert (weights[:, length:] == 0).all()
        # The mean over a batch of all steps is that over the tokens of the chunk.
        np.testing.assert_allclose(weights[:, :length], task.length / length, 1e-6)
        xs.append(x[:, :length])
        ys.append(y[:, :length])
    np.testing.assert_array_equal(np.concatenate(xs, 1), columns[:, :-1])
    np.testing.assert_array_equal(np.concatenate(ys, 1), columns[:, 1:])


def test_epochs_are_cut_elsewhere_and_a_break_changes_nothing():
    task = stream()
    first, second = epochs(task, 2)
    assert any((a[0] != b[0]).any() for a, b in zip(first, second, strict=True))
    again = epochs(task, start_epoch=1)
    for ours, expected in zip(again, second, strict=True):
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_lengths_are_those_of_the_publication():
    """Around 70, one in twenty around 35, of deviation 5; to within a row."""
    task = stream(200_000, bptt=70)
    lengths = np.concatenate(
        [task.lengths(COLUMNS, seed=1, epoch=epoch) for epoch in range(8)]
    )
    assert len(lengths) > 7000
    short = lengths < 52
    assert short.mean() == pytest.approx(HALVED, abs=0.01)  # four deviations
    assert np.mean(lengths[short]) == pytest.approx(35, abs=1.5)
    assert np.mean(lengths[~short]) == pytest.approx(70, abs=1)
    # Those above 80 are cut.
    assert np.std(lengths[~short]) == pytest.approx(5, abs=0.4)
    assert lengths.max() == 80


@pytest.mark.parametrize("tokens", [6, 21, 60, 66, 184, 187])
@pytest.mark.parametrize("bptt", [5, 20])
def test_short_texts_are_read_to_the_end(tokens, bptt):
    task = stream(tokens, bptt=bptt)
    for seed in range(20):
        lengths = task.lengths(COLUMNS, seed=seed, epoch=0)
        assert lengths.sum() == tokens // COLUMNS - 1
        assert 1 <= lengths.min() <= lengths.max() <= task.length
        assert len(lengths) == task.steps_per_epoch(COLUMNS)


def test_fixed_lengths_are_those_of_a_text_task():
    task = stream(1000, vary=False)
    assert task.usual_length is None
    assert task.length == 20
    assert task.lengths(COLUMNS, seed=0, epoch=0).tolist() == [20] * 16 + [12]
    for ours, expected in zip(
        epochs(task), task.fixed.training_batches(COLUMNS, seed=0), strict=False
    ):
        for a, b in zip(ours, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_evaluations_have_fixed_lengths_and_columns_of_their_own():
    task = stream(evaluation_columns=4)
    shapes = [x.shape for x, _, _ in task.evaluation_batches("validation")]
    assert shapes == [(4, 20)]
    assert task.rows("validation") == 15
    (x, _, _), *_ = task.evaluation_batches("test", 1)
    np.testing.assert_array_equal(x[0], task.corpus.test[:20])


def test_arguments_out_of_range_are_named():
    with pytest.raises(ValueError, match=r"`bptt`.*bptt=4"):
        stream(bptt=4)
    with pytest.raises(ValueError, match=r"`evaluation_columns`.*=0"):
        stream(evaluation_columns=0)
    with pytest.raises(ValueError, match=r"`seed`.*-1"):
        stream().training_batches(COLUMNS, seed=-1)
