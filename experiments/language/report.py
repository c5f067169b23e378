"""What is said of a trained language model."""

import math
from collections.abc import Mapping
from typing import Any

from experiments.tables import aligned, published_lines

HEAD = ("loss in nats", "bits per token", "perplexity")


def results_table(
    summaries: Mapping[str, Mapping[str, Any]], outcome: Mapping[str, str]
) -> str:
    """Losses of every network, beside what was published.

    Args:
        summaries: For each network in words, the summary of its result.
        outcome: The published outcome by start, and its `setting`.

    Returns:
        Lines of text.
    """
    lines = []
    for network, summary in summaries.items():
        best = summary["best"]
        where = f"validation, best epoch ({best['epoch']} of {summary['epochs']})"
        rows = [
            (network, *HEAD),
            ("test", *measures(summary["test"]["loss"])),
            (where, *measures(best["val_loss"])),
            ("training, last epoch", *measures(summary["last"]["loss"])),
            ("frequencies alone", *measures(summary["trivial_loss"])),
        ]
        lines += ["", *aligned(rows)]
    return "\n".join([*lines, "", *published_lines(outcome)])


def measures(nats: float) -> tuple[str, str, str]:
    """A mean cross-entropy in nats, in bits, and as a perplexity."""
    perplexity = math.exp(nats) if nats < 100 else math.inf
    return f"{nats:.4f}", f"{nats / math.log(2):.4f}", f"{perplexity:.2f}"
