import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal.datasets import (
    StreamTask,
    addition_stream_task,
    copying_stream_task,
)
from keras_nonnormal.datasets.stream_task import integers


def numbers_task(updates_per_epoch=7):
    """Four integers below a million per sequence."""

    def draw(seed, updates, batch_size):
        x = integers(seed, 0, (updates, batch_size, 4), 0, 1_000_000)
        return x, x[..., :1]

    return StreamTask(
        name="numbers",
        draw=draw,
        updates_per_epoch=updates_per_epoch,
        input_width=4,
        output_width=1,
        per_step=False,
        length=1,
        trivial_loss=1.0,
    )


def drawn(task, updates, batch_size=100, **options):
    batches = task.training_batches(batch_size, **{"seed": 3, **options})
    return np.stack([x for x, *_ in batches.take(updates).as_numpy_iterator()])


def test_no_update_repeats_another():
    updates = drawn(numbers_task(), 40)
    # 16000 of 10^24 rows of four numbers.
    rows = updates.reshape(-1, 4)
    assert len(np.unique(rows, axis=0)) == len(rows)


# 512 // 100 = 5 updates are drawn at once, so epochs of 7 begin within a block.
@pytest.mark.parametrize("start_epoch", [1, 2, 5])
def test_a_run_resumed_at_an_epoch_sees_what_the_unbroken_run_saw(start_epoch):
    task = numbers_task(updates_per_epoch=7)
    unbroken = drawn(task, 7 * 6)
    resumed = drawn(task, 7, start_epoch=start_epoch)
    np.testing.assert_array_equal(
        resumed, unbroken[7 * start_epoch : 7 * start_epoch + 7]
    )


def test_the_draws_do_not_depend_on_what_is_called_an_epoch():
    np.testing.assert_array_equal(
        drawn(numbers_task(7), 6, start_epoch=2),
        drawn(numbers_task(2), 6, start_epoch=7),
    )


def test_the_draws_depend_on_the_seed_alone():
    task = numbers_task()
    first = drawn(task, 3)
    assert (first != drawn(task, 3, seed=4)).any()
    tf.random.set_seed(99)
    np.testing.assert_array_equal(drawn(task, 3), first)


def test_the_draws_of_a_seed_are_the_same_for_ever():
    # A change of these numbers breaks the resumption of runs of earlier versions.
    np.testing.assert_array_equal(
        drawn(numbers_task(), 2, batch_size=1, start_epoch=100)[:, 0],
        [[87302, 911740, 76422, 716223], [417185, 385255, 294469, 956211]],
    )


def test_an_epoch_is_as_long_as_one_likes():
    assert numbers_task(7).steps_per_epoch(10) == 7
    assert numbers_task(1500).steps_per_epoch(128) == 1500


@pytest.mark.parametrize(
    "task",
    [
        copying_stream_task(5, symbols=3),
        copying_stream_task(5, symbols=3, vary_delay=True),
        addition_stream_task(10),
    ],
)
@pytest.mark.parametrize("batch_size", [3, 600])
def test_batches_are_endless_and_of_static_shape(task, batch_size):
    batches = task.training_batches(batch_size, seed=0)
    assert batches.cardinality() == tf.data.INFINITE_CARDINALITY
    x = batches.element_spec[0]
    assert x == tf.TensorSpec((batch_size, task.length, task.input_width), tf.float32)
    assert all(part.shape.is_fully_defined() for part in batches.element_spec)


def test_a_stream_has_nothing_to_evaluate_on():
    task = numbers_task()
    assert task.evaluation_batches("validation") is None
    assert task.evaluation_batches("test", 10) is None
    with pytest.raises(ValueError, match="Expected `split`"):
        task.evaluation_batches("train")


@pytest.mark.parametrize(
    ("argument", "value"),
    [("batch_size", 0), ("seed", -1), ("seed", 2**63), ("start_epoch", -1)],
)
def test_arguments_out_of_range_are_named(argument, value):
    arguments = {"batch_size": 5, "seed": 0, argument: value}
    with pytest.raises(ValueError, match=rf"Expected `{argument}`.*{argument}={value}"):
        numbers_task().training_batches(**arguments)


def test_an_epoch_without_updates_is_refused():
    with pytest.raises(ValueError, match=r"Expected `updates_per_epoch`.*=0"):
        numbers_task(0)
