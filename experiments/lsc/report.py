"""What the experiments on stable networks say at the end."""

from collections.abc import Mapping
from typing import Any

from experiments.tables import aligned, cells, published_lines


def results_table(
    summaries: Mapping[str, Mapping[str, Any]],
    scores: tuple[str, ...],
    outcome: Mapping[str, str],
) -> str:
    """Radii and scores of every network, beside what was published.

    Args:
        summaries: For each network in words, the summary of its result.
        scores: Names of the metrics to show beside the loss.
        outcome: What was published by name, and its `setting`.

    Returns:
        Lines of text.
    """
    lines = []
    names = ("loss", *scores)
    for network, summary in summaries.items():
        lines += ["", network, *_radii(summary["pretraining"])]
        if "best" not in summary:
            continue
        best = summary["best"]
        where = f"validation, best epoch ({best['epoch']} of {summary['epochs']})"
        rows = [
            ("", *(name.replace("_", " ") for name in names)),
            ("test", *cells(summary["test"], names)),
            (where, *cells(best, [f"val_{name}" for name in names])),
            ("training, last epoch", *cells(summary["last"], names)),
            ("trivial level", f"{summary['trivial_loss']:.4f}", *("",) * len(scores)),
        ]
        lines += ["", *aligned(rows)]
    return "\n".join([*lines, "", *published_lines(outcome)])


def by_kind(radii: Mapping[str, float]) -> dict[str, float]:
    """The mean radius of every kind of transition, of radii such as that of `rec/0`."""
    kinds: dict[str, list[float]] = {}
    for key, radius in radii.items():
        kinds.setdefault(key.split("/")[0], []).append(radius)
    return {kind: sum(each) / len(each) for kind, each in kinds.items()}


def _radii(stage: Mapping[str, Any]) -> list[str]:
    """The table of radii, and what it took to get there."""
    if not stage.get("before"):
        return []
    before, after = by_kind(stage["before"]), by_kind(stage["after"])
    targets = by_kind(stage["targets"])
    if stage["method"] == "none":
        rows = [("transitions", "radius")]
        rows += [(kind, f"{radius:.3f}") for kind, radius in before.items()]
        return aligned(rows)
    rows = [("transitions", "before", "after", "target")]
    for kind, radius in before.items():
        aim = f"{targets[kind]:.3g}" if kind in targets else ""
        rows.append((kind, f"{radius:.3f}", f"{after[kind]:.3f}", aim))
    rows.append(
        (
            "mean without dec",
            f"{stage['mean_before']:.3f}",
            f"{stage['mean_after']:.3f}",
            "",
        )
    )
    share = stage.get("share")
    of = "" if share is None else f", {share:.1%} of the time of training"
    took = f"{stage['iterations']} iterations in {stage['seconds']:.1f} s{of}"
    if stage.get("loaded"):
        took = "found in the store"
    failed = f"; {stage['failures']} failed" if stage["failures"] else ""
    return [*aligned(rows), took + failed]
