"""The runs of a report by experiment, group and setting; read without heavy imports."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.report import Mean
from experiments.core.runs import RunFolder, repeats, run_folders
from experiments.sweeps.plan import grouping, in_words, option_named, varied, word
from experiments.sweeps.worker import DIVERGED, Outcome, kept_outcome

# Losses are compared among runs that agree in these: what is learnt.
DATA = ("corpus", "cell", "dataset", "task")
# The axes of a map if nothing is said: the first of these that vary.
ACROSS = ("learning_rate", "lr", "gain")
UP = ("init_scale", "saturation", "lr_orth")
Point = tuple[float, float]


@dataclass(frozen=True)
class Record:
    """A run that is over: its directory, and how it ended."""

    run: RunFolder
    outcome: Outcome

    @property
    def success(self) -> bool | None:
        """Whether it got below half of the trivial loss; None if that is not asked."""
        return self.outcome.summary.get("success")

    def score(self, trivial: float = math.inf) -> float:
        """Its lowest loss; of a run that diverged it is no better than the trivial."""
        score = self.outcome.score
        if score is None or (self.outcome.state == DIVERGED and score < trivial):
            return trivial
        return score

    def losses(self) -> list[float]:
        """The validation loss after every epoch, or else the training loss."""
        rows = self.run.history()
        name = "val_loss" if "val_loss" in rows[0] else "loss"
        return [row[name] for row in rows if name in row]


@dataclass(frozen=True)
class Study:
    """The runs of one experiment."""

    name: str  # its script, and the data if there are several
    records: Sequence[Record]  # of runs that are over
    unfinished: int  # how many are not

    @property
    def runs(self) -> list[RunFolder]:
        """The run directories of those that are over."""
        return [record.run for record in self.records]

    @property
    def trivial_loss(self) -> float:
        """The loss of a network that remembers nothing; infinite if nobody says."""
        return self._said("trivial_loss", math.inf)

    @property
    def success_loss(self) -> float:
        """The loss below which a run is a success; infinite if nobody says."""
        return self._said("success_loss", math.inf)

    @property
    def published(self) -> Mapping[str, str]:
        """The published results by group, and their `setting`."""
        return self._said("published", {})

    def _said(self, name: str, default: Any) -> Any:
        found = (record.outcome.summary.get(name) for record in self.records)
        return next((each for each in found if each), default)


@dataclass(frozen=True)
class Setting:
    """Repeats: runs that differ in their seed alone."""

    options: Mapping[str, Any]  # that vary in the study, but for the group and the seed
    records: Sequence[Record]
    trivial: float  # the loss of a network that remembers nothing

    @property
    def lowest(self) -> Mean:
        """The lowest loss of the runs; infinite if none came to an end."""
        if all(each.outcome.state == DIVERGED for each in self.records):
            return Mean(math.inf, math.nan, len(self.records))
        return Mean.of(record.score(self.trivial) for record in self.records)

    @property
    def successes(self) -> int:
        """How many runs succeeded."""
        return sum(record.success or False for record in self.records)

    def curves(self) -> list[list[float]]:
        """The losses of its runs, which keep the last one when they have stopped."""
        found = [r.losses() for r in self.records if r.outcome.score is not None]
        longest = max(map(len, found), default=0)
        return [losses + losses[-1:] * (longest - len(losses)) for losses in found]

    def tested(self) -> dict[str, Mean]:
        """The test results by metric, with `epochs` and `minutes`; or nothing."""
        found = [
            r.outcome.summary for r in self.records if r.outcome.summary.get("test")
        ]
        if not found:
            return {}
        names = [n for n in found[0]["test"] if all(n in s["test"] for s in found)]
        means = {name: Mean.of(s["test"][name] for s in found) for name in names}
        means["epochs"] = Mean.of(s.get("epochs", math.nan) for s in found)
        seconds = [s.get("seconds", math.nan) / 60 for s in found]
        return {**means, "minutes": Mean.of(seconds)}

    @property
    def words(self) -> str:
        """Its options: `init_scale 1.02, learning_rate 0.0001`."""
        return in_words(self.options) or "all runs"


@dataclass(frozen=True)
class Layout:
    """The options by which a study is shown."""

    group: str | None  # whose values are told apart; None for all together
    across: str | None  # across a map, if there is one
    up: str | None  # up a map, if there is one


def studies_of(paths: Iterable[str]) -> list[Study]:
    """The runs in some folders, or that are such folders, by experiment."""
    folders = list(dict.fromkeys(each for path in paths for each in _runs_in(path)))
    studies: dict[tuple[str, ...], list[tuple[RunFolder, Outcome | None]]] = {}
    for run in run_folders([str(folder) for folder in folders]):
        data = (word(run.options[name]) for name in DATA if name in run.options)
        key = run.experiment, run.recipe, *data
        studies.setdefault(key, []).append((run, kept_outcome(run.path)))
    of_script = Counter(key[0] for key in studies)
    return [
        Study(
            script
            if of_script[script] == 1
            else "-".join([script, *(data or [recipe])]),
            [Record(run, outcome) for run, outcome in runs if outcome is not None],
            sum(outcome is None for _, outcome in runs),
        )
        for (script, recipe, *data), runs in studies.items()
    ]


def layout_of(study: Study, group=None, across=None, up=None) -> Layout:
    """How a study is best shown; what is said goes first."""
    differ = varied(study.runs)
    group, across, up = (
        name if name is None else option_named(study.runs, name)
        for name in (group, across, up)
    )
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
    return Layout(group or grouping(study.runs), across, up)


def settings_by_group(study: Study, layout: Layout) -> dict[str, list[Setting]]:
    """The settings of a study by the values of its group."""
    names = [n for n in varied(study.runs) if n not in ("seed", layout.group)]
    records = {record.run.path: record for record in study.records}
    groups: dict[str, list[Setting]] = {}
    for runs in repeats(study.runs):
        has = runs[0].options
        group = word(has.get(layout.group)) if layout.group else "all"
        options = {name: has[name] for name in names if name in has}
        setting = Setting(options, [records[r.path] for r in runs], study.trivial_loss)
        groups.setdefault(group, []).append(setting)
    order = [*study.published]  # of what was published, then that of the alphabet
    names = sorted(groups, key=lambda name: ([*order, name].index(name), name))
    return {name: groups[name] for name in names}


def best_of(settings: Iterable[Setting]) -> Setting:
    """The setting with the lowest mean."""
    return min(settings, key=lambda setting: setting.lowest.mean)


def map_of(settings: Iterable[Setting], layout: Layout) -> dict[Point, float]:
    """The lowest mean loss at every point of a map, whatever else varies."""
    found: dict[Point, float] = {}
    for setting in settings:
        point = (
            float(setting.options.get(layout.across or "") or 0.0),
            float(setting.options.get(layout.up or "") or 0.0),
        )
        found[point] = min(found.get(point, math.inf), setting.lowest.mean)
    return found


def _runs_in(path: str) -> list[Path]:
    if not Path(path).is_dir():
        raise OptionError(f"{path} is no folder; expected run directories")
    found = sorted(_walk(path))
    if not found:
        raise OptionError(f"{path} holds no run directory")
    return found


def _walk(path: str) -> Iterator[Path]:
    for folder, inner, files in os.walk(path):
        if "config.json" in files:
            if not any(each.startswith("seed-") for each in inner):
                yield Path(folder)
                inner.clear()  # what is in a run belongs to it
            else:  # a run of several rounds: its means are made here
                inner[:] = [each for each in inner if each.startswith("seed-")]


def _first(names: Sequence[str], wanted: Sequence[str], taken: str | None):
    free = [name for name in names if name != taken]
    return next((each for each in (*wanted, *free) if each in free), None)
