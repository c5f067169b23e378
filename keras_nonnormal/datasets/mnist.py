"""Sequential MNIST: a digit read one pixel at a time, in order or permuted."""

import math

import numpy as np

from keras_nonnormal.datasets._digits import load_digits
from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.task import Task

PIXELS = 28 * 28
CLASSES = 10
TRIVIAL_LOSS = math.log(CLASSES)


def psmnist_task(
    *, permute: bool = True, permutation_seed: int = 0, validation: int = 10_000
) -> Task:
    """Permuted sequential MNIST, ready for training.

    Encoded inputs are the pixels as steps, float32 in [0, 1] of shape
    `(batch, 784, 1)`; targets are the digits, int32 of shape `(batch,)`.

    Args:
        permute: Whether to shuffle the pixels, by one fixed permutation. Without it
            the task is named `"smnist"`.
        permutation_seed: Seed of the permutation, 0 to 2^32 - 1.
        validation: Number of training digits to hold out. 0 validates on the test
            split, as the published experiments do.

    Returns:
        A `Task` with one target after the last step. Its trivial loss is the
        cross-entropy of ten equally likely classes, log(10) = 2.3026.

    Raises:
        DatasetError: If the digits are missing, damaged, or out of reach.
        ValueError: If an argument is out of range.
    """
    splits = sequential_mnist(
        permute=permute, permutation_seed=permutation_seed, validation=validation
    )
    return task_of_digits(splits, permute=permute)


def sequential_mnist(
    *, permute: bool = True, permutation_seed: int = 0, validation: int = 10_000
) -> Splits:
    """Loads the MNIST digits as sequences of pixels.

    An image is read row by row. With `permute`, step `k` shows pixel `p[k]` of that
    order, where `p = permutation(permutation_seed)` is the same for all splits.

    With the environment variable `KERAS_NONNORMAL_DATA` set, the four published idx
    files are read from the folder `mnist` in there (gzipped or unpacked), their
    checksums are verified, and the network is never touched. Otherwise the digits
    come through tensorflow-datasets, which orders the training digits differently, so
    that other ones are held out.

    Args:
        permute: Whether to shuffle the pixels.
        permutation_seed: Seed of the permutation, 0 to 2^32 - 1.
        validation: How many of the last training digits to hold out for validation;
            0 keeps them all and reuses the test split.

    Returns:
        `Splits` of `Examples`: `inputs` is uint8 of shape `(examples, 784)`, 0 is
        background and 255 ink; `targets` is uint8 of shape `(examples,)`.

    Raises:
        DatasetError: If the digits are missing, damaged, or out of reach.
        ValueError: If an argument is out of range.

    Reference:
        - [Le, Jaitly and Hinton, 2015](https://arxiv.org/abs/1504.00941), section 4.3
        - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715), section 2.3
    """
    check_integer("validation", validation, minimum=0)
    order = permutation(permutation_seed) if permute else np.arange(PIXELS)
    train, test = pixel_sequences(order)
    if not validation:
        return Splits(train, validation=test, test=test)
    kept = len(train) - validation
    check_integer("validation", validation, minimum=0, maximum=len(train) - 1)
    return Splits(
        train=Examples(train.inputs[:kept], train.targets[:kept]),
        validation=Examples(train.inputs[kept:], train.targets[kept:]),
        test=test,
    )


def permutation(seed: int) -> np.ndarray:
    """The order of the 784 pixels that belongs to a seed.

    It is the first draw of NumPy's legacy generator after seeding, as in the published
    program (which draws it from the seed of the run, so that every run there has a
    permutation of its own).

    Args:
        seed: Integer, 0 to 2^32 - 1.

    Returns:
        Integer array of shape `(784,)`.

    Raises:
        ValueError: If the seed is out of range.
    """
    check_integer("permutation_seed", seed, minimum=0, maximum=2**32 - 1)
    return np.random.RandomState(seed).permutation(PIXELS)


def pixel_sequences(order: np.ndarray) -> tuple[Examples, Examples]:
    """All training and all test digits, with the pixels in the given order."""
    train, test = (
        Examples(images.reshape(-1, PIXELS)[:, order], labels)
        for images, labels in load_digits()
    )
    return train, test


def task_of_digits(splits: Splits, *, permute: bool, shuffle: bool = True) -> Task:
    """The task of naming digits that are given as sequences of pixels."""
    return Task(
        name="psmnist" if permute else "smnist",
        splits=splits,
        encode=encode_mnist,
        shuffle=shuffle,
        input_width=1,
        output_width=CLASSES,
        per_step=False,
        length=PIXELS,
        trivial_loss=TRIVIAL_LOSS,
    )


def encode_mnist(inputs, targets):
    """Encodes a batch of digits for a network.

    Args:
        inputs: uint8 tensor of shape `(batch, 784)`.
        targets: Integer tensor of shape `(batch,)`.

    Returns:
        float32 inputs in [0, 1] of shape `(batch, 784, 1)`, and int32 targets.
    """
    import tensorflow as tf

    pixels = tf.cast(inputs, tf.float32)[..., tf.newaxis] / 255.0
    return pixels, tf.cast(targets, tf.int32)
