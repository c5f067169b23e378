import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.datasets import (
    Corpus,
    SequenceTask,
    batchify,
    bptt_chunks,
    text_task,
)
from tests.golden import variants

LETTERS = "abcdefg"


def corpus_of(tokens, seed=0):
    """A corpus whose splits have that many tokens, end of line included."""
    generator = np.random.default_rng(seed)
    return Corpus.from_texts(
        *(" ".join(generator.choice(list(LETTERS), count - 1)) for count in tokens)
    )


def listed(batches):
    return [tuple(part.numpy() for part in batch) for batch in batches]


def assert_equal(batches, others):
    for batch, other in zip(batches, others, strict=True):
        for part, expected in zip(batch, other, strict=True):
            np.testing.assert_array_equal(part, expected)


@settings(max_examples=15, deadline=None)
@given(
    tokens=st.integers(20, 120),
    batch_size=st.integers(1, 10),
    bptt=st.integers(1, 40),
)
def test_chunks_come_in_order_and_the_last_is_padded(tokens, batch_size, bptt):
    # Row 30
    task = text_task(corpus_of((tokens, 20, 20)), bptt=bptt)
    steps = task.steps_per_epoch(batch_size)
    rows = batchify(task.corpus.train, batch_size)
    chunks = list(bptt_chunks(rows, bptt))
    assert steps == len(chunks)
    assert task.rows("train", batch_size) == len(rows)
    batches = listed(task.training_batches(batch_size, seed=0).take(steps))
    for (x, y, weights), (inputs, targets) in zip(batches, chunks, strict=True):
        assert x.shape == y.shape == weights.shape == (batch_size, bptt)
        assert x.dtype == y.dtype == np.int32
        assert weights.dtype == np.float32
        counted = len(inputs)
        np.testing.assert_array_equal(x[:, :counted], inputs.T)
        np.testing.assert_array_equal(y[:, :counted], targets.T)
        # The mean over all steps is the mean over those that count.
        np.testing.assert_allclose(weights[:, :counted], bptt / counted, rtol=1e-7)
        np.testing.assert_array_equal(weights[:, counted:], 0)


@pytest.mark.parametrize("run", variants("nnrnn/langrun_*"))
def test_toy_chunks_are_those_of_the_published_batches(golden, run):  # Row 30
    arrays = golden(f"nnrnn/langrun_{run}")
    corpus = Corpus.from_texts(
        *(str(arrays[f"{name}_text"]) for name in ("train", "valid", "test"))
    )
    task = text_task(corpus, bptt=int(arrays["bptt"]))
    batch = int(arrays["batch"])
    for name, batches in [
        (
            "train",
            task.training_batches(batch, seed=0).take(task.steps_per_epoch(batch)),
        ),
        ("val", task.evaluation_batches("validation")),
        ("test", task.evaluation_batches("test")),
    ]:
        x, y = (
            np.concatenate(
                [
                    batch[part][batch[2] > 0].reshape(len(batch[0]), -1)
                    for batch in listed(batches)
                ],
                axis=1,
            )
            for part in (0, 1)
        )
        np.testing.assert_array_equal(x.T, arrays[f"{name}_batched"][:-1])
        np.testing.assert_array_equal(y.T, arrays[f"{name}_batched"][1:])


def test_all_epochs_are_equal_whatever_the_seed():  # Row 30
    task = text_task(corpus_of((100, 20, 20)), bptt=7)
    steps = task.steps_per_epoch(4)
    first = listed(task.training_batches(4, seed=1).take(2 * steps))
    assert_equal(first[:steps], first[steps:])
    resumed = listed(task.training_batches(4, seed=2, start_epoch=5).take(steps))
    assert_equal(resumed, first[:steps])


def test_shapes_are_static_and_training_is_endless():
    task = text_task(corpus_of((100, 40, 40)), bptt=7)
    training = task.training_batches(4, seed=0)
    assert training.cardinality() == tf.data.INFINITE_CARDINALITY
    evaluation = task.evaluation_batches("validation")
    assert evaluation.cardinality() == 1
    for batches, columns in ((training, 4), (evaluation, 10)):
        assert [part.shape for part in batches.element_spec] == [(columns, 7)] * 3


@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_evaluation_is_the_mean_over_all_predictions(split):  # Row 31, Q14
    # Twelve rows and chunks of four: the last chunk has three steps.
    task = text_task(corpus_of((40, 123, 129)), bptt=4)
    assert task.rows(split) == 12
    width = task.vocabulary_size
    model = keras.Sequential([keras.layers.Embedding(width, width)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile("sgd", loss=loss, weighted_metrics=[accuracy])
    model.build((None, 4))
    logits = np.random.default_rng(0).normal(size=(width, width))
    model.set_weights([logits])
    result = model.evaluate(task.evaluation_batches(split), verbose=0, return_dict=True)

    rows = batchify(getattr(task.corpus, split), 10)
    inputs, targets = rows[:-1].ravel(), rows[1:].ravel()
    lost = np.log(np.exp(logits).sum(-1))[inputs] - logits[inputs, targets]
    # Float32 means of 110 numbers.
    assert result["loss"] == pytest.approx(lost.mean(), rel=1e-6)
    right = logits[inputs].argmax(-1) == targets
    assert result["accuracy"] == pytest.approx(right.mean(), rel=1e-6)
    # The published programs divide by one row more.
    literal = result["loss"] * (task.rows(split) - 1) / task.rows(split)
    assert literal == pytest.approx(lost.sum() / rows.size, rel=1e-6)


def test_evaluation_has_ten_columns_unless_told_otherwise():  # Row 31
    task = text_task(corpus_of((40, 61, 43)), bptt=3)
    for x, _, _ in task.evaluation_batches("validation"):
        assert x.shape == (10, 3)
    for x, _, _ in task.evaluation_batches("test", 5):
        assert x.shape == (5, 3)


def test_trivial_loss_is_the_entropy_of_the_training_text():
    task = text_task(Corpus.from_texts("a a b", "c", "a"), bptt=2)  # a a b eos
    assert task.trivial_loss == pytest.approx(
        -(0.5 * np.log(0.5) + 2 * 0.25 * np.log(0.25)), rel=1e-12
    )


def test_the_task_says_what_it_is():
    task = text_task(corpus_of((40, 20, 20)), bptt=9, name="toy")
    assert isinstance(task, SequenceTask)
    assert (task.name, task.length, task.per_step) == ("toy", 9, True)
    assert task.vocabulary_size == task.input_width == task.output_width == 8
    assert task.classification
    assert task.stateful


def test_arguments_out_of_range_are_named():
    corpus = corpus_of((40, 20, 20))
    task = text_task(corpus, bptt=9)
    with pytest.raises(ValueError, match=r"Expected `bptt`.*bptt=0"):
        text_task(corpus, bptt=0)
    with pytest.raises(ValueError, match=r"Expected `batch_size`.*batch_size=0"):
        task.training_batches(0, seed=0)
    with pytest.raises(ValueError, match=r"Expected `columns` of at most 20.*=21"):
        task.steps_per_epoch(21)
    with pytest.raises(ValueError, match=r"Expected `seed`.*seed=-1"):
        task.training_batches(2, seed=-1)
    with pytest.raises(ValueError, match=r"Expected `start_epoch`.*=-1"):
        task.training_batches(2, seed=0, start_epoch=-1)
    with pytest.raises(ValueError, match=r"Expected `split`.*split='train'"):
        task.evaluation_batches("train")
