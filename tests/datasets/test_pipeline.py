import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.datasets import (
    Examples,
    addition_task,
    copying_task,
    evaluation_batches,
    training_batches,
)


def numbered(rows):
    """Examples whose inputs and targets are their own numbers."""
    numbers = np.arange(rows, dtype=np.int32)
    return Examples(numbers[:, None], numbers)


def as_stored(inputs, targets):
    return inputs, targets


def epochs(rows, batch_size, count, **options):
    """Row numbers drawn in `count` epochs, shape (count, batches, batch_size)."""
    batches = training_batches(
        numbered(rows), batch_size, **{"seed": 0, "encode": as_stored, **options}
    )
    steps = rows // batch_size
    drawn = [targets for _, targets in batches.take(count * steps).as_numpy_iterator()]
    return np.reshape(drawn, (count, steps, batch_size))


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(1, 1500), data=st.data(), seed=st.integers(0, 2**63 - 1))
def test_an_epoch_shows_no_row_twice(rows, data, seed):
    batch_size = data.draw(st.integers(max(1, rows // 50), rows))
    for epoch in epochs(rows, batch_size, 2, seed=seed):
        assert len(np.unique(epoch)) == epoch.size
        assert epoch.size > rows - batch_size
        assert epoch.min() >= 0
        assert epoch.max() < rows


def test_epochs_differ_in_order_and_in_the_rows_left_over():
    first, second, third = epochs(1003, 100, 3)
    assert (first != second).any()
    assert (second != third).any()
    assert set(first.ravel()) != set(second.ravel())


def test_every_row_is_as_likely_to_come_first_as_any_other():
    first = epochs(8, 8, 2000)[:, 0, 0]
    # 2000 draws: a count has standard deviation 15 around 250.
    np.testing.assert_allclose(np.bincount(first, minlength=8), 250, atol=75)


def test_a_run_resumed_at_an_epoch_sees_what_the_unbroken_run_saw():
    unbroken = epochs(1003, 10, 5, seed=3)
    resumed = epochs(1003, 10, 2, seed=3, start_epoch=3)
    np.testing.assert_array_equal(resumed, unbroken[3:])


def test_the_order_depends_on_the_seed_alone():
    np.testing.assert_array_equal(epochs(300, 10, 2), epochs(300, 10, 2))
    assert (epochs(300, 10, 2) != epochs(300, 10, 2, seed=1)).any()
    tf.random.set_seed(99)
    after_seeding = epochs(300, 10, 1)
    tf.random.set_seed(100)
    np.testing.assert_array_equal(after_seeding, epochs(300, 10, 1))


def test_the_order_of_a_seed_is_the_same_for_ever():
    # A change of these numbers breaks the resumption of runs of earlier versions.
    np.testing.assert_array_equal(
        epochs(10, 5, 1, seed=7, start_epoch=2)[0], [[6, 0, 3, 9, 4], [8, 7, 5, 1, 2]]
    )


def test_batches_of_the_copy_task_are_encoded_rows():
    task = copying_task(30, train=50, validation=1, test=1)
    train = task.splits.train
    batches = training_batches(train, 8, seed=0, encode=task.encode)
    rows = map(bytes, train.inputs)
    stored = dict(zip(rows, train.targets, strict=True))
    for x, y in batches.take(20).as_numpy_iterator():
        assert x.dtype == np.float32
        assert y.dtype == np.int32
        for symbols, target in zip(x.argmax(axis=-1).astype(np.uint8), y, strict=True):
            np.testing.assert_array_equal(stored[bytes(symbols)], target)


def test_nested_inputs_stay_together():
    task = addition_task(20, train=64, validation=1, test=1)
    batches = training_batches(task.splits.train, 8, seed=0, encode=task.encode)
    for x, y in batches.take(16).as_numpy_iterator():
        np.testing.assert_array_equal((x[..., 0] * x[..., 1]).sum(axis=1), y[:, 0])


def test_training_batches_are_endless_and_of_static_shape():
    task = addition_task(20, train=64, validation=1, test=1)
    batches = training_batches(task.splits.train, 8, seed=0, encode=task.encode)
    assert batches.cardinality() == tf.data.INFINITE_CARDINALITY
    x, y = batches.element_spec
    assert x == tf.TensorSpec((8, 20, 2), tf.float32)
    assert y == tf.TensorSpec((8, 1), tf.float32)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 51, 1000])
def test_evaluation_is_one_ordered_pass_with_the_remainder(batch_size):
    batches = evaluation_batches(numbered(50), batch_size, encode=as_stored)
    assert batches.cardinality() == -(-50 // batch_size)
    for _ in range(2):
        drawn = [targets for _, targets in batches.as_numpy_iterator()]
        assert all(len(batch) == batch_size for batch in drawn[:-1])
        np.testing.assert_array_equal(np.concatenate(drawn), np.arange(50))


def test_evaluation_encodes():
    task = copying_task(30, train=1, validation=11, test=1)
    validation = task.splits.validation
    batches = evaluation_batches(validation, 4, encode=task.encode)
    x = np.concatenate([x for x, _ in batches.as_numpy_iterator()])
    np.testing.assert_array_equal(x.argmax(axis=-1), validation.inputs)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 11),
        ("batch_size", 2.0),
        ("seed", -1),
        ("seed", 2**63),
        ("start_epoch", -1),
    ],
)
def test_arguments_out_of_range_are_named(argument, value):
    arguments = {"batch_size": 5, "seed": 0, argument: value}
    with pytest.raises(ValueError, match=rf"Expected `{argument}`.*{argument}={value}"):
        training_batches(numbered(10), **arguments, encode=as_stored)


def test_examples_of_unequal_number_are_refused():
    with pytest.raises(ValueError, match=r"equal first dimension.*\[3, 3, 4\]"):
        Examples((np.zeros(3), np.zeros((3, 2))), np.zeros(4))


def test_with_replacement_an_epoch_is_drawn_from_all_rows():
    drawn = epochs(50, 10, 40, replacement=True)
    counts = np.bincount(drawn.ravel(), minlength=50)
    assert len(counts) == 50
    # 2,000 draws: a count has standard deviation 6.3 around 40.
    np.testing.assert_allclose(counts, 40, atol=30)
    assert len(np.unique(drawn[0])) < 50
    resumed = epochs(50, 10, 1, replacement=True, start_epoch=39)
    np.testing.assert_array_equal(resumed[0], drawn[39])


def test_large_examples_are_not_encoded_all_at_once(monkeypatch):
    sizes = []

    def encode(inputs, targets):
        tf.numpy_function(lambda a: sizes.append(len(a)), [inputs], [])
        return tf.zeros((tf.shape(inputs)[0], 2**18)), targets  # a MiB each

    batches = training_batches(numbered(300), 10, seed=0, encode=encode)
    drawn = np.concatenate([y for _, y in batches.take(30)])
    assert max(sizes) == 60  # of 64 MiB
    np.testing.assert_array_equal(drawn, epochs(300, 10, 1).ravel())


def test_only_the_first_epochs_are_augmented():
    def negate(seed, x, y):
        return x, -y - 1

    for start, signs in [(0, [1, 1, 0, 0]), (1, [1, 0, 0, 0])]:
        drawn = epochs(20, 5, 4, augment=negate, augmented_epochs=2, start_epoch=start)
        np.testing.assert_array_equal((drawn < 0).all(axis=(1, 2)), signs)
        np.testing.assert_array_equal((drawn < 0).any(axis=(1, 2)), signs)
    with pytest.raises(ValueError, match="Expected `augmented_epochs`"):
        epochs(20, 5, 1, augment=negate, augmented_epochs=-1)
