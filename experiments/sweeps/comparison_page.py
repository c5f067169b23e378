"""The page of a comparison, in Markdown and in HTML, made from run directories."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from experiments.core.report import Mean, aligned, markdown
from experiments.core.runs import read_config
from experiments.published.literature import published_alone
from experiments.sweeps.comparison import (
    PROBLEMS,
    SHARED,
    Cell,
    Result,
    parameters,
    result_of,
)
from experiments.sweeps.plan import in_words, word
from experiments.sweeps.report import html_table, page

TITLE = "Networks side by side"
Block = tuple[str, Any]  # a heading, a paragraph, a table or a command, and its content
INTRODUCTION = (
    "Every network and every start at one number of parameters, by one way of "
    "training: {shared}; orthogonal parameters have a tenth of the learning rate. The "
    "rate is that of {rates} with the lowest validation loss (of fresh sequences where "
    "every update has its own) at the first seed.",
    "Score: mean ± standard deviation over seeds (n). Place: a range, as far as the "
    "intervals of score ± deviation overlap; it is no test of significance, and there "
    "is none for a single seed. Success: updates until the loss was below half of that "
    "of a network that remembers nothing, the mean of the seeds that came there, and "
    "how many did. Milliseconds per update: median over the rows of metrics.csv but "
    "the first, which compiles; the machine may have done other work. Memory: how much "
    "the process grew at most, compilation included. Henrici index (0 is normal, 1 "
    "nilpotent; mean over gates) and spectral radius (largest of the gates) are those "
    "of the trained recurrent matrix, where there is one.",
    "One size, one optimizer and few rates: another budget, more updates or settings "
    "of its own can turn the order round.",
)
HEAD = ("network", "place", "score", "success", "ms per update", "parameters", "units")
HEAD = (*HEAD, "memory, MB", "Henrici index", "spectral radius", "learning rate")


@dataclass(frozen=True)
class Line:
    """A line of a table.

    Args:
        cell: The network on the task.
        results: Its runs at the best learning rate.
        sign: -1 if a higher score is the better one, else 1.
    """

    cell: Cell
    results: Sequence[Result]
    sign: int

    @property
    def score(self) -> Mean:
        """Mean and deviation of the score; not a number if a run diverged."""
        return Mean.of(each.score for each in self.results)

    @property
    def order(self) -> float:
        """What lines are sorted by."""
        mean = self.score.mean
        return math.inf if math.isnan(mean) else self.sign * mean

    @property
    def interval(self) -> tuple[float, float] | None:
        """The best and the worst of score ± deviation; None of a single seed."""
        deviation = self.score.deviation
        if self.score.count == 1 or math.isnan(deviation):
            return None
        return self.order - deviation, self.order + deviation

    def place(self, others: Iterable["Line"]) -> str:
        """The range of its places among all lines that have an interval."""
        if self.interval is None:
            return ""
        low, high = self.interval
        known = [each.interval for each in others if each.interval]
        first = 1 + sum(worst < low for _, worst in known)
        last = len(known) - sum(best > high for best, _ in known)
        return str(first) if first == last else f"{first} to {last}"

    def told(self, others: Sequence["Line"]) -> tuple[str, ...]:
        """Its cells."""
        score, options = self.score, self.results[0].run.options
        text = score.text() + ("" if score.count > 1 else " (n = 1)")
        if math.isnan(score.mean):
            lost = sum(math.isnan(each.score) for each in self.results)
            text = f"{lost} of {score.count} diverged"
        reached = [each.updates for each in self.results if each.updates]
        success = f"{Mean.of(reached).mean:.0f} " if reached else ""
        times = [e.milliseconds for e in self.results if math.isfinite(e.milliseconds)]
        measures = [each.summary.get("measures", {}) for each in self.results]
        return (
            self.cell.entry,
            self.place(others),
            text,
            f"{success}({len(reached)} of {score.count})",
            f"{Mean.of(times).mean:.1f}" if times else "",
            f"{parameters(self.results[0].run.program):,}",
            str(options["units"]),
            _mean((each.get("peak_memory") for each in measures), ".0f"),
            _mean((each.get("henrici_index") for each in measures), ".3f"),
            _mean((each.get("spectral_radius") for each in measures), ".3f"),
            word(options["learning_rate"]),
            published_alone(self.results[0].run.program),
        )


def blocks(cells: Sequence[Cell], command: str) -> Iterator[Block]:
    """The page: headings, paragraphs, tables and commands.

    Args:
        cells: What is compared, task by task.
        command: The command line that makes the page.
    """
    rates = ", ".join(map(word, cells[0].rates))
    for text in INTRODUCTION:
        yield "p", text.format(shared=in_words(SHARED), rates=rates)
    yield "p", "This command trains what is missing and makes the page again:"
    yield "pre", command
    for problem, group in groupby(cells, key=lambda cell: cell.problem):
        yield from _section(problem, list(group))


def _section(problem: str, cells: Sequence[Cell]) -> Iterator[Block]:
    name, settings = PROBLEMS[problem].score, in_words(cells[0].settings)
    score = (name or "loss").replace("_", " ")
    sign = -1 if "accuracy" in score else 1
    lines = [Line(cell, found, sign) for cell in cells if (found := cell.results())]
    lines.sort(key=lambda line: line.order)
    yield "h2", problem
    where = "of the test data" if name else "of fresh sequences, last tenth of all"
    yield "p", f"{settings}. Score: {score} {where}."
    if lines:
        rows = [(*HEAD, "published"), *(line.told(lines) for line in lines)]
        if not any(row[-1] for row in rows[1:]):
            rows = [row[:-1] for row in rows]
        yield "table", rows
        yield "p", _remarks(lines)
        yield "table", [("network", "rates and losses", "runs"), *map(_runs, lines)]
        config = read_config(lines[0].results[0].run.directory)
        yield "p", f"Versions: {in_words(config.get('versions', {}))}."
    done = {line.cell for line in lines}
    if missing := [cell.entry for cell in cells if cell not in done]:
        yield "p", f"Not run ({len(missing)} of {len(cells)}): {', '.join(missing)}."


def _remarks(lines: Sequence[Line]) -> str:
    """What the table can say of ranks."""
    single = sum(line.interval is None for line in lines)
    known = [line for line in lines if line.interval]
    said = []
    if single:
        said.append(
            f"{single} of {len(lines)} have one seed or diverged: their order says "
            "nothing about rank."
        )
    if known:
        like = [e for e in known[1:] if e.place(lines).split(" ")[0] == "1"]
        names = ", ".join(line.cell.entry for line in like)
        first = known[0].cell.entry
        told = f"cannot be told apart from {first}: {names}" if like else ""
        said.append(f"By these seeds {told or f'{first} is apart from all others'}.")
    return " ".join(said)


def _runs(line: Line) -> tuple[str, ...]:
    searched = [each for run in line.cell.searched if (each := result_of(run))]
    losses = (
        f"{word(each.run.options['learning_rate'])}: {each.validation:.4f}"
        for each in searched
    )
    runs = (each.run.directory.name for each in [*searched, *line.results[1:]])
    return line.cell.entry, ", ".join(losses), " ".join(runs)


def as_markdown(found: Iterable[Block]) -> str:
    """The page in Markdown."""
    marks = {"h2": "## {}", "p": "{}", "pre": "    {}"}
    texts = [
        "\n".join(markdown(content)) if kind == "table" else marks[kind].format(content)
        for kind, content in found
    ]
    return "\n\n".join([f"# {TITLE}", *texts]) + "\n"


def as_html(found: Iterable[Block]) -> str:
    """The page for a browser."""
    return page(
        "\n".join(
            html_table(content)
            if kind == "table"
            else f"<{kind}>{escape(content)}</{kind}>"
            for kind, content in found
        ),
        TITLE,
    )


def plan(cells: Sequence[Cell]) -> str:
    """The sizes of the networks and how many runs there are, as text."""
    rows = [("network", "task", "units", "parameters", "runs, at most")]
    for cell in cells:
        program = cell.searched[0].program
        count = len(cell.rates) + cell.seeds - 1
        units, size = str(program.network.units), f"{parameters(program):,}"
        rows.append((cell.entry, cell.problem, units, size, str(count)))
    total = sum(int(row[-1]) for row in rows[1:])
    return "\n".join([*aligned(rows), f"{total} runs"])


def _mean(values: Iterable[float | None], form: str) -> str:
    found = [each for each in values if each is not None]
    return format(Mean.of(found).mean, form) if found else ""
