from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keras_nonnormal.training.monitor import Mode


@dataclass(frozen=True)
class Schedule:
    """The length of a training, and what the monitored value decides during it.

    Args:
        epochs: Integer, epochs in all, those before a break included.
        batch_size: Positive integer, sequences per step, of all replicas together.
        monitor: String, the logged value by which the best epoch is found. For a task
            without validation split, that of training takes its place.
        mode: Whether more (`"max"`) or less (`"min"`) of it is better. `"auto"` goes by
            the name, see `Monitor`.
        keep_best: Whether to end with the weights of the best epoch instead of the
            last: test metrics and the saved model are then of these.
        reduce_on_plateau: How to reduce the learning rate, arguments of
            `ReduceOnPlateau` by name, or None; `{"factor": 0.5, "patience": 0}` halves
            it after every epoch that is not the best so far. What is watched is
            `monitor`, unless they say otherwise.
        average_window: Integer, when weights are averaged, by an optimizer that can
            (see `AverageWhenNotBetter`), or None.
        patience: Integer, training ends after so many epochs in a row that are not the
            best so far by `monitor` (see `StopEarly`), or None.
        stop_below: Float, the validation loss that ends training early (see
            `StopBelow`), or None.
        time_limit: Float, seconds that all epochs may take (see `TimeLimit`), or None.
        time_spent: Float, what of these was spent before the first one.

    Raises:
        ValueError: If `epochs` is negative or `batch_size` is less than 1.

    Example:

    >>> from keras_nonnormal.training import Schedule
    >>> Schedule(epochs=9, batch_size=32, monitor="val_accuracy", keep_best=True).mode
    'auto'
    """

    epochs: int
    batch_size: int
    monitor: str = "val_loss"
    mode: Mode = "auto"
    keep_best: bool = False
    reduce_on_plateau: Mapping[str, Any] | None = None
    average_window: int | None = None
    patience: int | None = None
    stop_below: float | None = None
    time_limit: float | None = None
    time_spent: float = 0.0

    def __post_init__(self):
        if self.epochs < 0 or self.batch_size < 1:
            raise ValueError(
                "Expected `epochs` of at least 0 and a `batch_size` of at least 1. "
                f"Received: epochs={self.epochs!r}, batch_size={self.batch_size!r}"
            )
