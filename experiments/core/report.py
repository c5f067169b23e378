"""The table that a script prints at the end, the same for all recipes."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any


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

    Returns:
        Lines of text.
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
                rows.append((title, *cells(each, names)))
        if "val_loss" in best:
            where = f"validation, best epoch ({best['epoch']} of {summary['epochs']})"
            rows.append((where, *cells(best, [f"val_{name}" for name in names])))
        rows.append(("training, last row", *cells(last, names)))
        for title, key in ((trivial, "trivial_loss"), (SUCCESS, "success_loss")):
            if (loss := summary.get(key)) is not None:
                rows.append((title, *cells({"loss": loss, **in_units(loss)}, names)))
        lines += ["", *aligned(rows)]
    verdicts = [
        f"{start}: {'got' if each['success'] else 'did not get'} below half of the "
        "trivial loss."
        for start, each in summaries.items()
        if "success" in each
    ]
    return "\n".join([*lines, "", *verdicts, *published_lines(outcome)])


SUCCESS = "half of it (success)"


def in_units(nats: float) -> dict[str, float]:
    """A mean cross-entropy in nats in other units."""
    bits = nats / math.log(2)
    perplexity = math.exp(nats) if nats < 100 else math.inf
    return {
        **dict.fromkeys(("bits_per_character", "bits_per_token"), bits),
        "perplexity": perplexity,
    }


def aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of a table as lines, with a rule below the first."""
    columns = range(len(rows[0]))
    widths = [max(len(row[column]) for row in rows) for column in columns]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def cells(metrics: Mapping[str, float], names: Iterable[str]) -> list[str]:
    """Metrics for a row of a table, accuracies in percent; empty where one is not."""
    return [_cell(name, metrics.get(name)) for name in names]


def published_lines(outcome: Mapping[str, str]) -> Iterator[str]:
    """What was published, with its setting, in lines."""
    if not outcome:
        yield "Published: nothing in this setting."
        return
    yield f"Published ({outcome['setting']}):"
    for name, text in outcome.items():
        if name != "setting":
            yield f"  {name}: {text}"


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if "accuracy" in name:
        return f"{value:.1%}"
    return f"{value:.2f}" if "perplexity" in name else f"{value:.4f}"
