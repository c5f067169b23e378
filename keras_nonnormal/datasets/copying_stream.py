"""The copy task with fresh symbols for every update."""

from collections.abc import Iterator

import numpy as np

from keras_nonnormal.datasets._draws import check_integer, seeded_stream
from keras_nonnormal.datasets.copying import (
    ALPHABET,
    copying_trivial_loss,
    encode_copying,
    lay_out,
    layout,
)
from keras_nonnormal.datasets.examples import Examples
from keras_nonnormal.datasets.stream_task import StreamTask, integers

MOST_LABELS = 254  # symbols and delimiter are single bytes


def copying_stream_task(
    delay: int = 200,
    *,
    symbols: int = 10,
    labels: int = ALPHABET,
    one_hot: bool = True,
    vary_delay: bool = False,
    updates_per_epoch: int = 100,
) -> StreamTask:
    """The copy task as a stream: every update has sequences of its own.

    With `T = delay`, `c = symbols` and `s = labels`, an input has c symbols drawn
    uniformly from 1 to s, T - 1 blanks (0), the delimiter s + 1, and c blanks. Its
    target is blank for T + c steps and repeats the symbols in the last c. That is the
    layout of `copying` at length T + 2c.

    Inputs are one-hot, float32 of shape `(batch, length, s + 2)`, or the class number
    itself as the only feature. Targets are class numbers, int32 of shape
    `(batch, length)`.

    With `vary_delay` the delay of an update is drawn from 1 to T - 1 and shared by its
    sequences. They are padded with blanks at the end to the length T - 1 + 2c, so that
    one compiled training step serves all. Batches then have a third part, weights of
    shape `(batch, length)`: 0 on the padding, and so much on all other steps that the
    mean over a padded sequence is the mean over its own steps. Nothing that comes
    before the padding notices it.

    Args:
        delay: Steps from the last symbol to the delimiter, at least 1; with
            `vary_delay` the bound of the delays, at least 2.
        symbols: How many symbols to remember.
        labels: How many different symbols there are, 1 to 254.
        one_hot: Whether inputs are one-hot, not a single number.
        vary_delay: Whether each update draws its delay.
        updates_per_epoch: How many updates make an epoch.

    Returns:
        A `StreamTask` with targets at every step.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> task = copying_stream_task(delay=200, symbols=10)
    >>> task.length, round(task.trivial_loss, 4)
    (220, 0.0945)
    >>> x, y = next(iter(task.training_batches(10, seed=400)))
    >>> tuple(x.shape), tuple(y.shape)
    ((10, 220, 10), (10, 220))

    Reference:
        - [Arjovsky, Shah and Bengio, 2016](https://arxiv.org/abs/1511.06464), section 5
        - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080), section 4.1
    """
    check_integer("delay", delay, minimum=2 if vary_delay else 1)
    check_integer("symbols", symbols, minimum=1)
    check_integer("labels", labels, minimum=1, maximum=MOST_LABELS)
    delays = range(1, delay) if vary_delay else [delay]
    length = delays[-1] + 2 * symbols

    def draw(seed, updates, batch_size):
        import tensorflow as tf

        steps = tf.range(length)
        waits = delay
        if vary_delay:
            waits = integers(seed, 1, (updates, 1, 1), 1, delay)
        shape = (updates, batch_size, symbols)
        marks = tf.broadcast_to([0, labels + 1], (updates, batch_size, 2))
        palette = tf.concat([integers(seed, 0, shape, 1, labels + 1), marks], axis=-1)
        inputs, targets = (
            _gather(palette, indices)
            for indices in layout(steps, waits, symbols, where=tf.where)
        )
        if one_hot:
            inputs, targets = encode_copying(inputs, targets, labels + 2)
        else:
            inputs = tf.cast(inputs, tf.float32)[..., tf.newaxis]
        if not vary_delay:
            return inputs, targets
        used = waits + 2 * symbols
        weights = tf.where(steps < used, length / used, 0.0)
        weights = tf.broadcast_to(weights, (updates, batch_size, length))
        return inputs, targets, tf.cast(weights, tf.float32)

    return StreamTask(
        name="copy",
        draw=draw,
        updates_per_epoch=updates_per_epoch,
        input_width=labels + 2 if one_hot else 1,
        output_width=labels + 1,
        per_step=True,
        length=length,
        trivial_loss=float(
            np.mean(
                [
                    copying_trivial_loss(wait + 2 * symbols, symbols, labels)
                    for wait in delays
                ]
            )
        ),
        recall_steps=symbols,
    )


def copying_stream_legacy(
    delay: int = 200,
    *,
    batch_size: int = 10,
    symbols: int = 10,
    labels: int = ALPHABET,
    seed: int = 400,
) -> Iterator[Examples]:
    """Draws the very sequences that the published program draws from a seed.

    That program seeds NumPy's global generator and draws the symbols of one update
    after the other. (In a run of it, the initial weights are drawn in between.) No
    global state is touched here.

    Args:
        delay: Steps from the last symbol to the delimiter, at least 1.
        batch_size: Sequences per update.
        symbols: How many symbols to remember.
        labels: How many different symbols there are, 1 to 254. The published program
            knows 8.
        seed: Integer, 0 to 2^32 - 1.

    Returns:
        An endless iterator over `Examples`: `inputs` and `targets` are uint8 class
        numbers of shape `(batch_size, delay + 2 * symbols)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> updates = copying_stream_legacy(20, batch_size=4, symbols=5)
    >>> next(updates).inputs.shape
    (4, 30)
    """
    check_integer("delay", delay, minimum=1)
    check_integer("batch_size", batch_size, minimum=1)
    check_integer("symbols", symbols, minimum=1)
    check_integer("labels", labels, minimum=1, maximum=MOST_LABELS)
    stream = seeded_stream(seed)
    shape, length = (batch_size, symbols), delay + 2 * symbols
    return iter(
        lambda: lay_out(stream.randint(1, labels + 1, shape), length, labels), None
    )


def _gather(palette, indices):
    """Picks from `(updates, batch, colours)`, the same for all, or by the update."""
    import tensorflow as tf

    if indices.shape.rank == 1:
        return tf.gather(palette, indices, axis=-1)
    return tf.gather(palette, indices[:, 0], axis=-1, batch_dims=1)
