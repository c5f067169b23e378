"""The page of a comparison, in Markdown and in HTML, made from run directories."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any

from experiments.core.report import Mean, aligned, in_units, markdown
from experiments.core.runs import read_config
from experiments.published.literature import published_alone
from experiments.sweeps.comparison import (
    PROBLEMS,
    SHARED,
    Cell,
    Result,
    parameters,
)
from experiments.sweeps.plan import in_words, word
from experiments.sweeps.report import Rows, html_table, page

TITLE = "Networks side by side"
Block = tuple[str, Any]  # "h2", "p", "pre" or "table", and its text or its rows
INTRODUCTION = (
    "Every network and every start at one number of parameters, by one way of "
    "training: {shared}; orthogonal parameters have a tenth of the learning rate, "
    "which is {rate}.",
    "Score: mean ± standard deviation over seeds (n). Place: a range, as far as the "
    "intervals of score ± deviation overlap; it is no test of significance, and there "
    "is none for a single seed. Success: updates until the loss was below half of that "
    "of a network that remembers nothing, the mean of the seeds that came there, and "
    "how many did. Milliseconds per update: in the fastest row of metrics.csv of any "
    "seed, as the machine may have done other work; where there is one row alone, the "
    "compilation is in it. Memory: how much the process grew at most, compilation "
    "included. Henrici index (0 is normal, 1 nilpotent; mean over gates) and spectral "
    "radius (largest of the gates) are those of the trained recurrent matrix, where "
    "there is one.",
    "One size, one optimizer and few rates: another budget, more updates or settings "
    "of its own can turn the order round.",
)
RUNS = (
    "This command trains what is missing and makes the page again; every run has a "
    "folder, named by the hash of all its options, with config.json and metrics.csv:"
)
HEAD = (
    *("network", "place", "score", "updates to success", "ms per update"),
    *("parameters", "units", "memory in MB", "Henrici index", "spectral radius"),
    *("learning rate", "published"),
)


class Line:
    """A line of a table.

    Args:
        cell: The network on the task.
        results: Its runs at the best learning rate, at least one.
    """

    def __init__(self, cell: Cell, results: Sequence[Result]):
        self.cell, self.results = cell, results
        self.score = Mean.of(each.score for each in results)
        mean, deviation = self.score.mean, self.score.deviation
        best_first = -mean if PROBLEMS[cell.problem].score == "accuracy" else mean
        self.order = math.inf if math.isnan(mean) else best_first
        # From the best to the worst that it may be, if there are repeats.
        self.interval: tuple[float, float] | None = None
        if self.score.count > 1 and math.isfinite(self.order):
            self.interval = self.order - deviation, self.order + deviation

    def places(self, lines: Iterable["Line"]) -> tuple[int, int] | None:
        """Its first and its last place among all lines that have an interval."""
        if self.interval is None:
            return None
        known = [each.interval for each in lines if each.interval]
        first = 1 + sum(worst < self.interval[0] for _, worst in known)
        return first, len(known) - sum(best > self.interval[1] for best, _ in known)

    def told(self, lines: Sequence["Line"]) -> tuple[str, ...]:
        """Its cells, in the order of `HEAD`."""
        score, run = self.score, self.results[0].run
        text = score.text() + ("" if score.count > 1 else " (n = 1)")
        if math.isnan(score.mean):
            lost = sum(math.isnan(each.score) for each in self.results)
            text = f"{lost} of {score.count} diverged"
        reached = [each.updates for each in self.results if each.updates]
        times = [e.milliseconds for e in self.results if math.isfinite(e.milliseconds)]
        measures = [each.summary.get("measures", {}) for each in self.results]
        return (
            self.cell.entry,
            " to ".join(map(str, dict.fromkeys(self.places(lines) or ()))),
            text,
            f"{_mean(reached, '.0f')} ({len(reached)} of {score.count})".lstrip(),
            format(min(times), ".1f") if times else "",
            f"{parameters(run.program):,}",
            str(run.options["units"]),
            _mean((each.get("peak_memory") for each in measures), ".0f"),
            _mean((each.get("henrici_index") for each in measures), ".3f"),
            _mean((each.get("spectral_radius") for each in measures), ".3f"),
            word(run.options["learning_rate"]),
            published_alone(run.program),
        )

    def runs(self) -> tuple[str, ...]:
        """Its name, the loss at every learning rate, and its run directories."""
        tried = self.cell.tried()
        losses = (
            f"{word(each.run.options['learning_rate'])}: "
            + (f"{each.validation:.4f}" if each.validation < math.inf else "diverged")
            for each in tried
        )
        folders = (e.run.directory.name for e in [*tried, *self.results[1:]])
        return self.cell.entry, ", ".join(losses), " ".join(folders)


def blocks(cells: Sequence[Cell], command: str) -> Iterator[Block]:
    """The page: headings, paragraphs, tables and commands.

    Args:
        cells: What is compared, task by task.
        command: The command line that makes the page.
    """
    rate = f"{word(cells[0].rates[0])} for all: no other was tried"
    if len(cells[0].rates) > 1:
        rates = ", ".join(map(word, cells[0].rates))
        rate = f"that of {rates} with the lowest validation loss at the first seed (of "
        rate += "fresh sequences where every update has its own)"
    for text in INTRODUCTION:
        yield "p", text.format(shared=in_words(SHARED), rate=rate)
    yield "p", RUNS
    yield "pre", command
    for problem, group in groupby(cells, key=lambda cell: cell.problem):
        yield "h2", problem
        yield from _section(list(group))


def _section(cells: Sequence[Cell]) -> Iterator[Block]:
    score = PROBLEMS[cells[0].problem].score or "loss of fresh sequences"
    text = f"{in_words(cells[0].settings)}. Score: {score.replace('_', ' ')}."
    own = PROBLEMS[cells[0].problem].settings.items()
    if full := {k: v for k, v in own if cells[0].settings[k] != v}:
        text += f" This is not the full size, which is {in_words(full)}."
    found = {cell: results for cell in cells if (results := cell.results())}
    losses = [e.summary.get("trivial_loss") for each in found.values() for e in each]
    if trivial := next(filter(None, losses), None):
        text += f" A network that remembers nothing has the loss {trivial:.4f}"
        bits = in_units(trivial).get(score)
        text += f", {bits:.4f} {score.replace('_', ' ')}." if bits else "."
    yield "p", text
    lines = sorted((Line(*each) for each in found.items()), key=lambda e: e.order)
    if lines:
        rows: Rows = [HEAD, *(line.told(lines) for line in lines)]
        shown = any(row[-1] for row in rows[1:])  # something published
        yield "table", rows if shown else [row[:-1] for row in rows]
        yield "p", _remarks(lines, trivial if "fresh" in score else None)
        head = ("network", "rates, and the validation loss", "runs")
        yield "table", [head, *(line.runs() for line in lines)]
        config = read_config(lines[0].results[0].run.directory)
        yield "p", f"Versions: {in_words(config.get('versions', {}))}."
    if missing := [cell.entry for cell in cells if cell not in found]:
        yield "p", f"Not run ({len(missing)} of {len(cells)}): {', '.join(missing)}."


def _remarks(lines: Sequence[Line], trivial: float | None) -> str:
    """What the table can say of ranks, and what not.

    Args:
        lines: The lines, the best first.
        trivial: The score of a network that remembers nothing, if that is known.
    """
    known = [line for line in lines if line.interval]
    said = []
    if single := len(lines) - len(known):
        said = [f"{single} of {len(lines)} have one seed, or diverged: no rank."]
    if known:
        like = [e.cell.entry for e in known if (e.places(lines) or (0,))[0] == 1]
        first, others = known[0].cell.entry, ", ".join(like[1:])
        apart = f"cannot be told from {others}" if others else "is apart from all"
        said.append(f"By these seeds {first} {apart}.")
    if trivial and (above := sum(trivial <= line.order < math.inf for line in lines)):
        said.append(
            f"{above} of {len(lines)} are not below the loss of a network that "
            "remembers nothing: their order says how fast they come there, not what "
            "they remember."
        )
    return " ".join(said)


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
    parts = (
        html_table(content)
        if kind == "table"
        else f"<{kind}>{escape(content)}</{kind}>"
        for kind, content in found
    )
    return page("\n".join(parts), TITLE)


def plan(cells: Sequence[Cell]) -> str:
    """The sizes of the networks and how many runs there are, as text."""
    rows = [("network", "task", "units", "parameters", "runs, at most")]
    for cell in cells:
        program, count = cell.searched[0].program, len(cell.rates) + cell.seeds - 1
        units, size = str(program.network.units), f"{parameters(program):,}"
        rows.append((cell.entry, cell.problem, units, size, str(count)))
    total = sum(int(row[-1]) for row in rows[1:])
    return "\n".join([*aligned(rows), f"{total} runs"])


def _mean(values: Iterable[float | None], form: str) -> str:
    found = [each for each in values if each is not None]
    return format(Mean.of(found).mean, form) if found else ""
