"""The cost of a sweep, from a few steps of some of its runs."""

import contextlib
import io
import math
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError
from experiments.core.program import Program
from experiments.core.report import gathered
from experiments.core.run import execute, load_tensorflow
from experiments.sweeps.plan import Planned
from experiments.sweeps.pool import Ended, Execute
from experiments.sweeps.progress import duration

# How many kinds of runs are measured; the others are taken to cost the mean.
MOST_MEASURED = 3
# How long steps are timed, and after how many seconds the step is estimated instead.
SECONDS_OF_STEPS, SECONDS_AT_MOST, SECONDS_IN_ALL = 1.0, 8.0, 25.0
# Options that hardly change what a step costs. Pre-training is left out.
SAME_COST = (
    *("init", "init_scale", "gain", "saturation", "learn_params", "random"),
    *("clip_norm", "learning_rate", "lr_orth"),
    *("pretrain", "target", "pretrain_lr", "pretrain_batch"),
)
ESTIMATED = "estimated from its products of matrices alone"


@dataclass(frozen=True)
class Cost:
    """The cost of a run, at most: it may stop early."""

    start: float  # seconds until its first step, the compilation included
    step: float  # seconds per training step
    steps: int  # per epoch; 0 if the data were not read in time
    epochs: int
    estimated: bool = False  # the step was too slow to be timed: see `least_seconds`

    @property
    def seconds(self) -> float:
        """All of it, without validation."""
        return self.start + self.step * self.steps * self.epochs


def measured_costs(
    runs: Sequence[Planned], execute: Execute
) -> Iterator[list[tuple[int, Cost]] | None]:
    """The number of runs of the commonest kinds, and the cost of one of each.

    Yields None about once a second, the costs in the end.
    """
    kinds = gathered((run.alike(*SAME_COST), run) for run in runs)
    common = sorted(kinds.values(), key=len, reverse=True)[:MOST_MEASURED]
    # Of a low rate, with which losses stay finite.
    chosen = [min(each, key=_rate) for each in common]
    costs: dict[str, Cost | None] = {}
    begun = time.monotonic()
    with contextlib.closing(execute(chosen, measure)) as events:
        for event in events:
            if isinstance(event, Ended):
                if isinstance(event.result, str):
                    raise OptionError(event.result)
                costs[event.unit.key] = event.result
            if len(costs) == len(common) or time.monotonic() - begun > SECONDS_IN_ALL:
                break  # a worker may still be compiling
            yield None
    yield [
        (len(kind), costs.get(run.key) or _guess(run.program))
        for kind, run in zip(common, chosen, strict=True)
    ]


def _rate(run: Planned) -> float:
    return run.options.get("learning_rate") or 0.0


def _guess(program: Program) -> Cost:
    """The cost of a run of which no step was seen; its steps are not known."""
    step = least_seconds(program, program.network.parameters(program, None) or 0)
    return Cost(0.0, step, 0, program.options.get("epochs") or 0, estimated=True)


def measure(run: Planned) -> Cost | str | None:
    """The cost of a run, which is begun in a folder that goes away.

    Or why it cannot be begun, or None if it did not come to its training in time.
    """
    load_tensorflow()
    clock, said = StepClock(SECONDS_OF_STEPS), []

    def begin(folder: str) -> None:
        changes: dict[str, Any] = {"out": f"{folder}/run", "rounds": 1}
        if run.options.get("pretrain") is not None:
            changes["pretrain"] = "none"
        try:
            execute(run.program.changed(**changes), lambda *_: [clock.callback])
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
        return Cost(start, clock.spent / clock.timed, clock.steps, clock.epochs)
    if said:
        return said[0]
    if not clock.steps:
        return None
    step = least_seconds(run.program, clock.weights)
    return Cost(start, step, clock.steps, clock.epochs, estimated=True)


class Measured(Exception):
    """Enough steps are timed."""


class StepClock:
    """Times calls of the compiled training function, but for the first.

    Its `callback` raises `Measured` after the first call that ends later than seconds.
    """

    def __init__(self, seconds: float):
        import keras

        self.seconds = seconds
        self.first: float | None = None
        self.spent, self.timed = 0.0, 0
        self.epochs = self.steps = self.weights = 0
        self.callback: Any = keras.callbacks.LambdaCallback(
            on_train_begin=self._begin,
            on_train_batch_begin=self._before,
            on_train_batch_end=self._after,
        )

    def _begin(self, logs) -> None:
        self.epochs, self.steps = (self.callback.params[k] for k in ("epochs", "steps"))
        variables = self.callback.model.trainable_variables
        self.weights = sum(math.prod(each.shape) for each in variables)

    def _before(self, batch, logs) -> None:
        self._begun, self._done = time.perf_counter(), self._steps()

    def _after(self, batch, logs) -> None:
        if self.first is None:
            self.first = time.perf_counter()
            if self.seconds:
                return
        self.spent += time.perf_counter() - self._begun
        self.timed += self._steps() - self._done
        if self.spent >= self.seconds:
            raise Measured

    def _steps(self) -> int:
        return int(self.callback.model.optimizer.iterations.numpy())


def least_seconds(program: Program, weights: int) -> float:
    """Seconds of a step if it were its products of matrices alone.

    Every trained number, or weight, takes part in a product for every sequence and time
    step, forwards once and backwards twice; how fast these are is measured.
    """
    import numpy as np

    tokens = program.recipe.batch_size * getattr(program.task, "longest", 1)
    matrix, count, begun = np.ones((512, 512), "float32"), 0, time.perf_counter()
    while (spent := time.perf_counter() - begun) < 0.2:
        np.matmul(matrix, matrix)
        count += 1
    return 3 * weights * tokens * spent / (count * 512**3)


def cost_lines(
    costs: Sequence[tuple[int, Cost]], missing: int, workers: int | None
) -> Iterator[str]:
    """The cost of the missing runs, at most, in words.

    Args:
        costs: As `measured_costs` gives them.
        missing: How many runs are to be trained.
        workers: How many at a time, if that is known.
    """
    if not missing:
        yield "nothing is left to be done"
        return
    for count, cost in costs:
        step = f"{1000 * cost.step:.2f} ms"
        if not cost.steps:
            yield (
                f"{count} runs did not come to their first step in time; a step takes "
                f"{step} at least, {ESTIMATED}"
            )
            continue
        begin, each, bound = f"{cost.start:.1f} s to begin", f"{step} a step", "at most"
        if cost.estimated:
            each = f"no step within {SECONDS_AT_MOST:g} s; {ESTIMATED}, {each}"
            bound = "at least"
        yield (
            f"{count} runs of {cost.epochs} epochs of {cost.steps} steps: {begin}, "
            f"{each}; {bound} {duration(cost.seconds)} each, and validation"
        )
    costs = [(count, cost) for count, cost in costs if cost.steps]
    measured = sum(count for count, _ in costs)
    if not measured:
        yield "how many steps there are is said once a run is trained, with --only"
        return
    if measured < missing:
        yield f"{missing - measured} runs of other kinds are taken to cost the mean"
    mean = sum(count * cost.seconds for count, cost in costs) / measured
    total = mean * missing
    share = f", {duration(total / workers)} on {workers} workers" if workers else ""
    yield f"in all {duration(total)}{share}; pre-training is not counted"
