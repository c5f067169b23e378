"""The addition task: remember two marked numbers and report their sum."""

from typing import Any, NamedTuple

import numpy as np

from keras_nonnormal.datasets._draws import (
    check_integer,
    check_no_validation,
    draw_splits,
    legacy_stream,
)
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.task import Task

TRIVIAL_LOSS = 1 / 6  # variance of the sum of two uniform numbers


class MarkedValues(NamedTuple):
    """Inputs of the addition task as they are stored, half the size of the encoded.

    `values` holds numbers in [0, 1), float32 of shape `(examples, length)`; `marked`
    holds the positions to be added, int32 of shape `(examples, marks)`, two here.
    """

    values: Any
    marked: Any


def addition_task(
    length: int = 750,
    *,
    train: int = 60_000,
    validation: int = 10_000,
    test: int = 10_000,
    seed: int = 0,
    legacy: bool = False,
) -> Task:
    """The addition task, ready for training.

    Encoded inputs are float32 of shape `(batch, length, 2)`: channel 0 is the
    indicator, 1 at the two marked steps, and channel 1 the value. Targets are float32
    of shape `(batch, 1)`. (The paper's text names the channels the other way round;
    its program feeds them in this order.)

    Args:
        length: Time steps per sequence, at least 2.
        train: Number of training sequences.
        validation: Number of validation sequences. 0 validates on the test split, as
            the published experiments do.
        test: Number of test sequences.
        seed: Non-negative integer.
        legacy: Draw the published data of this seed (see `addition_legacy`); needs
            `validation=0`.

    Returns:
        A `Task` with one target after the last step. Its trivial loss is the mean
        squared error of always answering 1, which is 1/6.

    Raises:
        ValueError: If a size is out of range.

    Example:

    >>> task = addition_task(length=100, train=1000, validation=100, test=100)
    >>> task.splits.train.inputs.values.shape
    (1000, 100)
    """
    if legacy:
        check_no_validation(validation)
        splits = addition_legacy(length, train=train, test=test, seed=seed)
    else:
        splits = addition(
            length, train=train, validation=validation, test=test, seed=seed
        )
    return Task(
        name="addition",
        splits=splits,
        encode=encode_addition,
        input_width=2,
        output_width=1,
        per_step=False,
        length=length,
        trivial_loss=TRIVIAL_LOSS,
    )


def addition(
    length: int = 750,
    *,
    train: int = 60_000,
    validation: int = 10_000,
    test: int = 10_000,
    seed: int = 0,
) -> Splits:
    """Draws sequences of the addition task.

    Values are uniform on [0, 1). One position is marked uniformly in the first half
    of the sequence, steps `0` to `length // 2 - 1`, and one in the rest. The target is
    the sum of the two values.

    Args:
        length: Time steps per sequence, at least 2.
        train: Number of training sequences.
        validation: Number of validation sequences; 0 reuses the test split.
        test: Number of test sequences.
        seed: Non-negative integer. The splits come from independent streams.

    Returns:
        `Splits` of `Examples`: `inputs` is a `MarkedValues`, `targets` is float32 of
        shape `(examples, 1)`.

    Raises:
        ValueError: If a size is out of range.

    Reference:
        - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
        - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715), section 2.3
    """
    check_integer("length", length, minimum=2)

    def draw(generator, count):
        values = generator.random((count, length), dtype=np.float32)
        first = generator.integers(0, length // 2, count)
        second = generator.integers(length // 2, length, count)
        return marked_examples(values, np.stack([first, second], axis=1))

    return draw_splits(draw, train=train, validation=validation, test=test, seed=seed)


def addition_legacy(
    length: int = 750, *, train: int = 60_000, test: int = 10_000, seed: int = 0
) -> Splits:
    """Draws the very sequences that the published program draws from a seed.

    That program seeds NumPy's global generator, draws values, first and second
    positions for training, then the same for test, and validates on the test
    sequences. It computes in float64; the numbers are rounded to float32 here. No
    global state is touched.

    Args:
        length: Time steps per sequence, at least 2.
        train: Number of training sequences.
        test: Number of test sequences.
        seed: Integer, 0 to 2^32 - 1.

    Returns:
        `Splits` as from `addition`, where `validation` is `test`.

    Raises:
        ValueError: If a size is out of range.
    """
    check_integer("length", length, minimum=2)
    stream = legacy_stream(seed, train=train, test=test)

    def draw(count):
        values = stream.rand(count, length)
        first = stream.randint(0, length // 2, count)
        second = stream.randint(length // 2, length, count)
        return marked_examples(values, np.stack([first, second], axis=1))

    train_split, test_split = draw(train), draw(test)
    return Splits(train=train_split, validation=test_split, test=test_split)


def encode_addition(inputs, targets, value_first: bool = False):
    """Encodes a batch of the addition task for a network.

    Args:
        inputs: A `MarkedValues` of tensors of shapes `(batch, length)` and
            `(batch, marks)`.
        targets: float32 tensor of shape `(batch, 1)`.
        value_first: Whether the channels are (value, indicator), not
            (indicator, value).

    Returns:
        float32 inputs of shape `(batch, length, 2)`, and the targets as they are.
    """
    import tensorflow as tf

    values, marked = inputs
    indicator = tf.reduce_sum(tf.one_hot(marked, values.shape[1]), axis=1)
    # Three times faster than stacking along the last axis.
    channels = [values, indicator] if value_first else [indicator, values]
    channels = tf.stack(channels, axis=1)
    return tf.transpose(channels, (0, 2, 1)), targets


def marked_examples(values: np.ndarray, marked: np.ndarray) -> Examples:
    """Examples of the addition task, from values and the positions to be added.

    Args:
        values: Floats of shape `(examples, length)`.
        marked: Integers of shape `(examples, marks)`.
    """
    targets = np.take_along_axis(values, marked, axis=1).sum(axis=1, keepdims=True)
    inputs = MarkedValues(
        values.astype(np.float32, copy=False), marked.astype(np.int32)
    )
    return Examples(inputs, targets.astype(np.float32))
