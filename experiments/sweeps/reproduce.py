"""Trains what is missing of the results page, or writes the page.

  python -m experiments reproduce --dry-run              the rows, and what is left
  python -m experiments reproduce                        all of them, in order
  python -m experiments reproduce --only 'starts-copy/chain*'
  python -m experiments reproduce --page                 docs/results.md, its figures

The rows are those of experiments/published/results.yaml. The same command again does
what is missing: finished runs are left alone, those that were broken off go on after
their last whole epoch. After every run, and at the end, small summaries go into
results/, which is committed; the page is made of them alone.
"""

import argparse
import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError, Parser
from experiments.core.report import aligned
from experiments.sweeps import results
from experiments.sweeps.command import checked, guarded, train, worker_flags
from experiments.sweeps.plan import Planned, Unit
from experiments.sweeps.progress import duration
from experiments.sweeps.results import Row, rows_of_page
from experiments.sweeps.results_page import DOCS, Summaries, by_section, kinds, page
from experiments.sweeps.worker import Outcome, kept_outcome, train_unit

PROG = "python -m experiments reproduce"
RUNS = "runs/results"


def main(arguments: list[str] | None = None) -> int:
    """Trains rows, lists them, or writes the page; returns the exit code."""
    parser = Parser(prog=PROG, description=__doc__)
    add: Any = parser.add_argument
    text = "rows or sections by name, such as starts-copy or '*/chain*' (default: all)"
    add("--only", default="*", metavar="PATTERN", help=text)
    add("--page", action="store_true", help="write the page of the summaries there are")
    worker_flags(parser, RUNS)
    options = checked(parser, arguments)
    return guarded(PROG, lambda: _done(options))


def _done(options: argparse.Namespace) -> int:
    out = Path(options.out or RUNS)
    rows = rows_of_page(out)
    if options.page:
        for file in write_page(rows, results.read_summaries()):
            print(file)
        return 0
    rows = fitting(rows, options.only)
    if options.dry_run:
        print("\n".join(aligned(left_of(rows))))
        return 0
    return train_rows(rows, out, options)


def write_page(
    rows: Sequence[Row], summaries: Summaries, docs: Path = DOCS
) -> list[Path]:
    """Writes the page and its figures; returns the files."""
    from experiments.sweeps.results_figures import draw
    from keras_nonnormal.training.files import replacing

    files = [docs / "results.md"]
    with replacing(files[0]) as temporary:
        temporary.write_text(page(rows, summaries), encoding="utf-8")
    (docs / "results").mkdir(exist_ok=True)
    for section, found in by_section(rows, summaries).values():
        for kind in kinds(section, found):
            files.append(docs / "results" / f"{section.name}-{kind}.svg")
            with replacing(files[-1]) as temporary:
                draw(kind, section, found, temporary)
    return files


def fitting(rows: Sequence[Row], pattern: str) -> list[Row]:
    """The rows whose name, or whose section's name, fits a pattern."""
    found = [
        row
        for row in rows
        if any(fnmatch.fnmatch(n, pattern) for n in (row.label, row.section.name))
    ]
    if not found:
        names = ", ".join(dict.fromkeys(row.section.name for row in rows))
        raise OptionError(
            f"--only: no row fits {pattern!r}; expected the name of a row (--dry-run "
            f"lists them) or one of {names}"
        )
    return found


def left_of(rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """A table of rows: how many runs are over, and what the others take."""
    table, total = [("row", "runs over", "left")], 0.0
    for row in rows:
        over = sum(kept_outcome(each.directory) is not None for each in row.runs)
        left = 60 * row.minutes * (len(row.runs) - over)
        total += left
        told = duration(left) if left else ""
        table.append((row.label, f"{over} of {len(row.runs)}", told))
    return [*table, ("in all, on two cores", "", duration(total))]


def train_rows(rows: Sequence[Row], out: Path, options: argparse.Namespace) -> int:
    """Trains the runs of rows, section by section, the first seed of all rows first."""
    share, shares = options.shard
    runs: dict[str, tuple[Planned, Row]] = {}
    for row in rows:
        for run in row.runs:
            runs.setdefault(run.key, (run, row))
    chosen, code = list(runs.values())[share - 1 :: shares], 0
    try:
        for section in dict.fromkeys(row.section.name for _, row in chosen):
            of = [(run, row) for run, row in chosen if row.section.name == section]
            hopeless = min(of[0][1].section.hopeless, options.hopeless)
            told = argparse.Namespace(**{**vars(options), "hopeless": hopeless})
            by_seed = sorted((run for run, _ in of), key=lambda r: r.program.run.seed)
            print(f"{section}:", flush=True)
            code = max(code, train(by_seed, out, told, train_and_note))
    finally:  # also of runs that were broken off
        for run, _ in chosen:
            results.note(run)
    return code


def train_and_note(unit: Unit, hopeless_after: float) -> list[Outcome]:
    """Trains a unit as sweeps do, and writes the summaries of its runs."""
    outcomes = train_unit(unit, hopeless_after)
    for run in unit:
        results.note(run)
    return outcomes
