"""What the experiments on networks say at the end."""

from collections.abc import Mapping
from typing import Any

from experiments.report import aligned, published_lines


def results_table(
    summaries: Mapping[str, Mapping[str, Any]], score: str, outcome: Mapping[str, str]
) -> str:
    """Loss and score of every network, beside what was published.

    Args:
        summaries: For each network in words, the summary of its result.
        score: Name of the metric to show beside the loss.
        outcome: The published outcome by name, and its `setting`.

    Returns:
        Lines of text.
    """
    lines = []
    for network, summary in summaries.items():
        rows = [(network, "loss", score.replace("_", " "))]
        best, last = summary["best"], summary["last"]
        if summary["test"]:
            rows.append(("test", *_cells(summary["test"], "", score)))
        if "val_loss" in best:
            where = f"validation, best epoch ({best['epoch']} of {summary['epochs']})"
            rows.append((where, *_cells(best, "val_", score)))
        rows.append(("training, last row", *_cells(last, "", score)))
        rows.append(("trivial level", f"{summary['trivial_loss']:.4f}", ""))
        lines += ["", *aligned(rows)]
    return "\n".join([*lines, "", *published_lines(outcome)])


def _cells(metrics, prefix, score):
    # The loss of the task alone, where a penalty is added to it.
    loss = metrics.get(f"{prefix}task_loss", metrics.get(f"{prefix}loss"))
    value = metrics.get(prefix + score)
    shown = "" if value is None else f"{value:.4f}"
    if value is not None and "accuracy" in score:
        shown = f"{value:.1%}"
    return ("" if loss is None else f"{loss:.4f}"), shown
