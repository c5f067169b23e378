"""The logged value that says how good a model is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from keras_nonnormal.training.metrics_log import Row

Mode = Literal["auto", "min", "max"]


@dataclass(frozen=True)
class Monitor:
    """The name of a logged value, and whether more or less of it is better.

    Args:
        name: A column of `metrics.csv`.
        mode: `"min"`, `"max"`, or `"auto"`: the more the better for names with
            "accuracy" in them, the less for others.

    Raises:
        ValueError: If the mode is another one.
    """

    name: str = "val_loss"
    mode: Mode = "auto"

    def __post_init__(self):
        if self.mode not in ("auto", "min", "max"):
            raise ValueError(
                f'Expected a mode "auto", "min" or "max". Received: mode={self.mode!r}'
            )

    def value(self, row: Mapping[str, float]) -> float:
        """The value in a row.

        Raises:
            ValueError: If there is none.
        """
        if self.name not in row:
            raise ValueError(
                f"Expected a monitored value that is logged: {', '.join(row)}. "
                f"Received: {self.name!r}"
            )
        return float(row[self.name])

    def better(
        self,
        row: Mapping[str, float],
        other: Mapping[str, float],
        threshold: float = 0.0,
    ) -> bool:
        """Whether `row` is better than `other`; no worse is not enough.

        Args:
            row: The one.
            other: The other.
            threshold: How much better it has to be, as a share of the other.
        """
        reference = self.value(other)
        difference = self.value(row) - reference
        margin = threshold * abs(reference)
        return difference > margin if self._more_is_better else difference < -margin

    def best(self, rows: Sequence[Row]) -> Row:
        """The best row, the first of equals."""
        return (max if self._more_is_better else min)(rows, key=self.value)

    @property
    def _more_is_better(self):
        return self.mode == "max" or (self.mode == "auto" and "accuracy" in self.name)


class BestSoFar:
    """Notices when a monitored value is better than ever.

    Args:
        monitor: A `Monitor`.
        history: The rows of the epochs before, of a run that goes on.
        threshold: How much better it has to be, as a share of the best.
    """

    def __init__(
        self, monitor: Monitor, history: Sequence[Row] = (), *, threshold: float = 0.0
    ):
        self.monitor = monitor
        self.threshold = threshold
        self.row: Mapping[str, float] | None = None
        for row in history:
            self.improved(row)

    def improved(self, row: Mapping[str, float]) -> bool:
        """Takes the next row; returns whether it is the best."""
        better = self.row is None or self.monitor.better(row, self.row, self.threshold)
        if better:
            self.monitor.value(row)  # must be there, in the first row too
            self.row = dict(row)
        return better
