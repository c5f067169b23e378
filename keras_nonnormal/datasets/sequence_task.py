"""The interface of tasks to training: batches, targets, the number of steps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, eq=False, kw_only=True)
class SequenceTask(ABC):
    """Everything about a task that training needs.

    There are three kinds. A `Task` has stored examples and shuffles them, a
    `StreamTask` draws fresh ones for every update, a `TextTask` reads a text from
    beginning to end. They offer the same three methods.

    Batches are what `keras.Model.fit` takes: `(x, y)`, or `(x, y, sample_weight)`
    where not every step counts. Within a task all training batches of one size have
    the same static shapes, so that a training step is compiled once.

    Args:
        name: Short name, used for folders and titles.
        input_width: Features per time step; for tokens, how many different ones.
        output_width: Width of the read-out: classes, or regressed numbers.
        per_step: Whether there is a target at every time step (True), or only one
            after the last step (False).
        length: Time steps per sequence.
        trivial_loss: The loss that needs no memory: of the best prediction that
            ignores the inputs to be remembered.
        recall_steps: Number of steps at the end of a sequence whose predictions the
            accuracy is about, or None if it is about all.
    """

    name: str
    input_width: int
    output_width: int
    per_step: bool
    length: int
    trivial_loss: float
    recall_steps: int | None = None

    stateful: ClassVar[bool] = False
    """Whether a batch goes on where the one before it ended, so that states are kept
    between batches and cleared at the beginning of an epoch and of an evaluation."""

    @property
    @abstractmethod
    def classification(self) -> bool:
        """Whether targets are class numbers (True) or numbers to regress (False)."""

    @property
    def usual_length(self) -> int | None:
        """Steps of a training batch whose update is at the full learning rate.

        The rate is in proportion to the steps that have a weight. None, the usual case,
        has all updates at the full rate.
        """
        return None

    @property
    def success_loss(self) -> float:
        """Half of the trivial loss: a validation loss below it counts as success.

        Reference:
            - [Orhan and Pitkow, 2020](https://arxiv.org/abs/1905.13715), section 2.3
        """
        return 0.5 * self.trivial_loss

    @abstractmethod
    def steps_per_epoch(self, batch_size: int) -> int:
        """How many training batches make an epoch.

        Args:
            batch_size: Sequences per batch.

        Returns:
            Integer, at least 1.

        Raises:
            ValueError: If there are not that many sequences.
        """

    @abstractmethod
    def training_batches(
        self, batch_size: int, *, seed: int, start_epoch: int = 0
    ) -> Any:
        """Endless batches for training, one epoch after the other.

        They are a pure function of the arguments: a run that goes on at epoch `k` with
        `start_epoch=k` sees exactly what it would have seen without the break.

        Args:
            batch_size: Sequences per batch.
            seed: Non-negative integer.
            start_epoch: Number of the first epoch, counted from 0.

        Returns:
            A `tf.data.Dataset` of infinite cardinality and static shapes.

        Raises:
            ValueError: If an argument is out of range.
        """

    @abstractmethod
    def evaluation_batches(self, split: str, batch_size: int | None = None) -> Any:
        """One pass over a split, always in the same order.

        Args:
            split: `"validation"` or `"test"`.
            batch_size: Sequences per batch. None takes what suits the task.

        Returns:
            A finite `tf.data.Dataset`, or None if the task has no such split.

        Raises:
            ValueError: If an argument is out of range.
        """


def check_split(split: str) -> None:
    """Raises a one-line ValueError unless `split` is one to evaluate on."""
    if split not in ("validation", "test"):
        raise ValueError(
            f'Expected `split` to be "validation" or "test". Received: split={split!r}'
        )
