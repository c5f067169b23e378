"""Predicting the next token of a text, read from beginning to end."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.corpus import Corpus, batchify
from keras_nonnormal.datasets.pipeline import without_tuning
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
        **kwargs: The arguments of `SequenceTask`; `input_width` and `output_width` are
            both the size of the vocabulary.
    """

    corpus: Corpus

    stateful: ClassVar[bool] = True

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
        return -(-(self.rows("train", batch_size) - 1) // self.length)

    def training_batches(
        self, batch_size: int, *, seed: int, start_epoch: int = 0
    ) -> Any:
        # An epoch is always the same; the arguments are those of any task.
        check_integer("seed", seed, minimum=0, maximum=2**63 - 1)
        check_integer("start_epoch", start_epoch, minimum=0)
        columns = self._columns("train", batch_size)
        chunks = self.steps_per_epoch(batch_size)
        left = columns.shape[1] - 1 - (chunks - 1) * self.length
        weights = np.ones(chunks, np.float32)
        weights[-1] = self.length / left
        return without_tuning(self._chunks(columns, weights).repeat().prefetch(4))

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
        predicted = columns.shape[1] - 1
        chunks = -(-predicted // self.length)
        weights = np.full(chunks, chunks * self.length / predicted, np.float32)
        return without_tuning(self._chunks(columns, weights).prefetch(4))

    def _columns(self, split, batch_size):
        if split != "train":
            check_split(split)
        if batch_size is None:
            batch_size = EVALUATION_COLUMNS
        check_integer("batch_size", batch_size, minimum=1)
        return batchify(getattr(self.corpus, split), batch_size).T

    def _chunks(self, columns, weights):
        """Chunks of `(columns, rows)`, each step with the weight of its chunk."""
        import tensorflow as tf

        count, rows = columns.shape
        shape = (count, self.length)
        padding = len(weights) * self.length + 1 - rows
        with tf.device("CPU:0"):  # where tf.data runs
            tokens = tf.constant(np.pad(columns, ((0, 0), (0, padding))))
            chunk_weights = tf.constant(weights)

        def cut(chunk):
            start = tf.cast(chunk, tf.int32) * self.length
            counts = start + tf.range(self.length) < rows - 1
            weight = tf.where(counts, chunk_weights[chunk], 0.0)
            return (
                tf.slice(tokens, (0, start), shape),
                tf.slice(tokens, (0, start + 1), shape),
                tf.broadcast_to(weight, shape),
            )

        return tf.data.Dataset.range(len(weights)).map(cut)


def text_task(corpus: Corpus, *, bptt: int = 150, name: str = "text") -> TextTask:
    """The task of predicting the next token of a corpus, ready for training.

    Args:
        corpus: A `Corpus`.
        bptt: Tokens per chunk, through which gradients are propagated.
        name: Name of the task.

    Returns:
        A `TextTask`. Its trivial loss is that of predicting every token by how often it
        occurs in the training text: the entropy of these frequencies, in nats.

    Raises:
        ValueError: If `bptt` is not positive.

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
    counts = np.bincount(corpus.train, minlength=len(corpus.vocabulary))
    frequencies = counts[counts > 0] / counts.sum()
    return TextTask(
        name=name,
        corpus=corpus,
        input_width=len(corpus.vocabulary),
        output_width=len(corpus.vocabulary),
        per_step=True,
        length=bptt,
        trivial_loss=float(-(frequencies @ np.log(frequencies))),
    )
