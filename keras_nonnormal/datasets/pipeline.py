"""From stored examples to batches of encoded tensors."""

from collections.abc import Callable
from typing import Any

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.examples import Examples

# Gathering and encoding a few hundred rows in one go costs little more than doing it
# for ten: the overhead per batch stays small against a training step of 2 ms.
ROWS_AT_ONCE = 512
# But not of long sequences of many features: what is prefetched has to fit in memory.
BYTES_AT_ONCE = 64 * 2**20


def training_batches(
    examples: Examples,
    batch_size: int,
    *,
    seed: int,
    encode: Callable[[Any, Any], tuple[Any, Any]],
    start_epoch: int = 0,
    shuffle: bool = True,
    replacement: bool = False,
    augment: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None,
    augmented_epochs: int | None = None,
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
        replacement: Whether examples are drawn with replacement: an epoch then shows
            some of them several times, and others not at all.
        augment: Maps `(seed, x, y)` to the `(x, y)` that training shall see, or None;
            the `augment` of a `Task`.
        augmented_epochs: How many epochs, the first ones, are augmented; None for all.

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
    stored = _tensors(examples)
    batches_at_once = max(1, _rows_at_once(stored, encode) // batch_size)

    def order(epoch):
        indices = (random_order(epoch) if shuffle else tf.range(rows))[:used]
        return tf.data.Dataset.from_tensor_slices(indices).batch(
            batches_at_once * batch_size
        )

    def random_order(epoch):
        keys = tf.random.stateless_uniform(
            [rows],
            seed=tf.stack([tf.constant(seed, tf.int64), epoch]),
            maxval=rows if replacement else tf.int64.max,
            dtype=tf.int64,
            alg="philox",  # the same order on every kind of machine
        )
        return tf.cast(keys, tf.int32) if replacement else tf.argsort(keys)

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
        batches = augmented(
            batches,
            augment,
            seed=seed,
            steps_per_epoch=rows // batch_size,
            start_epoch=start_epoch,
            epochs=augmented_epochs,
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


def augmented(
    batches,
    augment: Callable[[Any, Any, Any], tuple[Any, Any]],
    *,
    seed: int,
    steps_per_epoch: int,
    start_epoch: int = 0,
    epochs: int | None = None,
):
    """Changes training batches at random, as a pure function of seed and their number.

    Args:
        batches: A `tf.data.Dataset` of `(x, y)` or `(x, y, sample_weight)`.
        augment: Maps `(seed, x, y)` to `(x, y)` of the same shapes and types. `seed` is
            an int64 tensor of shape `(2,)`, another one for every batch of every epoch.
        seed: Non-negative integer.
        steps_per_epoch: Batches of an epoch.
        start_epoch: Number of the first epoch.
        epochs: How many epochs, counted from 0, are augmented; None for all.

    Returns:
        A `tf.data.Dataset`.

    Raises:
        ValueError: If `epochs` is negative.
    """
    import tensorflow as tf

    if epochs is not None:
        check_integer("augmented_epochs", epochs, minimum=0)

    def change(number, batch):
        x, y, *weights = batch
        key = tf.stack([tf.constant(seed, tf.int64), number])
        if epochs is None:
            x, y = augment(key, x, y)
        else:
            x, y = tf.cond(
                number < epochs * steps_per_epoch,
                lambda: augment(key, x, y),
                lambda: (x, y),
            )
        return (x, y, *weights)

    return batches.enumerate(start_epoch * steps_per_epoch).map(change)


def _rows_at_once(stored, encode):
    """How many rows to gather and encode in one go."""
    import tensorflow as tf

    with tf.device("CPU:0"):
        row = encode(*tf.nest.map_structure(lambda a: a[:1], stored))
    size = sum(tensor.dtype.size * tensor.shape[1:].num_elements() for tensor in row)
    return min(ROWS_AT_ONCE, BYTES_AT_ONCE // max(size, 1))


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
