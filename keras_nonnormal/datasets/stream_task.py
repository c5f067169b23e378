"""Tasks that draw fresh sequences for every update."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.pipeline import ROWS_AT_ONCE, without_tuning
from keras_nonnormal.datasets.sequence_task import SequenceTask, check_split


@dataclass(frozen=True, eq=False, kw_only=True)
class StreamTask(SequenceTask):
    """A task that never shows a sequence twice, but by chance.

    The batch of an update is a pure function of the seed, the batch size, and the
    number of the update, counted over all epochs. There is no data to validate or
    test on: the loss of an update is that of sequences never seen before.

    Args:
        draw: Maps `(seed, updates, batch_size)` to the batches of some consecutive
            updates, `(x, y)` or `(x, y, sample_weight)` of shapes
            `(updates, batch_size, ...)`. `seed` is an int64 tensor of shape `(2,)` for
            TensorFlow's stateless random functions. Works inside `tf.data`.
        updates_per_epoch: How many updates make an epoch. It decides how often
            there is something to log, and nothing else.
        regression: Whether targets are numbers to regress, not class numbers.
        **kwargs: The arguments of `SequenceTask`.
    """

    draw: Callable[[Any, int, int], tuple[Any, ...]]
    updates_per_epoch: int
    regression: bool = False

    def __post_init__(self):
        check_integer("updates_per_epoch", self.updates_per_epoch, minimum=1)

    @property
    def classification(self) -> bool:
        return not self.regression

    def steps_per_epoch(self, batch_size: int) -> int:
        check_integer("batch_size", batch_size, minimum=1)
        return self.updates_per_epoch

    def training_batches(
        self, batch_size: int, *, seed: int, start_epoch: int = 0
    ) -> Any:
        import tensorflow as tf

        check_integer("batch_size", batch_size, minimum=1)
        check_integer("seed", seed, minimum=0, maximum=2**63 - 1)
        check_integer("start_epoch", start_epoch, minimum=0)
        # Updates are drawn by the block, which has a seed of its own.
        updates = max(1, ROWS_AT_ONCE // batch_size)
        block, done = divmod(start_epoch * self.updates_per_epoch, updates)

        def draw(number):
            return self.draw(
                tf.stack([tf.constant(seed, tf.int64), number]), updates, batch_size
            )

        batches = (
            tf.data.Dataset.range(block, tf.int64.max)
            .map(draw)
            .unbatch()
            .skip(done)
            .apply(
                tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
            )
            .prefetch(2 * updates)
        )
        return without_tuning(batches)

    def evaluation_batches(self, split: str, batch_size: int | None = None) -> None:
        check_split(split)


def integers(seed: Any, stream: int, shape: tuple[int, ...], low: int, high: int):
    """Integers `low` to `high - 1` from one of the streams of a seed, int32."""
    return _uniform(seed, stream, shape, minval=low, maxval=high, dtype="int32")


def uniform(seed: Any, stream: int, shape: tuple[int, ...]):
    """Numbers in [0, 1) from one of the streams of a seed, float32."""
    return _uniform(seed, stream, shape)


def _uniform(seed, stream, shape, **options):
    import tensorflow as tf

    random: Any = tf.random
    # One algorithm, named: the same numbers on every kind of machine.
    key = random.fold_in(seed, stream, alg="philox")
    return random.stateless_uniform(shape, key, alg="philox", **options)
