"""Tasks whose sequences are stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.examples import Splits
from keras_nonnormal.datasets.pipeline import evaluation_batches, training_batches
from keras_nonnormal.datasets.sequence_task import SequenceTask, check_split

# Examples are small; nothing but time depends on how many are evaluated at once.
EVALUATED_AT_ONCE = 100


@dataclass(frozen=True, eq=False, kw_only=True)
class Task(SequenceTask):
    """A task with a fixed number of stored examples.

    An epoch shows `len(splits.train) // batch_size` batches, in a new random order
    every time. Batches are `(x, y)`: `x` is float32 of shape
    `(batch, length, input_width)`.

    Args:
        splits: The data, a `Splits`.
        encode: Maps a batch `(inputs, targets)` of TensorFlow tensors in stored form
            to `(x, y)`: `x` is float32 of shape `(batch, length, input_width)`, and
            `y` holds what the loss compares with. Works inside `tf.data`.
        shuffle: Whether every epoch has an order of its own. Without it all epochs
            show the same batches in the stored order, whatever the seed.
        replacement: Whether the examples of an epoch are drawn with replacement, so
            that it shows some several times and others not at all. An evaluation always
            shows each of them once.
        augment: What becomes of training batches, at random: maps `(seed, x, y)` to
            `(x, y)` of the same shapes, inside `tf.data`. `seed` is an int64 tensor of
            shape `(2,)` for TensorFlow's stateless random functions, another one for
            every batch of every epoch. None leaves them as they are.
        augmented_epochs: How many epochs of training, the first ones, are augmented.
            None augments all.
        **kwargs: The arguments of `SequenceTask`.

    Example:

    >>> from keras_nonnormal.datasets import copying_task
    >>> task = copying_task(length=100, train=1000, validation=100, test=100)
    >>> task.steps_per_epoch(16)
    62
    >>> x, y = next(iter(task.training_batches(16, seed=1)))
    >>> tuple(x.shape), tuple(y.shape)
    ((16, 100, 10), (16, 100))
    """

    splits: Splits
    encode: Callable[[Any, Any], tuple[Any, Any]]
    shuffle: bool = True
    replacement: bool = False
    augment: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None
    augmented_epochs: int | None = None

    @property
    def classification(self) -> bool:
        return self.splits.train.targets.dtype.kind in "iu"

    def steps_per_epoch(self, batch_size: int) -> int:
        check_integer(
            "batch_size", batch_size, minimum=1, maximum=len(self.splits.train)
        )
        return len(self.splits.train) // batch_size

    def training_batches(
        self, batch_size: int, *, seed: int, start_epoch: int = 0
    ) -> Any:
        return training_batches(
            self.splits.train,
            batch_size,
            seed=seed,
            encode=self.encode,
            start_epoch=start_epoch,
            shuffle=self.shuffle,
            replacement=self.replacement,
            augment=self.augment,
            augmented_epochs=self.augmented_epochs,
        )

    def evaluation_batches(self, split: str, batch_size: int | None = None) -> Any:
        check_split(split)
        return evaluation_batches(
            getattr(self.splits, split),
            EVALUATED_AT_ONCE if batch_size is None else batch_size,
            encode=self.encode,
        )
