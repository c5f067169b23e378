"""From stored examples to batches of encoded tensors."""

from collections.abc import Callable
from typing import Any

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.examples import Examples

# Gathering and encoding a few hundred rows in one go costs little more than doing it
# for ten: the overhead per batch stays small against a training step of 2 ms.
ROWS_AT_ONCE = 512


def training_batches(
    examples: Examples,
    batch_size: int,
    *,
    seed: int,
    encode: Callable[[Any, Any], tuple[Any, Any]],
    start_epoch: int = 0,
    shuffle: bool = True,
    augment: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None,
):
    """Endless batches for training, in a new random order every epoch.

    The order of an epoch is a pure function of `seed` and the number of the epoch. A
    run that resumes at epoch `k` with `start_epoch=k` therefore sees exactly the
    batches that it would have seen without the break. An epoch has
    `len(examples) // batch_size` batches; the rows left over differ every time.
    Without `shuffle` every epoch has the stored order and leaves out the last rows.

    Args:
        examples: The `Examples` to draw from.
        batch_size: Sequences per batch, at most `len(examples)`.
        seed: Non-negative integer.
        encode: Maps `(inputs, targets)` in stored form to `(x, y)`; the `encode` of a
            `Task`.
        start_epoch: Number of the first epoch.
        shuffle: Whether every epoch has an order of its own.
        augment: Maps `(seed, x, y)` to the `(x, y)` that training shall see, or None;
            the `augment` of a `Task`.

    Returns:
        A `tf.data.Dataset` of infinite cardinality with elements `(x, y)`, of static
        shapes `(batch_size, ...)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> from keras_nonnormal.datasets import copying_task
    >>> task = copying_task(length=100, train=1000, validation=100, test=100)
    >>> batches = training_batches(task.splits.train, 10, seed=1, encode=task.encode)
    >>> x, y = next(iter(batches))
    >>> tuple(x.shape), tuple(y.shape)
    ((10, 100, 10), (10, 100))
    """
    import tensorflow as tf

    rows = len(examples)
    check_integer("batch_size", batch_size, minimum=1, maximum=rows)
    check_integer("seed", seed, minimum=0, maximum=2**63 - 1)
    check_integer("start_epoch", start_epoch, minimum=0)
    used = rows // batch_size * batch_size
    batches_at_once = max(1, ROWS_AT_ONCE // batch_size)
    stored = _tensors(examples)

    def order(epoch):
        indices = (random_order(epoch) if shuffle else tf.range(rows))[:used]
        return tf.data.Dataset.from_tensor_slices(indices).batch(
            batches_at_once * batch_size
        )

    def random_order(epoch):
        keys = tf.random.stateless_uniform(
            [rows],
            seed=tf.stack([tf.constant(seed, tf.int64), epoch]),
            maxval=tf.int64.max,
            dtype=tf.int64,
            alg="philox",  # the same order on every kind of machine
        )
        return tf.argsort(keys)

    def gather(indices):
        encoded = encode(
            *tf.nest.map_structure(lambda a: tf.gather(a, indices), stored)
        )
        return tf.nest.map_structure(
            lambda a: tf.reshape(a, (-1, batch_size, *a.shape[1:])), encoded
        )

    batches = (
        tf.data.Dataset.range(start_epoch, tf.int64.max)
        .flat_map(order)
        .map(gather)
        .unbatch()
        .apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    )
    if augment is not None:
        numbered = batches.enumerate(start_epoch * (rows // batch_size))
        batches = numbered.map(
            lambda number, batch: augment(
                tf.stack([tf.constant(seed, tf.int64), number]), *batch
            )
        )
    return without_tuning(batches.prefetch(2 * batches_at_once))


def evaluation_batches(
    examples: Examples,
    batch_size: int,
    *,
    encode: Callable[[Any, Any], tuple[Any, Any]],
):
    """One pass over all examples in their stored order.

    Args:
        examples: The `Examples` to go through.
        batch_size: Sequences per batch; the last batch holds the remainder.
        encode: Maps `(inputs, targets)` in stored form to `(x, y)`; the `encode` of a
            `Task`.

    Returns:
        A finite `tf.data.Dataset` with elements `(x, y)`.

    Raises:
        ValueError: If `batch_size` is not positive.
    """
    import tensorflow as tf

    check_integer("batch_size", batch_size, minimum=1)
    stored = _tensors(examples)

    def cut(start):
        rows = slice(start, start + batch_size)
        return encode(*tf.nest.map_structure(lambda a: a[rows], stored))

    batches = tf.data.Dataset.range(0, len(examples), batch_size).map(cut).prefetch(2)
    return without_tuning(batches)


def _tensors(examples):
    import tensorflow as tf

    # tf.data runs on the host; constants made on an accelerator would be copied back
    # for every batch.
    with tf.device("CPU:0"):
        return tf.nest.map_structure(
            tf.convert_to_tensor, (examples.inputs, examples.targets)
        )


def without_tuning(batches):
    """Takes from a `tf.data.Dataset` what would cost more than it gains."""
    import tensorflow as tf

    options = tf.data.Options()
    # There is nothing to tune or to rewrite, and both cost: a thread while training,
    # and a copy of all the data at the start.
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return batches.with_options(options)
