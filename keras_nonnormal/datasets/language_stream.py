"""A text in chunks of random length, as language models are trained on it."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.corpus import Corpus, batchify
from keras_nonnormal.datasets.pipeline import without_tuning
from keras_nonnormal.datasets.sequence_task import SequenceTask
from keras_nonnormal.datasets.text_task import EVALUATION_COLUMNS, TextTask, text_task

SHORTEST = 5
DEVIATION = 5.0
MARGIN = 10
HALVED = 0.05
PADDING = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class LanguageStream(SequenceTask):
    """The task of predicting the next token of a text, read in pieces of random length.

    A text is cut into `batch_size` contiguous columns (see `batchify`), and an epoch
    goes through all of them once, from beginning to end: the state of a network goes
    from chunk to chunk, and is cleared at the beginning of an epoch and of an
    evaluation. Where chunks end differs from epoch to epoch, so that no token is always
    the first of a chunk, whose gradient goes back nowhere.

    The length of a chunk is normally distributed around `bptt`, or in one of twenty
    around half of it, with a standard deviation of 5, but at least 5 and at most
    `length`, which is `bptt + 10`. Epochs have equally many chunks: what the lengths
    drawn lack of the text or have too much, a row here and there, is spread over chunks
    at random.

    Training batches are `(x, y, sample_weight)`, each of shape `(batch_size, length)`,
    so that a training step is compiled once. After the end of a chunk stand the token
    -1, the target 0 and the weight 0. The other weights are such that the loss of a
    batch is the mean over the tokens predicted in it. An update's rate is scaled by the
    length of its chunk over `usual_length`, see
    `keras_nonnormal.training.CarriedState`.

    Evaluations are those of a `TextTask`: chunks of fixed length, means over all
    tokens.

    Args:
        corpus: A `Corpus`.
        bptt: Tokens per chunk, through which gradients are propagated.
        vary: Whether the lengths of training chunks are random. Without it they are
            `bptt`, the last one shorter, and nothing is scaled.
        evaluation_columns: Columns that a text is cut into for an evaluation.
        **kwargs: The arguments of `SequenceTask`; `input_width` and `output_width` are
            both the size of the vocabulary.

    Reference:
        - [Merity, Keskar and Socher, 2017](https://arxiv.org/abs/1708.02182), section 5
    """

    corpus: Corpus
    bptt: int
    vary: bool = True
    evaluation_columns: int = EVALUATION_COLUMNS

    stateful: ClassVar[bool] = True

    @property
    def classification(self) -> bool:
        return True

    @property
    def usual_length(self) -> int | None:
        return self.bptt if self.vary else None

    @property
    def fixed(self) -> TextTask:
        """The same task with chunks of `bptt` tokens."""
        return text_task(self.corpus, bptt=self.bptt, name=self.name)

    def rows(self, split: str, batch_size: int | None = None) -> int:
        """Tokens per column, one more than there are predictions; see `TextTask`."""
        return self.fixed.rows(split, batch_size or self.evaluation_columns)

    def steps_per_epoch(self, batch_size: int) -> int:
        return len(self.lengths(batch_size, seed=0, epoch=0))

    def evaluation_batches(self, split: str, batch_size: int | None = None) -> Any:
        return self.fixed.evaluation_batches(
            split, self.evaluation_columns if batch_size is None else batch_size
        )

    def lengths(self, batch_size: int, *, seed: int, epoch: int) -> np.ndarray:
        """The lengths of an epoch's training chunks, in tokens.

        Args:
            batch_size: Number of columns.
            seed: Non-negative integer.
            epoch: Number of the epoch, counted from 0.

        Returns:
            Integers of shape `(chunks,)`, whose sum is one less than there are rows.
        """
        total = len(batchify(self.corpus.train, batch_size)) - 1
        if not self.vary:
            chunks = -(-total // self.bptt)
            return np.diff(np.minimum(np.arange(chunks + 1) * self.bptt, total))
        chunks = -(-total // int(np.ceil((1 - HALVED / 2) * self.bptt)))
        rng = np.random.default_rng((seed, epoch))
        halves = rng.random(chunks) < HALVED
        drawn = rng.normal(np.where(halves, self.bptt / 2, self.bptt), DEVIATION)
        lengths = np.clip(drawn.astype(int), SHORTEST, self.length)
        while missing := total - lengths.sum():
            room = lengths < self.length if missing > 0 else lengths > 1
            changed = rng.permutation(np.flatnonzero(room))[: abs(missing)]
            lengths[changed] += np.sign(missing)
        return lengths

    def training_batches(
        self, batch_size: int, *, seed: int, start_epoch: int = 0
    ) -> Any:
        check_integer("seed", seed, minimum=0, maximum=2**63 - 1)
        check_integer("start_epoch", start_epoch, minimum=0)
        if not self.vary:
            return self.fixed.training_batches(batch_size, seed=seed)
        import tensorflow as tf

        columns = batchify(self.corpus.train, batch_size).T
        shape = (batch_size, self.length)
        with tf.device("CPU:0"):  # where tf.data runs
            tokens = tf.constant(np.pad(columns, ((0, 0), (0, self.length))))

        def chunks(epoch):
            def drawn(number):
                lengths = self.lengths(batch_size, seed=seed, epoch=int(number))
                return np.stack([np.cumsum(lengths) - lengths, lengths], 1)

            spans = tf.numpy_function(drawn, [epoch], tf.int64, stateful=False)
            spans.set_shape((None, 2))
            return tf.data.Dataset.from_tensor_slices(spans)

        def cut(span):
            start, length = tf.unstack(tf.cast(span, tf.int32))
            counts = tf.range(self.length) < length
            weight = tf.cast(self.length / length, tf.float32)
            return (
                tf.where(counts, tf.slice(tokens, (0, start), shape), PADDING),
                tf.where(counts, tf.slice(tokens, (0, start + 1), shape), 0),
                tf.broadcast_to(tf.where(counts, weight, 0.0), shape),
            )

        batches = (
            tf.data.Dataset.range(start_epoch, tf.int64.max)
            .flat_map(chunks)
            .map(cut)
            .apply(
                tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
            )
        )
        return without_tuning(batches.prefetch(4))


def language_stream(
    corpus: Corpus,
    *,
    bptt: int = 70,
    vary: bool = True,
    evaluation_columns: int = EVALUATION_COLUMNS,
    name: str = "text",
) -> LanguageStream:
    """The task of predicting the next token of a corpus in chunks of random length.

    Args:
        corpus: A `Corpus`, such as from `load_corpus`.
        bptt: Tokens per chunk, through which gradients are propagated.
        vary: Whether the lengths of training chunks are random.
        evaluation_columns: Columns that a text is cut into for an evaluation.
        name: Name of the task.

    Returns:
        A `LanguageStream`. Its trivial loss is that of a `text_task`.

    Raises:
        ValueError: If `bptt` is below 5, or `evaluation_columns` not positive.

    Example:

    >>> stream = language_stream(Corpus.from_texts("a b c d " * 50, "b", "c"), bptt=8)
    >>> x, y, weights = next(iter(stream.training_batches(2, seed=0)))
    >>> x.shape
    TensorShape([2, 18])
    """
    check_integer("bptt", bptt, minimum=SHORTEST)
    check_integer("evaluation_columns", evaluation_columns, minimum=1)
    same = text_task(corpus, bptt=bptt, name=name)
    return LanguageStream(
        name=name,
        corpus=corpus,
        input_width=same.input_width,
        output_width=same.output_width,
        per_step=True,
        length=bptt + MARGIN if vary else bptt,
        trivial_loss=same.trivial_loss,
        bptt=bptt,
        vary=vary,
        evaluation_columns=evaluation_columns,
    )
