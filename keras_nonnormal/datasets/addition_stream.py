"""The addition task with fresh numbers for every update."""

from collections.abc import Iterator

import numpy as np

from keras_nonnormal.datasets._draws import check_integer, seeded_stream
from keras_nonnormal.datasets.addition import (
    MarkedValues,
    encode_addition,
    marked_examples,
)
from keras_nonnormal.datasets.examples import Examples
from keras_nonnormal.datasets.stream_task import StreamTask, uniform


def addition_stream_task(
    length: int = 20, *, ones: int = 2, updates_per_epoch: int = 100
) -> StreamTask:
    """The addition task as a stream: every update has sequences of its own.

    Values are uniform on [0, 1). With `L = length` and `n = ones`, floor(n/2)
    different steps are marked among the first floor(L/2) and ceil(n/2) among the
    last floor(L/2), never the middle one of an odd length. The target is the sum of
    the marked values.

    Inputs are float32 of shape `(batch, length, 2)`: channel 0 is the value, channel 1
    the mark. (`addition_task` has them the other way round, as its paper's program
    does.) Targets are float32 of shape `(batch, 1)`.

    Args:
        length: Time steps per sequence, at least 2.
        ones: How many steps are marked, at least 1.
        updates_per_epoch: How many updates make an epoch.

    Returns:
        A `StreamTask` with one target after the last step. Its trivial loss is the mean
        squared error of always answering n/2, which is n/12.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> task = addition_stream_task(length=20)
    >>> x, y = next(iter(task.training_batches(5, seed=400)))
    >>> tuple(x.shape), tuple(y.shape)
    ((5, 20, 2), (5, 1))

    Reference:
        - [Hochreiter and Schmidhuber, 1997](https://doi.org/10.1162/neco.1997.9.8.1735)
    """
    _check(length, ones)
    half = length // 2

    def draw(seed, updates, batch_size):
        import tensorflow as tf

        rows = updates * batch_size
        values = uniform(seed, 0, (rows, length))
        first, second = (
            tf.math.top_k(uniform(seed, stream, (rows, half)), count).indices
            for stream, count in ((1, ones // 2), (2, ones - ones // 2))
        )
        marked = tf.concat([first, length - half + second], axis=1)
        sums = tf.reduce_sum(
            tf.gather(values, marked, batch_dims=1), axis=1, keepdims=True
        )
        return tf.nest.map_structure(
            lambda a: tf.reshape(a, (updates, batch_size, *a.shape[1:])),
            encode_addition(MarkedValues(values, marked), sums, value_first=True),
        )

    return StreamTask(
        name="addition",
        draw=draw,
        updates_per_epoch=updates_per_epoch,
        input_width=2,
        output_width=1,
        per_step=False,
        length=length,
        trivial_loss=ones / 12,
        regression=True,
    )


def addition_stream_legacy(
    length: int = 20, *, ones: int = 2, batch_size: int = 1, seed: int = 400
) -> Iterator[Examples]:
    """Draws the very sequences that the published program draws from a seed.

    That program seeds NumPy's global generator. For each update it draws all values,
    then the marks of one sequence after the other. It computes in float64; the numbers
    are rounded to float32 here. No global state is touched.

    Args:
        length: Time steps per sequence, at least 2.
        ones: How many steps are marked, at least 1.
        batch_size: Sequences per update.
        seed: Integer, 0 to 2^32 - 1.

    Returns:
        An endless iterator over `Examples`: `inputs` is a `MarkedValues`, `targets` is
        float32 of shape `(batch_size, 1)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> updates = addition_stream_legacy(20, batch_size=5)
    >>> next(updates).inputs.marked.shape
    (5, 2)
    """
    _check(length, ones)
    check_integer("batch_size", batch_size, minimum=1)
    stream = seeded_stream(seed)
    half = length // 2

    def mark():
        first = stream.choice(half, ones // 2, replace=False)
        second = stream.choice(half, ones - ones // 2, replace=False)
        return np.concatenate([first, length - half + second])

    def draw():
        values = stream.rand(batch_size, length)
        return marked_examples(values, np.stack([mark() for _ in range(batch_size)]))

    return iter(draw, None)


def _check(length, ones):
    check_integer("length", length, minimum=2)
    check_integer("ones", ones, minimum=1, maximum=2 * (length // 2))
