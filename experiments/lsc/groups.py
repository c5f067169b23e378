"""Means and deviations of groups of runs, as numbers and as texts."""

from collections.abc import Iterable, Mapping, Sequence

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
        of_radii = mean_and_std(radii) if radii else ("", "")
        rows.append(
            (
                *(*key, len(runs), runs[0].metric),
                *mean_and_std([e.score for e in runs]),
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


def mean_and_std(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    return mean, variance**0.5


def entry(values: Sequence[float], digits: int = 3) -> str:
    """`0.953 ± 0.002`, or without a deviation for one value."""
    if not values:
        return ""
    mean, deviation = mean_and_std(values)
    shown = 1 if abs(mean) >= 10 else digits
    text = f"{mean:.{shown}f}"
    return text if len(values) == 1 else f"{text} ± {deviation:.{shown}f}"


def distinct(values: Iterable) -> list:
    """Values without repetitions, in their order."""
    return list(dict.fromkeys(values))
