"""The cost of a sweep, from a few steps of some of its runs."""

import contextlib
import io
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError
from experiments.core.run import execute, load_tensorflow
from experiments.sweeps.plan import Planned
from experiments.sweeps.pool import Ended, Execute
from experiments.sweeps.progress import duration

# How many kinds of runs are measured; the others are taken to cost the mean.
MOST_MEASURED = 3
# How long steps are timed, and after how many seconds the step is estimated instead.
SECONDS_OF_STEPS, SECONDS_AT_MOST = 1.0, 10.0
# Options that hardly change what a step costs. Pre-training is left out.
SAME_COST = (
    *(
        "init",
        "init_scale",
        "gain",
        "saturation",
        "learn_params",
        "random",
        "clip_norm",
    ),
    *(
        "learning_rate",
        "lr_orth",
        "pretrain",
        "target",
        "pretrain_lr",
        "pretrain_batch",
    ),
)


@dataclass(frozen=True)
class Cost:
    """The cost of a run, at most: it may stop early.

    Args:
        start: Seconds until its first step, the compilation included.
        step: Seconds per training step.
        steps: Steps per epoch.
        epochs: Epochs.
        estimated: Whether the step was too slow to be timed, so that it has the time of
            its products of matrices alone.
    """

    start: float
    step: float
    steps: int
    epochs: int
    estimated: bool = False

    @property
    def seconds(self) -> float:
        """All of it, without validation."""
        return self.start + self.step * self.steps * self.epochs


def measured_costs(
    runs: Sequence[Planned], execute: Execute
) -> Iterator[list[tuple[int, Cost]] | None]:
    """The number of runs of the commonest kinds, and the cost of one of each.

    Args:
        runs: The runs.
        execute: Has a function of units done by a worker.

    Yields:
        None about once a second, the costs in the end.

    Raises:
        OptionError: If a run cannot be begun.
    """
    # A low rate, with which losses stay finite.
    slowly = sorted(
        runs, key=lambda r: r.options.get("learning_rate") or 0, reverse=True
    )
    kinds = {run.key: run.alike(*SAME_COST) for run in slowly}
    chosen = {kinds[run.key]: run for run in slowly}
    common = Counter(kinds.values()).most_common(MOST_MEASURED)
    costs: dict[str, Cost] = {}
    with contextlib.closing(
        execute([chosen[kind] for kind, _ in common], measure)
    ) as e:
        for event in e:
            if isinstance(event, Ended):
                if isinstance(event.result, str):
                    raise OptionError(event.result)
                if event.result is not None:
                    costs[kinds[event.unit.key]] = event.result
                if len(costs) == len(common):
                    break  # a worker may still be compiling
            yield None
    yield [(count, costs[kind]) for kind, count in common if kind in costs]


def measure(run: Planned) -> Cost | str | None:
    """Begins a run in a folder that goes away.

    Returns:
        Its cost, why it cannot be begun, or None if it did not come to its training in
        time.
    """
    load_tensorflow()
    from experiments.sweeps.callbacks import Measured, StepClock

    clock, said = StepClock(SECONDS_OF_STEPS), []

    def begin(folder: str) -> None:
        changes: dict[str, Any] = {"out": f"{folder}/run", "rounds": 1}
        if run.options.get("pretrain") is not None:
            changes["pretrain"] = "none"
        try:
            execute(run.program.changed(**changes), lambda program, task: [clock])
        except Measured:
            pass
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}".splitlines()[0])

    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        work = threading.Thread(target=begin, args=(folder,), daemon=True)
        work.start()
        work.join(SECONDS_AT_MOST)
        clock.seconds = 0.0  # if it goes on it ends with its next step
    start = (clock.first or time.perf_counter()) - begun
    if clock.timed:
        return Cost(start, clock.seconds_per_step, clock.steps, clock.epochs)
    if said:
        return said[0]
    if not clock.steps:
        return None
    return Cost(start, clock.least(run.program), clock.steps, clock.epochs, True)


def cost_lines(
    costs: Sequence[tuple[int, Cost]], missing: int, workers: int | None
) -> Iterator[str]:
    """The cost of the missing runs, at most.

    Args:
        costs: For the kinds of runs that were measured, how many there are of each and
            the cost of one.
        missing: How many runs are to be trained.
        workers: How many at a time, if that is known.
    """
    if not missing:
        yield "nothing is left to be done"
        return
    if not costs:
        yield (
            f"no run came to its training in {SECONDS_AT_MOST:g} s: no estimate; to "
            "train one by --only will say"
        )
        return
    for count, cost in costs:
        step = f"{1000 * cost.step:.2f} ms a step"
        if cost.estimated:
            step = (
                f"no step within {SECONDS_AT_MOST:g} s; estimated from its products of "
                f"matrices alone, {step}"
            )
        bound = "at least" if cost.estimated else "at most"
        yield (
            f"{count} runs of {cost.epochs} epochs of {cost.steps} steps: "
            f"{cost.start:.1f} s to begin, {step}; {bound} {duration(cost.seconds)} "
            "each, and validation"
        )
    measured = sum(count for count, _ in costs)
    if measured < missing:
        yield f"{missing - measured} runs of other kinds are taken to cost the mean"
    mean = sum(count * cost.seconds for count, cost in costs) / measured
    total = mean * missing
    share = f", {duration(total / workers)} on {workers} workers" if workers else ""
    yield f"in all {duration(total)}{share}; pre-training is not counted"
