"""The settings of a sweep: runs that differ in their seed alone."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.statistics import Mean
from experiments.options import OptionError
from experiments.sweeps.outcomes import DIVERGED
from experiments.sweeps.plan import in_words, varied
from experiments.sweeps.progress import grouping
from experiments.sweeps.records import Record, Study, count

# What is on the axes of a map if nothing is said: the first of these that vary.
ACROSS = ("lr", "gain")
UP = ("init_scale", "saturation", "lr_orth")
Point = tuple[float, float]


@dataclass(frozen=True)
class Setting:
    """Runs that differ in their seed alone.

    Args:
        options: The options that vary in the study, but for the group and the seed.
        records: The runs.
        trivial: The loss of a network that remembers nothing.
    """

    options: Mapping[str, Any]
    records: Sequence[Record]
    trivial: float

    @property
    def scores(self) -> list[float]:
        """The lowest loss of each run."""
        return [record.score(self.trivial) for record in self.records]

    @property
    def mean(self) -> float:
        """The mean of these; infinite if no run came to an end."""
        if count(self.records, DIVERGED) == len(self.records):
            return math.inf
        return Mean.of(self.scores).mean

    @property
    def error(self) -> float:
        """The standard error of the mean; 0 of a single run."""
        return Mean.of(self.scores).error

    @property
    def successes(self) -> int:
        """How many runs succeeded."""
        return sum(record.success or False for record in self.records)

    def curves(self) -> list[list[float]]:
        """The losses of its runs, which keep the last one when they have stopped."""
        found = [r.losses() for r in self.records if r.outcome.score is not None]
        longest = max(map(len, found), default=0)
        return [losses + losses[-1:] * (longest - len(losses)) for losses in found]

    @property
    def words(self) -> str:
        """Its options: `init_scale 1.02, lr 0.0001`."""
        words = (f"{name} {in_words(value)}" for name, value in self.options.items())
        return ", ".join(words) or "all runs"


@dataclass(frozen=True)
class Layout:
    """By which options a study is shown.

    Args:
        group: The option whose values are told apart; None for all together.
        across: The option across a map, if there is one.
        up: The option up a map, if there is one.
    """

    group: str | None
    across: str | None
    up: str | None


def layout_of(study: Study, group=None, across=None, up=None) -> Layout:
    """How a study is best shown; what is said goes first.

    Raises:
        OptionError: If the runs do not differ in an option that is asked for.
    """
    differ = varied([record.options for record in study.records])
    for name in (group, across, up):
        if name is not None and name not in differ:
            among = ", ".join(differ) or "nothing"
            raise OptionError(
                f"expected an option in which the runs of {study.name} differ "
                f"({among}), received {name!r}"
            )
    numbers = [
        name
        for name, values in differ.items()
        if name != "seed" and all(isinstance(each, int | float) for each in values)
    ]
    across = across or _first(numbers, ACROSS, up)
    up = up or _first(numbers, UP, across)
    group = group or grouping([record.options for record in study.records])
    return Layout(group, across, up)


def settings_by_group(study: Study, layout: Layout) -> dict[str, list[Setting]]:
    """The settings of a study by the values of its group."""
    differ = varied([record.options for record in study.records])
    names = [name for name in differ if name not in ("seed", layout.group)]
    runs: dict[str, dict[tuple, list[Record]]] = {}
    for record in study.records:
        group = in_words(record.options.get(layout.group)) if layout.group else "all"
        key = tuple(str(record.options.get(name)) for name in names)
        runs.setdefault(group, {}).setdefault(key, []).append(record)
    return {
        group: [
            Setting(
                {name: records[0].options.get(name) for name in names},
                records,
                study.trivial_loss,
            )
            for records in runs[group].values()
        ]
        for group in _in_order(runs, study.published)
    }


def best_of(settings: Iterable[Setting]) -> Setting:
    """The setting with the lowest mean."""
    return min(settings, key=lambda setting: setting.mean)


def map_of(settings: Iterable[Setting], layout: Layout) -> dict[Point, float]:
    """The lowest mean loss at every point of a map, whatever else varies."""
    found: dict[Point, float] = {}
    for setting in settings:
        point = (
            float(setting.options.get(layout.across or "") or 0.0),
            float(setting.options.get(layout.up or "") or 0.0),
        )
        found[point] = min(found.get(point, math.inf), setting.mean)
    return found


def _in_order(names: Iterable[str], published: Iterable[str]) -> list[str]:
    """The order of what was published, then that of the alphabet."""
    return sorted(names, key=lambda name: ([*published, name].index(name), name))


def _first(names: Sequence[str], wanted: Sequence[str], taken: str | None):
    free = [name for name in names if name != taken]
    return next((each for each in (*wanted, *free) if each in free), None)
