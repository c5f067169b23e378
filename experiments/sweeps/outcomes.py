"""How the runs of a sweep end, as their `summary.json` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.core.runs import read_summary

# With a summary.json: a run that is over. The last two have none, and are tried again
# when the sweep is started again.
FINISHED, DIVERGED, HOPELESS = "finished", "diverged", "hopeless"
FAILED, REFUSED = "failed", "refused"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        state: One of the above.
        summary: What its `summary.json` holds.
        message: Why, in a line, if it is not finished.
        seconds: What it took the worker.
    """

    state: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """The best validation loss, or training loss; None if there is no epoch."""
        best = self.summary.get("best") or {}
        return best.get("val_loss", best.get("loss"))


def kept_outcome(directory: Path, hopeless_after: int | None = None) -> Outcome | None:
    """How a run ended that was trained before; None if it has to go on.

    Args:
        directory: The run directory.
        hopeless_after: The epochs after which a run may be hopeless, or None if none
            is. One that was given up by a stricter rule has to go on.
    """
    summary = read_summary(directory)
    if not summary:  # or a broken one
        return None
    state, rule = summary.get("outcome", FINISHED), summary.get("hopeless_after")
    if state == HOPELESS and (
        hopeless_after is None or rule is None or rule < hopeless_after
    ):
        return None
    return Outcome(state, summary, summary.get("reason", ""))
