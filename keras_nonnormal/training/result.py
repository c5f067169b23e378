from dataclasses import dataclass, field
from typing import Any

from keras_nonnormal.training.metrics_log import Row
from keras_nonnormal.training.monitor import Monitor


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training.

    `history` has a dict of metrics per epoch, as in `metrics.csv`; `test` holds the
    metrics of the trained model on the test split, if there is one; `monitor` says what
    "best" means.
    """

    history: list[Row]
    test: dict[str, float]
    stopped_early: bool
    monitor: Monitor = field(default_factory=Monitor)

    @property
    def best(self) -> Row:
        """The metrics of the best epoch."""
        return self.monitor.best(self.history)

    @property
    def seconds(self) -> float:
        """Wall time of all epochs."""
        return round(sum(row["seconds"] for row in self.history), 3)

    def summary(self) -> dict[str, Any]:
        """The result as plain data, for `summary.json`."""
        return {
            "epochs": len(self.history),
            "stopped_early": self.stopped_early,
            "seconds": self.seconds,
            "best": self.best,
            "last": self.history[-1],
            "test": self.test,
        }
