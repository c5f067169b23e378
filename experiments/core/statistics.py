"""Mean and deviation of repeated runs."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mean:
    """The mean of a result over repeats, and how far these are apart.

    Args:
        mean: The mean.
        deviation: The standard deviation, n - 1 in the divisor; 0 of a single repeat.
        count: The number of repeats, n.
    """

    mean: float
    deviation: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Mean":
        """The mean of at least one value; not finite if one of them is not."""
        found = [float(each) for each in values]
        if not all(map(math.isfinite, found)):
            return cls(sum(found) / len(found), math.nan, len(found))
        deviation = statistics.stdev(found) if len(found) > 1 else 0.0
        return cls(statistics.fmean(found), deviation, len(found))

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return self.deviation / math.sqrt(self.count)

    def text(self, digits: int = 4) -> str:
        """`0.953 ± 0.002 (n = 4)`; the mean alone of a single repeat.

        Args:
            digits: How many there are after the point.
        """
        mean = f"{self.mean:.{digits}f}"
        if self.count == 1:
            return mean
        return f"{mean} ± {self.deviation:.{digits}f} (n = {self.count})"
