"""A table of trained language models beside the published one.

Runs of several seeds with the same settings share a row, of means and standard
deviations.

  python -m experiments.language.comparison runs/language_model/*
"""

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from experiments.language.results import TABLES, published_bits
from experiments.options import OptionError
from experiments.prepare import refuse
from experiments.run_folders import RunFolder, run_folders
from experiments.tables import aligned

# What may differ between runs of a row.
FREE = {"seed", "out", "preset", "resume", "json", "device", "tensorboard", "rounds"}


def main(arguments: list[str] | None = None) -> int:
    """Prints the table of the runs that arguments name; returns the exit code."""
    prog = "python -m experiments.language.comparison"
    parser = argparse.ArgumentParser(
        prog=prog,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", help="folders of finished runs")
    asked = parser.parse_args(arguments)
    try:
        print("\n".join(comparison(run_folders(asked.runs))))
    except OptionError as error:
        refuse(prog, error)
    return 0


def comparison(runs: Sequence[RunFolder]) -> list[str]:
    """The lines of the tables, one table for each text and kind of network.

    Args:
        runs: Finished runs of language models.

    Raises:
        OptionError: If one is not finished, or of something else.
    """
    tables: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for run in runs:
        summary = run.summary()
        if run.experiment != "language_model" or "best" not in summary:
            raise OptionError(
                f"{run.path} is no finished run of language_model.py; expected those "
                "alone, and of rounds the folder of each"
            )
        options = run.options
        settings = {name: v for name, v in options.items() if name not in FREE}
        table = tables.setdefault((options["corpus"], options["cell"]), {})
        table.setdefault(repr(settings), []).append((options, summary))
    return [line for key, rows in tables.items() for line in _table(*key, rows)]


def _table(corpus, cell, rows) -> Iterator[str]:
    table = TABLES[cell][0]
    words = corpus in ("ptb-word", "wikitext-2")
    head = ["validation", "test bits", *(["perplexity"] if words else [])]
    head += ["seeds", "epochs", "minutes", f"{table}, bits"]
    if words:
        head.append("perplexity")
    lines = [(f"{corpus}, {cell}", *head)]
    for runs in rows.values():
        options, summary = runs[0]
        bits = [each["test"]["loss"] / math.log(2) for _, each in runs]
        best = [each["best"]["val_loss"] / math.log(2) for _, each in runs]
        theirs = published_bits(corpus, cell, options["init"])
        cells = [_spread(best), _spread(bits)]
        cells += [f"{2 ** statistics.fmean(bits):.2f}"] if words else []
        cells += [str(len(runs)), str(summary["epochs"])]
        cells += [f"{statistics.fmean(each['seconds'] for _, each in runs) / 60:.1f}"]
        cells += ["" if theirs is None else f"{theirs:.3f}"]
        if words:
            cells.append("" if theirs is None else f"{2**theirs:.1f}")
        lines.append((summary["start"], *cells))
    yield from ["", *aligned(lines)]


def _spread(values: Sequence[float]) -> str:
    """The mean, and the deviation if there are several."""
    mean = f"{statistics.fmean(values):.4f}"
    return f"{mean} +- {statistics.stdev(values):.4f}" if len(values) > 1 else mean


if __name__ == "__main__":
    raise SystemExit(main())
