"""The copy task: remember ten symbols over a long blank and repeat them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_nonnormal.datasets._draws import (
    check_integer,
    check_no_validation,
    draw_splits,
    legacy_stream,
)
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.task import Task

ALPHABET = 8  # the symbols are 1 to 8, the delimiter is 9
BLANK = 0
INPUT_WIDTH = 10  # with blank and delimiter
TARGET_WIDTH = 9


def copying_task(
    length: int = 500,
    *,
    train: int = 60_000,
    validation: int = 10_000,
    test: int = 10_000,
    seed: int = 0,
    symbols: int = 10,
    legacy: bool = False,
) -> Task:
    """The copy task, ready for training.

    Encoded inputs are one-hot, float32 of shape `(batch, length, 10)`; targets are
    class numbers, int32 of shape `(batch, length)`. Both widths are fixed, however
    few symbols a small sample may contain.

    Args:
        length: Time steps per sequence, at least `2 * symbols + 1`.
        train: Number of training sequences.
        validation: Number of validation sequences. 0 validates on the test split, as
            the published experiments do.
        test: Number of test sequences.
        seed: Non-negative integer.
        symbols: How many symbols to remember.
        legacy: Draw the published data of this seed (see `copying_legacy`); needs
            `validation=0` and `symbols=10`.

    Returns:
        A `Task` with targets at every step.

    Raises:
        ValueError: If `length` is too short or a size is out of range.

    Example:

    >>> task = copying_task(length=220, train=1000, validation=100, test=100)
    >>> round(task.trivial_loss, 4), round(task.success_loss, 4)
    (0.0945, 0.0473)
    """
    if legacy:
        check_no_validation(validation)
        if symbols != 10:
            raise ValueError(
                "Expected `symbols=10` with `legacy=True`. "
                f"Received: symbols={symbols!r}"
            )
        splits = copying_legacy(length, train=train, test=test, seed=seed)
    else:
        splits = copying(
            length,
            train=train,
            validation=validation,
            test=test,
            seed=seed,
            symbols=symbols,
        )
    return Task(
        name="copy",
        splits=splits,
        encode=encode_copying,
        input_width=INPUT_WIDTH,
        output_width=TARGET_WIDTH,
        per_step=True,
        length=length,
        trivial_loss=copying_trivial_loss(length, symbols),
        recall_steps=symbols,
    )


def copying(
    length: int = 500,
    *,
    train: int = 60_000,
    validation: int = 10_000,
    test: int = 10_000,
    seed: int = 0,
    symbols: int = 10,
) -> Splits:
    """Draws sequences of the copy task.

    With `L = symbols` and `T = length`, an input starts with `L` symbols drawn
    uniformly from 1 to 8, holds the delimiter 9 at step `T - L - 1`, and is blank (0)
    elsewhere. Its target is blank until the last `L` steps, which repeat the symbols
    in order: each has to be kept for `T - L` steps.

    Args:
        length: Time steps per sequence, at least `2 * symbols + 1`.
        train: Number of training sequences.
        validation: Number of validation sequences; 0 reuses the test split.
        test: Number of test sequences.
        seed: Non-negative integer. The splits come from independent streams.
        symbols: How many symbols to remember.

    Returns:
        `Splits` of `Examples`: `inputs` and `targets` are uint8 class numbers of
        shape `(examples, length)`.

    Raises:
        ValueError: If `length` is too short or a size is out of range.

    Reference:
        - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
        - [Arjovsky, Shah and Bengio, 2016](https://arxiv.org/abs/1511.06464), section 5
        - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715), section 2.3
    """
    _check_length(length, symbols)

    def draw(generator, count):
        shape = (count, symbols)
        return lay_out(
            generator.integers(1, ALPHABET + 1, shape, dtype=np.uint8), length
        )

    return draw_splits(draw, train=train, validation=validation, test=test, seed=seed)


def copying_legacy(
    length: int = 500, *, train: int = 60_000, test: int = 10_000, seed: int = 0
) -> Splits:
    """Draws the very sequences that the published program draws from a seed.

    That program seeds NumPy's global generator, draws the training symbols, then the
    test symbols, and validates on the test sequences. No global state is touched here.

    Args:
        length: Time steps per sequence, at least 21.
        train: Number of training sequences.
        test: Number of test sequences.
        seed: Integer, 0 to 2^32 - 1.

    Returns:
        `Splits` as from `copying`, where `validation` is `test`.

    Raises:
        ValueError: If `length` is too short or a size is out of range.
    """
    _check_length(length, symbols=10)
    stream = legacy_stream(seed, train=train, test=test)
    train_split, test_split = (
        lay_out(stream.randint(1, ALPHABET + 1, (count, 10)), length)
        for count in (train, test)
    )
    return Splits(train=train_split, validation=test_split, test=test_split)


def copying_trivial_loss(
    length: int, symbols: int = 10, labels: int = ALPHABET
) -> float:
    """Cross-entropy, in nats per step, of a network that remembers nothing.

    It predicts the blank wherever it is due and guesses uniformly among the labels
    at the recall: `symbols * log(labels) / length`.

    Args:
        length: Time steps per sequence.
        symbols: How many symbols there are to remember.
        labels: How many different symbols there are.

    Returns:
        The loss averaged over all steps, 0.0416 at length 500.
    """
    _check_length(length, symbols)
    check_integer("labels", labels, minimum=1)
    return symbols * math.log(labels) / length


def encode_copying(inputs, targets, width: int = INPUT_WIDTH):
    """Encodes a batch of the copy task for a network.

    Args:
        inputs: Class numbers 0 to `width - 1`, integer tensor of shape
            `(batch, length)`.
        targets: Class numbers 0 to `width - 2`, integer tensor of shape
            `(batch, length)`.
        width: How many classes of inputs there are.

    Returns:
        One-hot float32 inputs of shape `(batch, length, width)` and int32 targets of
        shape `(batch, length)`.
    """
    import tensorflow as tf

    return tf.one_hot(inputs, width), tf.cast(targets, tf.int32)


def lay_out(symbols: np.ndarray, length: int, labels: int = ALPHABET) -> Examples:
    """Makes sequences of the symbols to remember.

    Args:
        symbols: Integers 1 to `labels`, of shape `(examples, symbols)`.
        length: Time steps per sequence.
        labels: How many different symbols there are; the delimiter comes after them.

    Returns:
        `Examples` of uint8 class numbers of shape `(examples, length)`.
    """
    count = symbols.shape[1]
    marks = np.broadcast_to([BLANK, labels + 1], (len(symbols), 2))
    palette = np.concatenate([symbols, marks], axis=1).astype(np.uint8)
    delay = length - 2 * count
    inputs, targets = layout(np.arange(length), delay, count, where=np.where)
    return Examples(palette[:, inputs], palette[:, targets])


def layout(steps: Any, delay: Any, symbols: int, *, where: Callable[..., Any]):
    """Inputs and targets of each step, as indices into a palette.

    A palette is a row of the symbols to remember, the blank, and the delimiter. The
    delimiter comes one step before the recall, whatever follows the recall is blank.

    Args:
        steps: The numbers of the steps.
        delay: Steps between the symbols and their recall, the delimiter's included.
            Broadcasts with `steps`.
        symbols: How many symbols there are to remember.
        where: `np.where`, or `tf.where` for tensors.

    Returns:
        A tuple `(inputs, targets)` of integers, 0 to `symbols + 1`.
    """
    blank, delimiter = symbols, symbols + 1
    recalled = steps - delay - symbols
    inputs = where(steps < symbols, steps, blank)
    inputs = where(recalled == -1, delimiter, inputs)
    targets = where((recalled >= 0) & (recalled < symbols), recalled, blank)
    return inputs, targets


def _check_length(length, symbols):
    check_integer("symbols", symbols, minimum=1)
    check_integer("length", length, minimum=1)
    if length < 2 * symbols + 1:
        raise ValueError(
            f"Expected `length` of at least {2 * symbols + 1} to hold {symbols} "
            f"symbols, the delimiter and the recall. Received: length={length}"
        )
