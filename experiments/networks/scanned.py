"""What networks have in common whose recurrence is one linear scan."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class Scanned(Recurrent):
    """A network whose states are one scan."""

    scan: str = option(
        "loop",
        "way of the scan: one step after the other, or pairs of steps at a time, which "
        "is for accelerators",
        choices=("loop", "associative"),
        role="numerics",
        group="scans",
    )
