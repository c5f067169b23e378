"""What a script says at the end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any


def table(
    summaries: Mapping[str, Mapping[str, Any]],
    accuracy: str,
    outcome: Mapping[str, str],
) -> str:
    """The best epoch of every start beside the levels it is measured by.

    Args:
        summaries: For each start in words, the trivial loss, the success loss, and the
            summary of its result.
        accuracy: Name of the accuracy to show.
        outcome: The published outcome by start name, and its `setting`.

    Returns:
        Lines of text.
    """
    first = next(iter(summaries.values()))
    rows = [("", "best val loss", "epoch", accuracy.replace("_", " "))]
    for start, summary in summaries.items():
        best = summary["best"]
        rows.append(
            (
                start,
                f"{best['val_loss']:.4f}",
                f"{best['epoch']} of {summary['epochs']}",
                f"{best['val_' + accuracy]:.1%}",
            )
        )
    rows.append(("trivial level", f"{first['trivial_loss']:.4f}", "", ""))
    rows.append(("half of it (success)", f"{first['success_loss']:.4f}", "", ""))
    lines = aligned(rows)
    return "\n".join(["", *lines, "", *_verdicts(summaries), *published_lines(outcome)])


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
    yield f"Published ({outcome['setting']}):"
    for name, text in outcome.items():
        if name != "setting":
            yield f"  {name}: {text}"


def _verdicts(summaries):
    for start, summary in summaries.items():
        verb = "got" if summary["success"] else "did not get"
        yield f"{start}: {verb} below half of the trivial loss."


def _cell(name, value):
    if value is None:
        return ""
    return f"{value:.1%}" if "accuracy" in name else f"{value:.4f}"
