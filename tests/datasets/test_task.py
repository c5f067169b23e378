import dataclasses

import numpy as np
import pytest

from keras_nonnormal.datasets import (
    SequenceTask,
    Task,
    addition_task,
    copying_task,
    evaluation_batches,
    training_batches,
)


@pytest.fixture(scope="module")
def task():
    return copying_task(30, train=103, validation=205, test=50)


def listed(batches):
    return [tuple(map(np.asarray, batch)) for batch in batches]


def assert_same(batches, others):
    for batch, other in zip(listed(batches), listed(others), strict=True):
        for array, expected in zip(batch, other, strict=True):
            np.testing.assert_array_equal(array, expected)


def test_training_batches_are_those_of_the_pipeline(task):
    own = task.training_batches(10, seed=4, start_epoch=2).take(15)
    expected = training_batches(
        task.splits.train, 10, seed=4, encode=task.encode, start_epoch=2
    )
    assert_same(own, expected.take(15))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_evaluation_goes_by_the_hundred_unless_told_otherwise(task, split):
    examples = getattr(task.splits, split)
    assert_same(
        task.evaluation_batches(split),
        evaluation_batches(examples, 100, encode=task.encode),
    )
    assert_same(
        task.evaluation_batches(split, 7),
        evaluation_batches(examples, 7, encode=task.encode),
    )


@pytest.mark.parametrize("split", ["train", "valid", None])
def test_splits_by_other_names_are_refused(task, split):
    with pytest.raises(ValueError, match=r"Expected `split`.*Received: split="):
        task.evaluation_batches(split)


def test_an_epoch_leaves_out_what_makes_no_batch(task):
    assert [task.steps_per_epoch(size) for size in (1, 10, 103)] == [103, 10, 1]


@pytest.mark.parametrize("batch_size", [0, 104])
def test_a_batch_that_no_epoch_can_fill_is_refused(task, batch_size):
    with pytest.raises(ValueError, match=r"Expected `batch_size`.*1 to 103"):
        task.steps_per_epoch(batch_size)


def test_a_task_knows_class_numbers_from_numbers(task):
    assert task.classification
    assert not addition_task(20, train=2, validation=1, test=1).classification


def test_the_accuracy_of_the_copy_task_is_about_the_recall():
    task = copying_task(30, train=2, validation=1, test=1, symbols=4)
    assert task.recall_steps == 4


def test_stored_examples_need_no_state_between_batches(task):
    assert isinstance(task, SequenceTask)
    assert isinstance(task, Task)
    assert not task.stateful


def test_epochs_of_a_task_that_is_not_shuffled_are_equal(task):
    ordered = dataclasses.replace(task, shuffle=False)
    batches = ordered.training_batches(50, seed=9, start_epoch=3)
    drawn = [y for _, y in listed(batches.take(4))]
    np.testing.assert_array_equal(drawn[0], task.splits.train.targets[:50])
    np.testing.assert_array_equal(drawn[1], task.splits.train.targets[50:100])
    np.testing.assert_array_equal(drawn[2:], drawn[:2])
