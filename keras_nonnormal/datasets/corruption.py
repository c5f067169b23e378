"""Training on tokens some of which are not what they were."""

import dataclasses
from dataclasses import dataclass
from typing import Any, TypeVar

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.stream_task import integers, uniform
from keras_nonnormal.datasets.task import Task
from keras_nonnormal.datasets.text_task import TextTask

AnyTask = TypeVar("AnyTask", Task, TextTask)


def corrupted(task: AnyTask, *, rate: float = 0.05, epochs: int | None = 2) -> AnyTask:
    """The same task, trained for some epochs on input tokens that are partly random.

    Targets are what they were, and so is everything in evaluations. Where a token is
    repeated, each repetition is replaced or not by itself.

    Args:
        task: A `TextTask`, or a `Task` whose inputs are tokens too: integers from 0 to
            `input_width - 1`.
        rate: Probability with which an input token is replaced.
        epochs: How many epochs, the first ones, have replaced tokens. None for all.

    Returns:
        A task like the given one; `TokenCorruption` takes the place of what augmented
        its batches before.

    Raises:
        ValueError: If the rate is no probability, or `epochs` is negative.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), table 1;
          the defaults are those of the published code (`mlminputs`), which corrupts
          evaluations too
    """
    if epochs is not None:
        check_integer("epochs", epochs, minimum=0)
    return dataclasses.replace(
        task,
        augment=TokenCorruption(rate=rate, tokens=task.input_width),
        augmented_epochs=epochs,
    )


@dataclass(frozen=True, kw_only=True)
class TokenCorruption:
    """Replaces some tokens by others, drawn uniformly from the whole vocabulary.

    It is an `augment` of a `Task` or a `TextTask`. A token that is replaced may happen
    to be replaced by itself.

    Args:
        rate: Probability, 0 to 1.
        tokens: Size of the vocabulary.

    Raises:
        ValueError: If the rate is no probability, or the vocabulary is empty.
    """

    rate: float
    tokens: int

    def __post_init__(self):
        check_integer("tokens", self.tokens, minimum=1)
        if not 0 <= self.rate <= 1:
            raise ValueError(
                f"Expected a probability, 0 to 1. Received: rate={self.rate}"
            )

    def __call__(self, seed: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """Replaces tokens `x`, integers of static shape, as the seed says."""
        import tensorflow as tf

        if not x.dtype.is_integer:
            raise ValueError(
                f"Expected integer tokens. Received: {x.dtype.name} inputs"
            )
        drawn = integers(seed, 1, x.shape, 0, self.tokens)
        replaced = uniform(seed, 0, x.shape) < self.rate
        return tf.where(replaced, tf.cast(drawn, x.dtype), x), y
