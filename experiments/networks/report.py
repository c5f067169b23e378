"""What the experiments on networks say at the end."""

import math
from collections.abc import Mapping
from typing import Any

from experiments.tables import aligned, cells, published_lines


def results_table(
    summaries: Mapping[str, Mapping[str, Any]],
    scores: tuple[str, ...],
    outcome: Mapping[str, str],
) -> str:
    """Loss and scores of every network, beside what was published.

    Args:
        summaries: For each network in words, the summary of its result.
        scores: Names of the metrics to show beside the loss.
        outcome: The published outcome by name, and its `setting`.

    Returns:
        Lines of text.
    """
    lines = []
    for network, summary in summaries.items():
        names = ("loss", *scores)
        rows = [(network, *(name.replace("_", " ") for name in names))]
        best, last = summary["best"], summary["last"]
        if summary["test"]:
            rows.append(("test", *cells(summary["test"], names)))
        for transform, each in summary.get("tests", {}).items():
            if transform != "none":
                rows.append((f"test, {transform}", *cells(each, names)))
        if "val_loss" in best:
            where = f"validation, best epoch ({best['epoch']} of {summary['epochs']})"
            rows.append((where, *cells(best, [f"val_{name}" for name in names])))
        rows.append(("training, last row", *cells(last, names)))
        loss = summary["trivial_loss"]
        trivial = {"loss": loss, "bits_per_character": loss / math.log(2)}
        rows.append(("trivial level", *cells(trivial, names)))
        lines += ["", *aligned(rows)]
    return "\n".join([*lines, "", *published_lines(outcome)])
