"""The results page: tables, figures and settings, from summaries alone."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from experiments.core.report import Mean, markdown
from experiments.sweeps.plan import in_words, option_named
from experiments.sweeps.progress import duration
from experiments.sweeps.results import Row, Section, Summary, length, scores
from experiments.sweeps.worker import FINISHED

DOCS = Path(__file__).parents[2] / "docs"
HEAD = """# Results

Do the numbers come out? Every row says how many seeds it has (mean ± standard
deviation, n), how long its runs were, and what was published. No row is left out
because it came out badly or has not been run. **≠** marks a mean that is further from a
published number than twice both deviations together.

`python -m experiments reproduce` trains what is missing and leaves a small summary of
every run in `results/`; with `--page` it makes this page of them. A score is that of
the test, or else the best of validation, or else that of the last row of training.
Bands and lines in figures are one standard deviation to either side. Times of runs were
taken beside other work; an expected time is an estimate for two idle cores, of which
few were measured. Wide tables are scrolled.
"""
# For each score what it is called, the factor to its unit, and the digits shown.
SCORES = {
    "accuracy": ("accuracy, %", 100, 1),
    "mode_accuracy": ("accuracy, %", 100, 1),
    "bits_per_character": ("bits per character", 1, 3),
    "bits_per_token": ("bits per word", 1, 3),
    "perplexity": ("perplexity", 1, 1),
    "loss": ("loss, nats", 1, 4),
}
NUMBER = re.compile(r"(\d+\.\d+)(?: ± (\d+\.\d+))?(?:%| bits| \(|$)")
SHARE = re.compile(r"(\d+) of (\d+) runs")
Summaries = Mapping[str, Summary]


@dataclass(frozen=True)
class Result:
    """A row and, for each of its settings, the summaries of the runs there are."""

    row: Row
    found: Sequence[Sequence[Summary]]

    @cached_property
    def best(self) -> Sequence[Summary]:
        """The runs of the setting with the best mean; nothing without a run."""
        sign = -1 if "accuracy" in self.row.section.score else 1
        means = (
            (sign * mean.mean if (mean := self.mean(e)) else math.inf)
            for e in self.found
        )
        return min(
            zip(means, self.found, strict=True), key=lambda e: e[0], default=(0, [])
        )[1]

    def mean(self, runs: Sequence[Summary]) -> Mean | None:
        """The mean score of runs, in the unit of the table."""
        _, factor, _ = SCORES[self.row.section.score]
        found = [factor * each for each in scores(runs, self.row.section.score)]
        return Mean.of(found) if found else None

    @property
    def published(self) -> Mean | None:
        """The published number, if it is one that this row can be compared with."""
        number = NUMBER.match(self.row.published)
        if number is None or self.row.section.smaller:
            return None
        return Mean(float(number[1]), float(number[2] or 0), 1)

    @property
    def differs(self) -> bool:
        """Whether the means are further apart than twice their deviations together, of
        at least two runs.
        """
        ours, theirs = self.mean(self.best), self.published
        if ours is None or theirs is None or ours.count < 2:
            return False
        spread = 2 * math.hypot(ours.deviation, theirs.deviation)
        return abs(ours.mean - theirs.mean) > spread

    @property
    def successes(self) -> list[int]:
        """For each run that got below the second level, after how long."""
        first: list[int] = []
        for run in self.best:
            curves = run["curves"]
            losses = curves.get("val_loss", curves.get("loss", []))
            reached = [
                run["per_row"] * at
                for at, loss in zip(run["at"], losses, strict=True)
                if loss is not None and loss < self.row.section.levels[1]
            ]
            first += reached[:1]
        return first

    @property
    def unit(self) -> str:
        """What its length is counted in."""
        return "updates" if length(self.row.runs[0].program)[1] > 1 else "epochs"

    def cells(self) -> Iterator[str]:
        """The cells of its row."""
        ours, runs = self.mean(self.best), len(self.best)
        yield self.row.name
        if ours is None:
            yield "no finite number" if runs else "not run yet"
        else:
            text = ours.text(SCORES[self.row.section.score][2])
            yield text if ours.count > 1 else f"{text} (n = 1)"
        if self.row.section.levels:
            first = self.successes
            when = f", at {self.unit[:-1]} {Mean.of(first).mean:.0f}" if first else ""
            yield f"{len(first)} of {runs}{when}" if runs else ""
        yield (self.row.published or "–") + (" **≠**" if self.differs else "")
        yield self._length() if runs else f"0 of {self.row.whole} {self.unit}"
        if runs:
            yield duration(Mean.of(run["seconds"] for run in self.best).mean)
        else:
            yield f"expected: {duration(60 * self.row.minutes)}"

    def _length(self) -> str:
        states = [run["state"] for run in self.best]
        lengths = [run["rows"] * run["per_row"] for run in self.best]
        told = " to ".join(map(str, dict.fromkeys((min(lengths), max(lengths)))))
        rows, per_row = length(self.row.runs[0].program)
        if rows * per_row < self.row.whole or {*states} != {FINISHED}:
            told += f" of {self.row.whole}"
        others = (each for each in dict.fromkeys(states) if each != FINISHED)
        return ", ".join(
            [f"{told} {self.unit}", *(f"{states.count(e)} {e}" for e in others)]
        )

    def source(self) -> tuple[str, ...]:
        """Setting, seeds and commits of its best runs."""
        section, keys = self.row.section, {run["key"] for run in self.best}
        own = section.rows[self.row.name].get("set", {})
        options = {**section.set, **own, **section.shortened}
        best = next(run for run in self.row.runs if run.key in keys)
        for name in [name for name in options if isinstance(options[name], list)]:
            options[name] = best.options[option_named([best], name)]
        seeds = ", ".join(str(run["seed"]) for run in self.best)
        commits = sorted({run["commit"] or "not known" for run in self.best})
        return self.row.name, in_words(options), seeds, ", ".join(commits)


def by_section(
    rows: Sequence[Row], summaries: Summaries
) -> dict[str, tuple[Section, list[Result]]]:
    """The results of every section, by its name."""
    sections: dict[str, tuple[Section, list[Result]]] = {}
    for row in rows:
        settings = (
            [summaries[run.key] for run in runs if run.key in summaries]
            for runs in row.settings
        )
        result = Result(row, [each for each in settings if each])
        sections.setdefault(row.section.name, (row.section, []))[1].append(result)
    return sections


def page(rows: Sequence[Row], summaries: Summaries) -> str:
    """The text of the page, in Markdown."""
    parts = by_section(rows, summaries).values()
    lines = [HEAD, *(line for part in parts for line in _section(*part))]
    return "\n".join(lines) + "\n"


def _section(section: Section, found: Sequence[Result]) -> Iterator[str]:
    yield f"## {section.title}\n"
    smaller = f"; **smaller than published**: {section.smaller}"
    paper = f"[The publication](papers/{section.paper}.md)"
    yield f"{paper}{smaller if section.smaller else ''}.\n"
    for kind in kinds(section, found):
        yield f"![{section.title}](results/{section.name}-{kind}.svg)\n"
    head = ["", SCORES[section.score][0], "published", "length", "time of a run"]
    if section.levels:
        head.insert(2, f"below {section.levels[1]:g}")
    yield from markdown([head, *(tuple(each.cells()) for each in found)])
    yield ""
    for title, notes in (("Known", section.settled), ("Open", section.open)):
        yield from (f"- **{title}**: {' '.join(each.split())}\n" for each in notes)
    table = [each.source() for each in found if each.best]
    if table:
        runs = [run["versions"] for each in found for run in each.best]
        versions = dict.fromkeys(in_words(each) for each in runs)
        yield "<details><summary>Settings, versions and commits</summary>\n"
        yield from (f"With {each}.\n" for each in versions)
        yield from markdown([("", "setting", "seeds", "commit"), *table])
        yield "\n</details>\n"


def kinds(section: Section, found: Sequence[Result]) -> list[str]:
    """The kinds of figures of a section, of which there are none without runs."""
    return list(section.figure) if any(e.mean(e.best) for e in found) else []
