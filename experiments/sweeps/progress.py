"""How far a sweep is, in a table that is written anew, or in lines."""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from experiments.core.report import aligned, gathered
from experiments.sweeps.plan import Planned, grouping, varied, word
from experiments.sweeps.worker import (
    DIVERGED,
    FAILED,
    FINISHED,
    HOPELESS,
    Outcome,
)

SECONDS_PER_PAINTING = 0.5
SECONDS_PER_LINE = 60.0  # at most, where there is no terminal


class Progress:
    """What is known of the runs of a sweep, shown on a stream.

    `kept` says how those ended that were trained before, by their keys.
    """

    def __init__(
        self,
        runs: Sequence[Planned],
        kept: Mapping[str, Outcome],
        stream: TextIO | None = None,
    ):
        self.runs, self.outcomes = runs, dict(kept)
        self.stream = stream or sys.stdout
        self._running: dict[str, float] = {}
        self._units = self._most_units = 0  # at a time
        self._durations: list[float] = []
        self._group = grouping(runs)
        self._told = [name for name in varied(runs) if name != self._group]
        self._lines = 0
        self._painted: float | None = None

    @property
    def left(self) -> float | None:
        """Seconds until the end, if all runs take as long as those so far."""
        if not self._durations:
            return None
        mean, now = sum(self._durations) / len(self._durations), time.monotonic()
        waiting = len(self.runs) - len(self.outcomes) - len(self._running)
        begun = (max(mean - (now - then), 0.0) for then in self._running.values())
        return (waiting * mean + sum(begun)) / max(self._most_units, 1)

    def started(self, unit: Sequence[Planned]) -> None:
        """A worker begins with a unit, or another one begins with it again."""
        self._units += unit[0].key not in self._running
        self._most_units = max(self._most_units, self._units)
        self._running.update((run.key, time.monotonic()) for run in unit)
        self.show()

    def ended(self, unit: Sequence[Planned], outcomes: Sequence[Outcome]) -> None:
        """A worker is done with a unit."""
        self._units -= 1
        for run, outcome in zip(unit, outcomes, strict=True):
            self._running.pop(run.key, None)
            self.outcomes[run.key] = outcome
            self._durations.append(outcome.seconds)
            if not self.stream.isatty():
                self._say(run, outcome)
        self.show()

    def show(self, last: bool = False) -> None:
        """Shows the table, again and again on a terminal; else it ends the sweep.

        Where there is no terminal a line now and then says that it goes on.
        """
        now, terminal = time.monotonic(), self.stream.isatty()
        often = SECONDS_PER_PAINTING if terminal else SECONDS_PER_LINE
        if not last and self._painted is not None and now - self._painted < often:
            return
        self._painted = now
        if not terminal and not last:
            if self._running:
                print(self.state(), file=self.stream, flush=True)
            return
        width = shutil.get_terminal_size().columns - 1 if terminal else None
        lines = [line[:width] for line in self.lines()]
        up = f"\x1b[{self._lines}A\x1b[J" if self._lines and terminal else ""
        self._lines = len(lines)
        print(up + "\n".join(lines), file=self.stream, flush=True)

    def state(self) -> str:
        """How far the sweep is, and how long it will take, in a line."""
        words = [f"{len(self.outcomes)} of {len(self.runs)} runs"]
        if self._running:
            words.append(f"{len(self._running)} running, {self._epochs()}")
        if self._running and self.left is not None:
            words.append(f"{duration(self.left)} left")
        return ", ".join(words)

    def lines(self) -> list[str]:
        """The table, below a line that says how far the sweep is."""
        head = (self._group or "", "done", "running", "given up", "failed")
        rows = [(*head, "success", "best loss", "of")]

        def group(run: Planned) -> str:
            return word(run.options.get(self._group)) if self._group else "all"

        groups = gathered((group(run), run) for run in self.runs)
        rows += [self._row(name, runs) for name, runs in groups.items()]
        return ["", self.state(), *aligned(rows)]

    def _epochs(self) -> str:
        """How far those are that are being trained."""
        running = [run for run in self.runs if run.key in self._running]
        counts = sorted(rows_of(run.directory / "metrics.csv") for run in running)
        ends = dict.fromkeys((counts[0], counts[-1]))
        return "after epoch " + " to ".join(map(str, ends))

    def _row(self, name: str, runs: Sequence[Planned]) -> tuple[str, ...]:
        ended = [
            (run, self.outcomes[run.key]) for run in runs if run.key in self.outcomes
        ]
        states = Counter(outcome.state for _, outcome in ended)
        scored = [each for each in ended if each[1].score is not None]
        best, told = "", ""
        if scored:
            run, outcome = min(scored, key=lambda each: each[1].score or 0.0)
            best, told = f"{outcome.score:.4f}", run.told(self._told)
        judged = [outcome.summary.get("success") for _, outcome in ended]
        judged = [each for each in judged if each is not None]
        return (
            name,
            f"{len(ended)}/{len(runs)}",
            str(sum(run.key in self._running for run in runs)),
            str(states[DIVERGED] + states[HOPELESS]),
            str(states[FAILED]),
            str(sum(judged)) if judged else "",
            best,
            told,
        )

    def _say(self, run: Planned, outcome: Outcome) -> None:
        names = [*([self._group] if self._group else []), *self._told]
        words = [f"[{len(self.outcomes)}/{len(self.runs)}] {run.told(names) or 'run'}:"]
        if outcome.state != FINISHED:
            words.append(f"{outcome.state}, {outcome.message},")
        elif outcome.score is not None:
            words.append(f"loss {outcome.score:.4f},")
        words.append(duration(outcome.seconds))
        if self.left:
            words.append(f"({duration(self.left)} left)")
        print(" ".join(words), file=self.stream, flush=True)


def rows_of(file: Path) -> int:
    """How many rows a table has below its head; none if it is not there."""
    try:
        return max(file.read_bytes().count(b"\n") - 1, 0)
    except OSError:
        return 0


def duration(seconds: float) -> str:
    """A time in words: `3 d 4 h`, `1 h 5 min`, `2 min 10 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((place for place, part in enumerate(parts) if part[0]), 3)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])
