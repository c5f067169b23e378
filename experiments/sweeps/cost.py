"""What a sweep will cost, from a few measured steps."""

import contextlib
import io
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from experiments.launch import load_tensorflow
from experiments.options import OptionError
from experiments.sweeps.events import Ended, Event
from experiments.sweeps.plan import Planned
from experiments.sweeps.watching import watched

# Of how many kinds of runs steps are measured; the others are taken to cost the mean.
MOST_MEASURED = 3
SECONDS_OF_STEPS = 2.0


@dataclass(frozen=True)
class Cost:
    """What a run costs, at most: it may stop early.

    Args:
        start: Seconds until its first step, the compilation included.
        step: Seconds per training step.
        steps: Steps per epoch.
        epochs: Epochs.
    """

    start: float
    step: float
    steps: int
    epochs: int

    @property
    def seconds(self) -> float:
        """All of it, without validation."""
        return self.start + self.step * self.steps * self.epochs


def measured_costs(
    runs: Sequence[Planned],
    execute: Callable[[Sequence[Planned], Callable[..., Any]], Iterator[Event]],
) -> list[tuple[int, Cost]]:
    """How many runs there are of the commonest kinds, and what one of each costs.

    Args:
        runs: The runs.
        execute: Has a function of units done by a worker.

    Raises:
        OptionError: If a run cannot be begun.
    """
    counts = Counter(run.shape for run in runs)
    # A low rate, with which steps do not end in numbers that are none.
    slowly = sorted(runs, key=lambda run: run.options.get("lr") or 0.0, reverse=True)
    chosen = {run.shape: run for run in slowly}
    kinds = counts.most_common(MOST_MEASURED)
    costs: dict[str, Cost] = {}
    for event in execute([chosen[shape] for shape, _ in kinds], measure):
        if isinstance(event, Ended):
            if not isinstance(event.result, Cost):
                raise OptionError(event.result)
            costs[event.unit.key] = event.result
    return [
        (count, costs[chosen[shape].key])
        for shape, count in kinds
        if chosen[shape].key in costs
    ]


def measure(run: Planned) -> Cost | str:
    """Begins a run in a folder that goes away; what it costs, or why it cannot be."""
    load_tensorflow()
    from experiments.sweeps.clock import Measured, StepClock

    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        elsewhere = replace(run, options={**run.options, "out": f"{folder}/run"})
        experiment, options = elsewhere.experiment()
        clock = StepClock(SECONDS_OF_STEPS)
        try:
            watched(experiment, lambda task, options: [clock]).run(options)
        except Measured:
            pass
        except (ArithmeticError, OSError, ValueError) as error:
            if clock.first is None or not clock.timed:
                return f"{type(error).__name__}: {error}".splitlines()[0]
    start = (clock.first or time.perf_counter()) - begun
    return Cost(start, clock.seconds_per_step, clock.steps, clock.epochs)
