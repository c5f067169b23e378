import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal.datasets import (
    Corpus,
    Examples,
    Splits,
    Task,
    TokenCorruption,
    corrupted,
    text_task,
)

WORDS = [str(number) for number in range(100)]


@pytest.fixture(scope="module")
def task():
    generator = np.random.default_rng(0)
    texts = (" ".join(generator.choice(WORDS, 2000)) for _ in range(3))
    return text_task(Corpus.from_texts(*texts), bptt=50, repeat=2)


def epoch(task, number):
    steps = task.steps_per_epoch(4)
    batches = task.training_batches(4, seed=3, start_epoch=number).take(steps)
    return [np.concatenate(part) for part in zip(*batches, strict=True)]


def test_five_percent_of_the_inputs_are_replaced_in_the_first_two_epochs(task):
    # LSC row 53
    changed = corrupted(task)
    x, y, weights = epoch(task, 0)
    shown = []
    for number in range(3):
        tokens, *rest = epoch(changed, number)
        shown.append(tokens)
        np.testing.assert_array_equal(rest[0], y)
        np.testing.assert_array_equal(rest[1], weights)
    # 4,000 tokens: the share has a standard deviation of 0.0035.
    shares = [(tokens != x).mean() for tokens in shown]
    assert shares[:2] == pytest.approx([0.05, 0.05], abs=0.012)
    assert shares[2] == 0
    assert (shown[0] != shown[1]).any()
    assert 0 <= min(map(np.min, shown)) <= max(map(np.max, shown)) < task.input_width


def test_evaluations_are_not_corrupted(task):  # LSC row 53
    for split in ("validation", "test"):
        batches = corrupted(task, rate=1.0, epochs=None).evaluation_batches(split)
        for batch, clean in zip(batches, task.evaluation_batches(split), strict=True):
            for part, expected in zip(batch, clean, strict=True):
                np.testing.assert_array_equal(part, expected)


def test_a_resumed_run_sees_what_the_unbroken_one_saw(task):
    changed = corrupted(task, epochs=3)
    steps = task.steps_per_epoch(4)
    unbroken = changed.training_batches(4, seed=3).skip(steps).take(steps)
    np.testing.assert_array_equal(
        np.concatenate([x for x, _, _ in unbroken]), epoch(changed, 1)[0]
    )


def test_a_task_of_stored_tokens_can_be_corrupted_too():
    inputs = np.zeros((10, 30), np.int32)
    examples = Examples(inputs, np.zeros(10, np.int32))
    stored = Task(
        name="tokens",
        splits=Splits(examples, examples, examples),
        encode=lambda x, y: (x, y),
        input_width=1000,
        output_width=2,
        per_step=False,
        length=30,
        trivial_loss=1.0,
    )
    batches = corrupted(stored, rate=0.5, epochs=1).training_batches(5, seed=0)
    shares = [(x.numpy() != 0).mean() for x, _ in batches.take(4)]
    assert shares[:2] == pytest.approx([0.5, 0.5], abs=0.2)
    assert shares[2:] == [0, 0]


@pytest.mark.parametrize("options", [{"rate": 1.5}, {"rate": float("nan")}])
def test_a_rate_is_a_probability(task, options):
    with pytest.raises(ValueError, match="Expected a probability"):
        corrupted(task, **options)


def test_epochs_and_inputs_that_cannot_be_are_refused(task):
    with pytest.raises(ValueError, match="Expected `epochs`"):
        corrupted(task, epochs=-1)
    with pytest.raises(ValueError, match="Expected integer tokens"):
        TokenCorruption(rate=0.1, tokens=5)([0, 0], tf.zeros((2, 3)), None)
