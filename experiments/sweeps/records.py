"""Runs of a sweep as its report needs them; read without heavy imports."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.runs import RunFolder, run_folders
from experiments.options import OptionError
from experiments.sweeps.outcomes import DIVERGED, FINISHED, Outcome, kept_outcome


@dataclass(frozen=True)
class Record:
    """A run that is over.

    Args:
        run: Its run directory.
        outcome: How it ended.
    """

    run: RunFolder
    outcome: Outcome

    @property
    def options(self) -> Mapping[str, Any]:
        """The options it was made with."""
        return self.run.options

    @property
    def success(self) -> bool | None:
        """Whether it got below half of the trivial loss; None if that is not asked."""
        return self.outcome.summary.get("success")

    def score(self, trivial: float = math.inf) -> float:
        """Its lowest loss; that of a run that diverged is no better than the trivial.

        Args:
            trivial: The loss of a network that remembers nothing.
        """
        score = self.outcome.score
        if score is None or (self.outcome.state == DIVERGED and score < trivial):
            return trivial
        return score

    def losses(self) -> list[float]:
        """The validation loss after every epoch, or else the training loss."""
        rows = self.run.history()
        name = "val_loss" if "val_loss" in rows[0] else "loss"
        return [row[name] for row in rows]


@dataclass(frozen=True)
class Study:
    """The runs of one experiment.

    Args:
        name: Its script.
        records: Those that are over.
        unfinished: How many are not.
    """

    name: str
    records: Sequence[Record]
    unfinished: int

    @property
    def trivial_loss(self) -> float:
        """The loss of a network that remembers nothing; infinite if nobody says."""
        return self._said("trivial_loss")

    @property
    def success_loss(self) -> float:
        """The loss below which a run is a success; infinite if nobody says."""
        return self._said("success_loss")

    @property
    def published(self) -> Mapping[str, str]:
        """What was published, by group, and its `setting`."""
        found = (r.outcome.summary.get("published") for r in self.records)
        return next((each for each in found if each), {})

    def _said(self, name: str) -> float:
        found = (record.outcome.summary.get(name) for record in self.records)
        return next((each for each in found if each is not None), math.inf)


def studies_of(paths: Iterable[str]) -> list[Study]:
    """The runs in some folders, by experiment.

    Args:
        paths: Run directories, or folders that hold some.

    Raises:
        OptionError: If there are none.
    """
    folders = list(dict.fromkeys(each for path in paths for each in _runs_in(path)))
    studies: dict[tuple[str, str], list[tuple[RunFolder, Outcome | None]]] = {}
    for run in run_folders([str(folder) for folder in folders]):
        key = run.experiment, run.config.get("family", "starts")
        studies.setdefault(key, []).append((run, kept_outcome(run.path)))
    return [
        Study(
            name,
            [Record(run, outcome) for run, outcome in runs if outcome is not None],
            sum(outcome is None for _, outcome in runs),
        )
        for (name, _), runs in studies.items()
    ]


def count(records: Iterable[Record], state: str = FINISHED) -> int:
    """How many runs ended in this way."""
    return sum(record.outcome.state == state for record in records)


def _runs_in(path: str) -> list[Path]:
    if not Path(path).is_dir():
        raise OptionError(f"{path} is no folder; expected run directories")
    found = list(_walk(path))
    if not found:
        raise OptionError(f"{path} holds no run directory")
    return sorted(found)


def _walk(path: str) -> Iterator[Path]:
    for folder, inner, files in os.walk(path):
        if "config.json" in files:
            inner.clear()  # what is in a run belongs to it
            yield Path(folder)
