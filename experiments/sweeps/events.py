"""What the back ends of a sweep tell while they work."""

from dataclasses import dataclass
from typing import Any

# A unit whose worker dies as often is not given out again.
MOST_TRIES = 3


@dataclass(frozen=True)
class Started:
    """A worker begins with a unit, for the first time or again."""

    unit: Any


@dataclass(frozen=True)
class Ended:
    """A worker has done a unit, with this result."""

    unit: Any
    result: Any


@dataclass(frozen=True)
class Died:
    """The workers that had a unit died, the last one in this way."""

    unit: Any
    how: str


@dataclass(frozen=True)
class Tick:
    """Some time has passed."""


Event = Started | Ended | Died | Tick
