"""Predicting the next token of a text, read from beginning to end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.corpus import Corpus, batchify
from keras_nonnormal.datasets.pipeline import augmented, without_tuning
from keras_nonnormal.datasets.sequence_task import SequenceTask, check_split

# As in the published programs, however many are trained on at once.
EVALUATION_COLUMNS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class TextTask(SequenceTask):
    """The task of predicting the next token of a text.

    A text is cut into `batch_size` contiguous columns (see `batchify`), and these into
    chunks of `length` steps, which come in order: the state of a network goes from
    chunk to chunk, and is cleared at the beginning of an epoch and of an evaluation.
    All epochs are equal.

    Batches are `(x, y, sample_weight)`, each of shape `(batch_size, length)`: int32
    numbers of tokens, of the tokens one step later, and float32 weights. The last chunk
    of a pass is shorter; it is padded, with weights of 0, so that all shapes are static
    and nothing is compiled twice. (The state after it is of no use to anyone.) The
    weights of the other steps make means what they should be:

    - when training, the loss of a batch is the mean over the tokens predicted in it;
    - in an evaluation, the mean of the losses of all batches is the mean over all
      tokens predicted.

    Args:
        corpus: A `Corpus`.
        repeat: How many steps in a row show the same token, with the same target. A
            chunk of `length` steps has `length / repeat` tokens.
        left_out: None, or how many chunks are left out at the end of a pass, besides
            the one that would need padding.
        augment: What becomes of training batches, at random, as for a `Task`.
        augmented_epochs: How many epochs of training, the first ones, are augmented.
            None augments all.
        **kwargs: The arguments of `SequenceTask`; `input_width` and `output_width` are
            both the size of the vocabulary.

    Raises:
        ValueError: If `repeat` does not divide `length`.
    """

    corpus: Corpus
    repeat: int = 1
    left_out: int | None = None
    augment: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None
    augmented_epochs: int | None = None

    stateful: ClassVar[bool] = True

    def __post_init__(self):
        check_integer("repeat", self.repeat, minimum=1)
        if self.length % self.repeat:
            raise ValueError(
                "Expected `length` to be a multiple of `repeat`. Received: "
                f"length={self.length}, repeat={self.repeat}"
            )

    @property
    def classification(self) -> bool:
        return True

    @property
    def vocabulary_size(self) -> int:
        """How many different tokens there are."""
        return len(self.corpus.vocabulary)

    def rows(self, split: str, batch_size: int | None = None) -> int:
        """Tokens per column, one more than there are predictions.

        The published programs divide an evaluation's sum of losses by this number: they
        report the mean times `(rows - 1) / rows`.

        Args:
            split: `"train"`, `"validation"` or `"test"`.
            batch_size: Number of columns. None takes those of an evaluation.
        """
        return self._columns(split, batch_size).shape[1]

    def steps_per_epoch(self, batch_size: int) -> int:
        return self._count(self._columns("train", batch_size))

    def training_batches(
        self, batch_size: int, *, seed: int, start_epoch: int = 0
    ) -> Any:
        # Without `augment` an epoch is always the same.
        check_integer("seed", seed, minimum=0, maximum=2**63 - 1)
        check_integer("start_epoch", start_epoch, minimum=0)
        columns = self._columns("train", batch_size)
        chunks = self._count(columns)
        weights = np.ones(chunks, np.float32)
        in_last = self._predicted(columns) - (chunks - 1) * self._tokens
        weights[-1] = self._tokens / in_last
        batches = self._chunks(columns, weights).repeat()
        if self.augment is not None:
            batches = augmented(
                batches,
                self.augment,
                seed=seed,
                steps_per_epoch=chunks,
                start_epoch=start_epoch,
                epochs=self.augmented_epochs,
            )
        return without_tuning(batches.prefetch(4))

    def evaluation_batches(self, split: str, batch_size: int | None = None) -> Any:
        """One pass over a split, always in the same order.

        Args:
            split: `"validation"` or `"test"`.
            batch_size: Number of columns. None takes 10.

        Returns:
            A finite `tf.data.Dataset`.

        Raises:
            ValueError: If an argument is out of range.
        """
        check_split(split)
        columns = self._columns(split, batch_size)
        chunks = self._count(columns)
        weight = chunks * self._tokens / self._predicted(columns)
        weights = np.full(chunks, weight, np.float32)
        return without_tuning(self._chunks(columns, weights).prefetch(4))

    def _columns(self, split, batch_size):
        if split != "train":
            check_split(split)
        if batch_size is None:
            batch_size = EVALUATION_COLUMNS
        check_integer("batch_size", batch_size, minimum=1)
        return batchify(getattr(self.corpus, split), batch_size).T

    @property
    def _tokens(self):
        """Tokens per column and chunk."""
        return self.length // self.repeat

    def _count(self, columns):
        """Chunks of a pass."""
        predictable = columns.shape[1] - 1
        if self.left_out is None:
            return -(-predictable // self._tokens)
        chunks = predictable // self._tokens - self.left_out
        if chunks < 1:
            raise ValueError(
                f"Expected a text of at least {self.left_out + 1} chunks of "
                f"{self._tokens} tokens in each of {len(columns)} columns. Received: "
                f"columns of {columns.shape[1]} tokens"
            )
        return chunks

    def _predicted(self, columns):
        """Predictions per column and pass, without repetitions."""
        return min(columns.shape[1] - 1, self._count(columns) * self._tokens)

    def _chunks(self, columns, weights):
        """Chunks of `(columns, rows)`, each step with the weight of its chunk."""
        import tensorflow as tf

        count, rows = columns.shape
        shape = (count, self._tokens)
        padding = max(0, len(weights) * self._tokens + 1 - rows)
        with tf.device("CPU:0"):  # where tf.data runs
            tokens = tf.constant(np.pad(columns, ((0, 0), (0, padding))))
            chunk_weights = tf.constant(weights)

        def cut(chunk):
            start = tf.cast(chunk, tf.int32) * self._tokens
            counts = start + tf.range(self._tokens) < rows - 1
            weight = tf.where(counts, chunk_weights[chunk], 0.0)
            parts = (
                tf.slice(tokens, (0, start), shape),
                tf.slice(tokens, (0, start + 1), shape),
                tf.broadcast_to(weight, shape),
            )
            if self.repeat == 1:
                return parts
            return tuple(tf.repeat(part, self.repeat, axis=1) for part in parts)

        return tf.data.Dataset.range(len(weights)).map(cut)


def text_task(
    corpus: Corpus, *, bptt: int = 150, name: str = "text", repeat: int = 1
) -> TextTask:
    """The task of predicting the next token of a corpus, ready for training.

    Args:
        corpus: A `Corpus`.
        bptt: Tokens per chunk, through which gradients are propagated.
        name: Name of the task.
        repeat: How many steps in a row show the same token.

    Returns:
        A `TextTask` of `bptt * repeat` steps. Its trivial loss is that of predicting
        every token by how often it occurs in the training text: the entropy of these
        frequencies, in nats.

    Raises:
        ValueError: If `bptt` or `repeat` is not positive.

    Example:

    >>> task = text_task(Corpus.from_texts("a b c d " * 5, "b c", "c d"), bptt=4)
    >>> x, y, weights = next(iter(task.training_batches(2, seed=0)))
    >>> x.numpy()
    array([[0, 1, 2, 3],
           [2, 3, 0, 1]], dtype=int32)
    >>> y.numpy()
    array([[1, 2, 3, 0],
           [3, 0, 1, 2]], dtype=int32)
    """
    check_integer("bptt", bptt, minimum=1)
    check_integer("repeat", repeat, minimum=1)
    counts = np.bincount(corpus.train, minlength=len(corpus.vocabulary))
    frequencies = counts[counts > 0] / counts.sum()
    return TextTask(
        name=name,
        corpus=corpus,
        input_width=len(corpus.vocabulary),
        output_width=len(corpus.vocabulary),
        per_step=True,
        length=bptt * repeat,
        repeat=repeat,
        trivial_loss=float(-(frequencies @ np.log(frequencies))),
    )
