"""The results page: tables, figures and settings, from summaries alone."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from experiments.core.report import Mean, markdown
from experiments.sweeps.plan import in_words
from experiments.sweeps.progress import duration
from experiments.sweeps.results import Row, Section, per_row, rows_planned, scores
from experiments.sweeps.worker import DIVERGED, FINISHED, HOPELESS

DOCS = Path(__file__).parents[2] / "docs"
HEAD = """# Results

Do the numbers come out? Every row says how many seeds it has (mean ± standard
deviation, n), how long its runs were, and what was published. No row is left out
because it came out badly or has not been run. **≠** marks a mean that is further from a
published number than twice both deviations together.

`python -m experiments reproduce` trains what is missing and leaves a small summary of
every run in `results/`; with `--page` it makes this page of them. A score is that of
the test, or else the best of validation, or else that of the last row of training.
Bands and lines in figures are one standard deviation to either side. Wide tables are
scrolled.
"""
SCORES = {
    "accuracy": ("accuracy, %", 100, 1),
    "mode_accuracy": ("accuracy, %", 100, 1),
    "bits_per_character": ("bits per character", 1, 3),
    "bits_per_token": ("bits per word", 1, 3),
    "perplexity": ("perplexity", 1, 1),
    "loss": ("loss, nats", 1, 4),
}
NUMBER = re.compile(r"(\d+\.\d+)(?: ± (\d+\.\d+))?(?:%| bits| \(|$)")
COUNTS = re.compile(r"(\d+) of (\d+) runs")
Summaries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Result:
    """A row and its runs.

    Args:
        row: The row.
        found: For each of its settings the summaries of its runs.
    """

    row: Row
    found: Sequence[Sequence[Mapping[str, Any]]]

    @classmethod
    def of(cls, row: Row, summaries: Summaries) -> "Result":
        """The runs of a row that there are."""
        settings = (
            [summaries[run.key] for run in runs if run.key in summaries]
            for runs in row.settings
        )
        return cls(row, [each for each in settings if each])

    @property
    def section(self) -> Section:
        """Its section."""
        return self.row.section

    @cached_property
    def best(self) -> Sequence[Mapping[str, Any]]:
        """The runs of the setting with the best mean; nothing without a run."""
        sign = -1 if self.section.rises else 1

        def mean(runs):
            found = list(scores(runs, self.section.score))
            return sign * Mean.of(found).mean if found else math.inf

        return min(self.found, key=mean, default=[])

    @property
    def score(self) -> Mean | None:
        """The score of the best setting, in the unit of the table."""
        found = list(scores(self.best, self.section.score))
        factor = SCORES[self.section.score][1]
        return Mean.of(factor * each for each in found) if found else None

    @property
    def published(self) -> Mean | None:
        """The published number, if it is one that this row can be compared with."""
        number = NUMBER.match(self.row.published)
        if number is None or self.section.smaller:
            return None
        return Mean(float(number[1]), float(number[2] or 0), 1)

    @property
    def differs(self) -> bool:
        """Whether mean and published number are further apart than twice their
        deviations together, of at least two runs.
        """
        ours, theirs = self.score, self.published
        if ours is None or theirs is None or ours.count < 2:
            return False
        spread = 2 * math.hypot(ours.deviation, theirs.deviation)
        return abs(ours.mean - theirs.mean) > spread

    @property
    def successes(self) -> list[float]:
        """For each run that got below the second level, after how long."""
        below, first = self.section.levels[1], []
        for run in self.best:
            name = "val_loss" if "val_loss" in run["curves"] else "loss"
            losses = zip(run["at"], run["curves"].get(name, []), strict=False)
            reached = [at for at, loss in losses if loss is not None and loss < below]
            if not reached and (run["best"].get(name) or math.inf) < below:
                reached = [run["best"]["epoch"]]
            first += [reached[0] * run["per_row"]] if reached else []
        return first

    def cells(self) -> Iterator[str]:
        """The cells of its row."""
        _, _, digits = SCORES[self.section.score]
        yield self.row.name
        if self.score is None:
            yield "not run yet" if not self.found else "no number"
        else:
            said = self.score.text(digits)
            yield said if self.score.count > 1 else f"{said} (n = 1)"
        if self.section.levels:
            yield self._success() if self.best else ""
        yield self.row.published + (" **≠**" if self.differs else "") or "–"
        yield self._length()
        yield self._seconds()

    def _success(self) -> str:
        first = self.successes
        if not first:
            return f"0 of {len(self.best)}"
        when = f"{Mean.of(first).mean:.0f}"
        return f"{len(first)} of {len(self.best)}, from {self._unit[:-1]} {when}"

    @property
    def _unit(self) -> str:
        return "updates" if per_row(self.row.program) > 1 else "epochs"

    def _length(self) -> str:
        if not self.best:
            return f"0 of {self.row.whole} {self._unit}"
        lengths = sorted({run["rows"] * run["per_row"] for run in self.best})
        words = [" to ".join(map(str, dict.fromkeys((lengths[0], lengths[-1]))))]
        asked = rows_planned(self.row.program) * per_row(self.row.program)
        states = [run["state"] for run in self.best]
        if asked < self.row.whole or set(states) != {FINISHED}:
            words.append(f"of {self.row.whole}")
        words.append(self._unit)
        told = [
            f"{states.count(state)} {state}"
            for state in (DIVERGED, HOPELESS, "unfinished")
            if state in states
        ]
        return " ".join(words) + "".join(f", {each}" for each in told)

    def _seconds(self) -> str:
        if not self.best:
            runs = len(self.row.runs)
            return f"about {duration(60 * self.row.minutes * runs)} for {runs} runs"
        return duration(Mean.of(run["seconds"] for run in self.best).mean)

    def source(self) -> tuple[str, ...]:
        """Setting, seeds and commits of its best runs."""
        options = {
            **self.section.set,
            **self.section.rows[self.row.name].get("set", {}),
        }
        options |= self.section.shortened
        if len(self.row.settings) > 1:
            of = next(runs for runs in self.row.settings if self._is_best(runs))
            options = {
                name: of[0].options[name] if isinstance(value, list) else value
                for name, value in options.items()
            }
        seeds = ", ".join(str(run["seed"]) for run in self.best)
        commits = sorted({run["commit"] or "not known" for run in self.best})
        return self.row.name, in_words(options), seeds, ", ".join(commits)

    def _is_best(self, runs: Iterable[Any]) -> bool:
        return self.best[0]["key"] in {run.key for run in runs}


def page(rows: Sequence[Row], summaries: Summaries) -> str:
    """The text of the page, in Markdown."""
    lines = [HEAD]
    for section, found in by_section(rows, summaries):
        lines += [*_section(section, found), ""]
    return "\n".join(lines).rstrip() + "\n"


def by_section(
    rows: Sequence[Row], summaries: Summaries
) -> Iterator[tuple[Section, list[Result]]]:
    """The results of every section."""
    for name in dict.fromkeys(row.section.name for row in rows):
        of = [row for row in rows if row.section.name == name]
        yield of[0].section, [Result.of(row, summaries) for row in of]


def pictures(section: Section, found: Sequence[Result]) -> list[str]:
    """The names of the figures of a section, of which there are none without runs."""
    if not any(each.score for each in found):
        return []
    return [f"{section.name}-{kind}" for kind in section.figure]


def _section(section: Section, found: Sequence[Result]) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield f"[The publication](papers/{section.paper}.md)."
    if section.smaller:
        yield f"**Smaller than published**: {section.smaller}."
    yield ""
    for name in pictures(section, found):
        yield f"![{section.title}](results/{name}.svg)\n"
    head = ["", SCORES[section.score][0], "published", "length", "time of a run"]
    if section.levels:
        head.insert(2, f"below {section.levels[1]:g}")
    yield from markdown([head, *(tuple(each.cells()) for each in found)])
    yield ""
    for title, notes in (("Known", section.settled), ("Open", section.open)):
        yield from (f"- **{title}**: {' '.join(note.split())}" for note in notes)
    yield "\n<details><summary>Settings and sources</summary>\n"
    versions = {
        ", ".join(f"{name} {number}" for name, number in run["versions"].items())
        for each in found
        for run in each.best
    }
    yield from (f"With {each}.\n" for each in sorted(versions))
    table = [each.source() for each in found if each.best]
    if table:
        yield from markdown([("", "setting", "seeds", "commit"), *table])
    yield f"\nTo go on: `python -m experiments reproduce --only {section.name}`\n"
    yield "</details>"


def write_page(
    rows: Sequence[Row], summaries: Summaries, docs: Path = DOCS
) -> list[Path]:
    """Writes the page and its figures; returns the files."""
    from experiments.sweeps.results_figures import draw

    files = [docs / "results.md"]
    files[0].write_text(page(rows, summaries), encoding="utf-8")
    (docs / "results").mkdir(exist_ok=True)
    for section, found in by_section(rows, summaries):
        for name in pictures(section, found):
            file = docs / "results" / f"{name}.svg"
            draw(name.removeprefix(f"{section.name}-"), section, found, file)
            files.append(file)
    return files
