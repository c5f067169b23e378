"""What a sweep says before it begins."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.sweeps.cost import Cost
from experiments.sweeps.plan import Planned, in_words, varied
from experiments.sweeps.progress import duration


def grid_lines(runs: Sequence[Planned], missing: int, out: Path) -> Iterator[str]:
    """The options that vary, and how much there is to do.

    Args:
        runs: All runs.
        missing: How many of them are to be trained.
        out: The folder they are in.
    """
    yield f"{runs[0].script}: {len(runs)} runs in {out}, {missing} to be trained"
    for name, values in varied([run.options for run in runs]).items():
        yield f"  {name}: " + " ".join(map(in_words, values))


def cost_lines(
    costs: Sequence[tuple[int, Cost]], missing: int, workers: int | None
) -> Iterator[str]:
    """What the missing runs cost, at most.

    Args:
        costs: For the kinds of runs that were measured, how many there are of each and
            what one costs.
        missing: How many runs are to be trained.
        workers: How many at a time, if that is known.
    """
    for count, cost in costs:
        yield (
            f"{count} runs of {cost.epochs} epochs of {cost.steps} steps: "
            f"{cost.start:.1f} s to begin, {1000 * cost.step:.2f} ms a step; at most "
            f"{duration(cost.seconds)} each, and validation"
        )
    if not costs:
        yield "nothing is left to be done"
        return
    measured = sum(count for count, _ in costs)
    if measured < missing:
        yield f"{missing - measured} runs of other kinds are taken to cost the mean"
    mean = sum(count * cost.seconds for count, cost in costs) / measured
    total = mean * missing
    share = f", {duration(total / workers)} on {workers} workers" if workers else ""
    yield f"in all {duration(total)}{share}"
