import hashlib

import numpy as np
import pytest

from keras_nonnormal.datasets import (
    _network,
    mnist_order_and_split,
    permutation,
    psmnist_task,
    sequential_mnist,
    split_mnist_task,
)


@pytest.fixture
def stub(monkeypatch):
    """Twenty training and four test digits of noise in place of the real ones."""
    generator = np.random.default_rng(0)
    digits = tuple(
        (
            generator.integers(0, 256, (count, 28, 28), dtype=np.uint8),
            generator.integers(0, 10, count, dtype=np.uint8),
        )
        for count in (20, 4)
    )
    monkeypatch.setattr("keras_nonnormal.datasets.mnist.load_digits", lambda: digits)
    return digits


def sha256(indices):
    return hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest()


def test_order_and_split_are_the_published_ones(golden):  # Row 28
    arrays = golden("nnrnn/task_mnist_split")
    order, train, validation = mnist_order_and_split()
    np.testing.assert_array_equal(order, arrays["order"])
    for name, indices in (("train", train), ("val", validation)):
        first, last = arrays[f"{name}_first"], arrays[f"{name}_last"]
        np.testing.assert_array_equal(indices[: len(first)], first)
        np.testing.assert_array_equal(indices[-len(last) :], last)
    assert sha256(order) == arrays["sha256_order_int64"]
    assert sha256(np.concatenate([train, validation])) == arrays["sha256_R_int64"]


def test_the_other_published_order_is_that_of_its_seed(golden):  # Row 28
    order, _, _ = mnist_order_and_split(92916)
    expected = golden("nnrnn/task_mnist_split")["exprnn_repo_order"]
    np.testing.assert_array_equal(order, expected)


def test_order_and_split_of_the_gamma_program_are_the_published_ones(
    golden,
):  # Row A16
    arrays = golden("gamma/init_and_split")
    seed = int(arrays["seed"])
    order, train, validation = mnist_order_and_split(seed)
    np.testing.assert_array_equal(order, arrays["order"])
    for indices, name in ((train, "split_first100"), (validation, "val_first10")):
        expected = arrays[name]
        np.testing.assert_array_equal(indices[: len(expected)], expected)
    order, train, _ = mnist_order_and_split(seed, permute=False)
    np.testing.assert_array_equal(order, np.arange(784))
    expected = arrays["split_first100_unpermuted"]
    np.testing.assert_array_equal(train[: len(expected)], expected)


@pytest.mark.parametrize("seed", [0, 7, 1234])
def test_the_split_has_every_digit_once_and_the_order_every_pixel(seed):
    order, train, validation = mnist_order_and_split(seed, digits=50, validation=9)
    np.testing.assert_array_equal(np.sort(order), np.arange(784))
    np.testing.assert_array_equal(
        np.sort(np.concatenate([train, validation])), np.arange(50)
    )
    assert len(validation) == 9
    np.testing.assert_array_equal(order, permutation(seed))


@pytest.mark.parametrize("permute", [True, False])
def test_the_same_digits_are_held_out_whether_permuted_or_not(stub, permute):  # Q10
    (images, labels), (test_images, test_labels) = stub
    order, train, validation = mnist_order_and_split(3, digits=20, validation=6)
    order = order if permute else np.arange(784)
    splits = split_mnist_task(permute=permute, seed=3, validation=6).splits
    for part, source, sought, rows in [
        (splits.train, images, labels, train),
        (splits.validation, images, labels, validation),
        (splits.test, test_images, test_labels, np.arange(4)),
    ]:
        np.testing.assert_array_equal(
            part.inputs, source.reshape(-1, 784)[rows][:, order]
        )
        np.testing.assert_array_equal(part.targets, sought[rows])


@pytest.mark.parametrize("permute", [True, False])
def test_the_gamma_program_holds_others_out_if_not_permuted(stub, permute):  # Row A16
    images, labels = stub[0]
    order, train, validation = mnist_order_and_split(
        3, digits=20, validation=6, permute=permute
    )
    splits = split_mnist_task(
        permute=permute, seed=3, validation=6, one_split=False
    ).splits
    for part, rows in ((splits.train, train), (splits.validation, validation)):
        np.testing.assert_array_equal(part.targets, labels[rows])
        np.testing.assert_array_equal(
            part.inputs, images.reshape(-1, 784)[rows][:, order]
        )
    as_before = split_mnist_task(permute=permute, seed=3, validation=6).splits
    same = np.array_equal(as_before.train.inputs, splits.train.inputs)
    assert same is permute


def test_no_digit_changes_its_place_between_epochs_unless_shuffled(stub):  # Q22
    def labels(seed, **options):
        task = split_mnist_task(validation=6, **options)
        batches = task.training_batches(7, seed=seed, start_epoch=seed).take(4)
        return task, np.stack([y for _, y in batches.as_numpy_iterator()])

    task, in_order = labels(1)
    assert task.steps_per_epoch(7) == 2
    np.testing.assert_array_equal(in_order[:2].ravel(), task.splits.train.targets)
    np.testing.assert_array_equal(in_order[2:], in_order[:2])
    np.testing.assert_array_equal(labels(2)[1], in_order)
    _, shuffled = labels(1, shuffle=True)
    assert (shuffled[:2] != shuffled[2:]).any()


def test_an_epoch_of_the_real_digits_has_five_hundred_batches(data_folder, monkeypatch):
    monkeypatch.setattr(_network, "why_unreachable", pytest.fail)
    task = split_mnist_task()
    assert task.steps_per_epoch(100) == 500
    assert len(task.splits.validation) == 10_000
    _, train, validation = mnist_order_and_split()
    stored = sequential_mnist(permute=False, validation=0).train
    np.testing.assert_array_equal(task.splits.train.targets, stored.targets[train])
    held_out = stored.inputs[validation[17]]
    np.testing.assert_array_equal(
        task.splits.validation.inputs[17], held_out[permutation(1234)]
    )


def test_validation_of_size_zero_is_the_test_split(stub):
    splits = split_mnist_task(validation=0).splits
    assert splits.validation is splits.test
    assert len(splits.train) == 20


def test_the_task_says_what_psmnist_says(stub):
    for permute, name in ((True, "psmnist"), (False, "smnist")):
        task = split_mnist_task(permute=permute, validation=6)
        other = psmnist_task(permute=permute, validation=6)
        assert task.name == other.name == name
        assert (task.length, task.input_width, task.output_width) == (784, 1, 10)
        assert (task.per_step, task.trivial_loss) == (False, other.trivial_loss)
        assert task.classification
        assert (task.shuffle, other.shuffle) == (False, True)


@pytest.mark.parametrize(
    ("argument", "value"), [("seed", -1), ("seed", 2**32), ("validation", 20)]
)
def test_arguments_out_of_range_are_named(stub, argument, value):
    with pytest.raises(ValueError, match=rf"Expected `{argument}`.*{argument}={value}"):
        split_mnist_task(**{argument: value})
