"""A table of trained language models beside the published one.

Runs of several seeds with the same settings share a row, of means and standard
deviations.

  python -m experiments.language.comparison runs/language_model/*
"""

import argparse
import math
from collections.abc import Iterator, Sequence

from experiments.core.runs import RunFolder, repeats, run_folders
from experiments.core.statistics import Mean
from experiments.language.results import TABLES, published_bits
from experiments.options import OptionError
from experiments.prepare import refuse
from experiments.tables import aligned


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
    tables: dict[tuple[str, str], list[Sequence[RunFolder]]] = {}
    for run in runs:
        if run.experiment != "language_model" or "best" not in run.summary():
            raise OptionError(
                f"{run.path} is no finished run of language_model.py; expected those "
                "alone, and of rounds the folder of each"
            )
    for row in repeats(runs):
        options = row[0].options
        tables.setdefault((options["corpus"], options["cell"]), []).append(row)
    return [line for key, rows in tables.items() for line in _table(*key, rows)]


def _table(corpus: str, cell: str, rows: list[Sequence[RunFolder]]) -> Iterator[str]:
    table = TABLES[cell][0]
    words = corpus in ("ptb-word", "wikitext-2")
    head = ["validation", "test bits", *(["perplexity"] if words else [])]
    head += ["seeds", "epochs", "minutes", f"{table}, bits"]
    if words:
        head.append("perplexity")
    lines = [(f"{corpus}, {cell}", *head)]
    for runs in rows:
        summaries = [run.summary() for run in runs]
        bits = Mean.of(each["test"]["loss"] / math.log(2) for each in summaries)
        best = Mean.of(each["best"]["val_loss"] / math.log(2) for each in summaries)
        theirs = published_bits(corpus, cell, runs[0].options["init"])
        cells = [best.text(), bits.text()]
        cells += [f"{2**bits.mean:.2f}"] if words else []
        cells += [str(bits.count), str(summaries[0]["epochs"])]
        cells += [f"{Mean.of(each['seconds'] for each in summaries).mean / 60:.1f}"]
        cells += ["" if theirs is None else f"{theirs:.3f}"]
        if words:
            cells.append("" if theirs is None else f"{2**theirs:.1f}")
        lines.append((summaries[0]["start"], *cells))
    yield from ["", *aligned(lines)]


if __name__ == "__main__":
    raise SystemExit(main())
