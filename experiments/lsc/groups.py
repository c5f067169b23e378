"""Means and deviations of groups of runs, as numbers and as texts."""

from collections.abc import Iterable, Mapping, Sequence

from experiments.core.statistics import Mean
from experiments.lsc.records import STARTS, Record
from experiments.lsc.tables import NETWORKS

GROUP_HEAD = ("task", "layers", "net", "start", "runs", "metric", "mean", "std")
GROUP_HEAD += ("mean radius", "std of radius", "target", "missed")


def group_rows(found: Sequence[Record]) -> list[tuple]:
    """A row for each task, depth, network and start."""
    rows = []
    keys = distinct((e.task, e.depth, e.net, e.start) for e in found)
    for key in sorted(keys, key=lambda k: (*k[:2], NETWORKS.index(k[2]), place(k[3]))):
        runs = [e for e in found if (e.task, e.depth, e.net, e.start) == key]
        radii = [e.radius for e in runs if e.radius is not None]
        target = "" if runs[0].target is None else runs[0].target
        score = Mean.of(e.score for e in runs)
        of_radii = ("", "")
        if radii:
            found_radii = Mean.of(radii)
            of_radii = (found_radii.mean, found_radii.deviation)
        rows.append(
            (
                *(*key, len(runs), runs[0].metric),
                *(score.mean, score.deviation),
                *(*of_radii, target, sum(e.missed for e in runs)),
            )
        )
    return rows


def by_start(found: Sequence[Record], of: str | None = "score") -> Mapping[str, list]:
    """Runs, or what they have as `of`, by start."""
    return {
        start: [getattr(e, of) if of else e for e in found if e.start == start]
        for start in starts_of(found)
    }


def starts_of(found: Sequence[Record]) -> list[str]:
    """The starts that there are, in the order of the figures."""
    return sorted(distinct(each.start for each in found), key=place)


def place(start: str) -> tuple[int, str]:
    """Where a start comes in that order."""
    return (STARTS.index(start) if start in STARTS else len(STARTS), start)


def nets_of(found: Sequence[Record]) -> list[str]:
    """The networks that there are, in the order of the tables."""
    return [net for net in NETWORKS if any(each.net == net for each in found)]


def entry(values: Sequence[float], digits: int = 3) -> str:
    """`0.953 ± 0.002 (n = 4)`, or without a deviation for one value."""
    if not values:
        return ""
    found = Mean.of(values)
    return found.text(1 if abs(found.mean) >= 10 else digits)


def distinct(values: Iterable) -> list:
    """Values without repetitions, in their order."""
    return list(dict.fromkeys(values))
