"""What is said and drawn of runs: means of repeats, tables, files of figures."""

import csv
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError

MARK = "keras_nonnormal/experiments/figures.py"


@dataclass(frozen=True)
class Mean:
    """The mean of a result over repeats, and how far these are apart."""

    mean: float
    deviation: float  # the standard one, n - 1 in the divisor; 0 of a single repeat
    count: int  # of repeats, n

    @classmethod
    def of(cls, values: Iterable[float]) -> "Mean":
        """The mean of at least one value; not finite if one of them is not."""
        found = [float(each) for each in values]
        if not all(map(math.isfinite, found)):
            return cls(sum(found) / len(found), math.nan, len(found))
        deviation = statistics.stdev(found) if len(found) > 1 else 0.0
        return cls(statistics.fmean(found), deviation, len(found))

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return self.deviation / math.sqrt(self.count)

    def text(self, digits: int = 4) -> str:
        """`0.953 ± 0.002 (n = 4)`, `digits` after the point; the mean alone of one."""
        if self.count == 1:
            return f"{self.mean:.{digits}f}"
        return (
            f"{self.mean:.{digits}f} ± {self.deviation:.{digits}f} (n = {self.count})"
        )


def gathered(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """The values of every key, in the order in which they come."""
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def results_table(
    summaries: Mapping[str, Mapping[str, Any]],
    scores: Sequence[str],
    outcome: Mapping[str, str],
    *,
    trivial: str = "trivial level",
) -> str:
    """Loss and scores of every run, beside the levels it is measured by.

    Args:
        summaries: For each run in words, the summary of its result.
        scores: Names of the metrics to show beside the loss.
        outcome: The published outcome by name, and its `setting`; or nothing.
        trivial: The name of the level of a network that remembers nothing.
    """
    lines: list[str] = []
    names = ("loss", *scores)
    for start, summary in summaries.items():
        if "best" not in summary:
            continue
        rows = [(start, *(name.replace("_", " ") for name in names))]
        best, last = summary["best"], summary["last"]
        tests = {"none": summary["test"], **summary.get("tests", {})}
        for transform, each in tests.items():
            if each:
                title = "test" if transform == "none" else f"test, {transform}"
                rows.append((title, *_cells(each, names)))
        if "val_loss" in best:
            where = f"validation, best epoch ({best['epoch']} of {summary['epochs']})"
            rows.append((where, *_cells(best, names, "val_")))
        rows.append(("training, last row", *_cells(last, names)))
        levels = {"trivial_loss": trivial, "success_loss": "half of it (success)"}
        for key, title in levels.items():
            if (loss := summary.get(key)) is not None:
                rows.append((title, *_cells({"loss": loss}, names)))
        lines += ["", *aligned(rows)]
    verdicts = [
        f"{start}: {'got' if each['success'] else 'did not get'} below half of the "
        "trivial loss."
        for start, each in summaries.items()
        if "success" in each
    ]
    return "\n".join([*lines, "", *verdicts, *_published(outcome)])


def in_units(nats: float) -> dict[str, float]:
    """A mean cross-entropy in nats in other units."""
    bits = nats / math.log(2)
    perplexity = math.exp(nats) if nats < 100 else math.inf
    return {
        **dict.fromkeys(("bits_per_character", "bits_per_token"), bits),
        "perplexity": perplexity,
    }


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table as lines, with a rule below the first."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = zip(others, widths[1:], strict=True)
        padded = (cell.rjust(width) for cell, width in cells)
        lines.append("  ".join([first.ljust(widths[0]), *padded]).rstrip())
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table as lines of Markdown; the first row is its head."""
    lines = ["| " + " | ".join(c.replace("|", "\\|") for c in r) + " |" for r in rows]
    sides = [":--", *["--:"] * (len(rows[0]) - 1)]
    return [lines[0], "|" + "|".join(sides) + "|", *lines[1:]]


def _cells(
    metrics: Mapping[str, float], names: Iterable[str], split: str = ""
) -> Iterator[str]:
    """Metrics for a row of a table, accuracies in percent; empty where one is not."""
    nats = metrics.get(f"{split}loss")
    units = {} if nats is None else in_units(nats)
    for name in names:
        digits = ".1%" if "accuracy" in name else ".4f"
        digits = ".2f" if "perplexity" in name else digits
        value = metrics.get(split + name, units.get(name))
        yield "" if value is None else format(value, digits)


def _published(outcome: Mapping[str, str]) -> Iterator[str]:
    if not outcome:
        yield "Published: nothing in this setting."
        return
    yield f"Published ({outcome['setting']}):"
    yield from (f"  {k}: {text}" for k, text in outcome.items() if k != "setting")


class FigureFolder:
    """A folder of figures, and of tables of the numbers that they show.

    Figures of the same name are replaced, but only if this class made them.

    Args:
        path: The folder. It is made when there is something to put into it.
    """

    def __init__(self, path: str):
        self.path = Path(path)

    def reserve(self, *names: str, table: str | None = None) -> None:
        """Sees to it that figures and tables of these names can be written.

        Refuses a folder that cannot be made, and files of somebody else's in the way.
        `table` is the name of another table, which comes with the first of the figures.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OptionError(f"--out: cannot make {self.path}: {error}") from error
        for number, name in enumerate(names):
            files = [self.path / f"{name}.png", self.path / f"{name}.csv"]
            if table is not None and number == 0:
                files.append(self.path / f"{table}.csv")
            there = [file for file in files if file.exists()]
            if there and not _is_ours(files[0]):
                raise OptionError(
                    f"--out: {there[0]} is there and not one of these figures; move "
                    "it, or choose another folder"
                )

    def figure(self, name: str, figure: Any) -> None:
        """Writes a figure as PNG and says where it is."""
        file = self.path / f"{name}.png"
        figure.savefig(file, metadata={"Software": MARK})
        print(file)

    def table(
        self, name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Writes the numbers of the figure of this name as CSV."""
        file = self.path / f"{name}.csv"
        with open(file, "w", newline="", encoding="utf-8") as lines:
            csv.writer(lines).writerows([head, *rows])

    def save(
        self,
        name: str,
        figure: Any,
        head: Sequence[str] = (),
        rows: Iterable[Sequence[Any]] = (),
    ) -> None:
        """Writes a figure as PNG, and its numbers as CSV if there is a head."""
        self.figure(name, figure)
        if head:
            self.table(name, head, rows)


def _is_ours(picture: Path) -> bool:
    """Whether a picture says that it is from here, as PNG files do near their start."""
    try:
        with open(picture, "rb") as file:
            return MARK.encode() in file.read(1000)
    except OSError:
        return False
