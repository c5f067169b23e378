"""Which networks are compared, on which tasks, and what came of each run."""

import fnmatch
import functools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.parts import network_names
from experiments.core.program import Program
from experiments.core.runs import RunFolder, read_config
from experiments.networks.recurrent import DENSE_STARTS, SKEW_STARTS
from experiments.sweeps.grids import Grid
from experiments.sweeps.plan import Planned, planned
from experiments.sweeps.worker import FINISHED, kept_outcome

# How far the number of parameters may be from the budget.
TOLERANCE = 0.1
# One way of training for all; of the recipe that knows all networks.
SHARED: Mapping[str, Any] = {
    **{"recipe": "gamma", "optimizer": "Adam", "betas": "0.9:0.999", "clip_norm": 1.0},
    **{"plateau_factor": "none", "nonlin": "modrelu", "rinit": "none"},
    **{"iinit": "xavier", "alam": 1e-4, "Tdecay": 1e-6},
}
ORTHOGONAL_SHARE = 0.1  # of the learning rate, for orthogonal parameters


@dataclass(frozen=True)
class Problem:
    """A task in one size.

    Args:
        script: Its script.
        budget: About how many parameters are trained.
        settings: Options of all runs.
        score: The test result by which networks are sorted; None for the loss of fresh
            sequences, the mean over the last tenth of the training.
    """

    script: str
    budget: int
    settings: Mapping[str, Any]
    score: str | None = None


COPY: Mapping[str, Any] = {"c_length": 10, "onehot": True, "batch_size": 10}
PROBLEMS = {
    "copy-200": Problem("copy", 18_000, {**COPY, "T": 200, "updates": 1500}),
    "copy-1000": Problem("copy", 18_000, {**COPY, "T": 1000, "updates": 3000}),
    "addition-750": Problem(
        "addition", 18_000, {"c_length": 750, "batch_size": 20, "updates": 5000}
    ),
    "psmnist": Problem(  # as many parameters as an RNN of 64 units has
        "psmnist",
        4938,
        {"permute": True, "train_size": 50_000, "batch_size": 100, "epochs": 2},
        "accuracy",
    ),
    "ptb_char": Problem(
        "ptb_char",
        40_000,
        {"train_size": 400_000, "validation_size": 50_000, "test_size": 50_000}
        | {"emsize": 64, "bptt": 100, "batch_size": 32, "epochs": 1},
        "bits_per_character",
    ),
}


def entries() -> dict[str, dict[str, Any]]:
    """What is compared: every network, and the RNN from every start, as options."""
    found = {name: {"net_type": name} for name in network_names("gamma")}
    found["AntisymmetricRNN/gated"] = {"net_type": "AntisymmetricRNN", "gated": True}
    chained = {"chain": {"iinit": "source"}, "fbchain": {"iinit": "source"}}
    del found["RNN"]
    for start in (*DENSE_STARTS, *SKEW_STARTS):
        own = {"net_type": "RNN", "rinit": start, **chained.get(start, {})}
        found[f"RNN/{start}"] = own
    return found


def chosen(names: Sequence[str], known: Iterable[str], flag: str) -> list[str]:
    """The known names that some words mean, which may be patterns such as `RNN/*`.

    Raises:
        OptionError: If a word means none.
    """
    known = list(known)
    for name in names:
        if not fnmatch.filter(known, name):
            raise OptionError(
                f"{flag}: expected some of {', '.join(known)}, received {name!r}"
            )
    return [e for e in known if any(fnmatch.fnmatch(e, name) for name in names)]


@dataclass(frozen=True)
class Result:
    """What came of a run.

    Args:
        run: The run.
        score: What networks are sorted by; not a number if the run diverged.
        validation: The loss by which learning rates are chosen.
        updates: Updates until the loss was below half of the trivial one, or None.
        milliseconds: Of an update.
        summary: Its `summary.json`.
    """

    run: Planned
    score: float
    validation: float
    updates: int | None
    milliseconds: float
    summary: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Cell:
    """A network on a task: runs at several learning rates, and repeats of the best.

    Args:
        problem: Name of the task.
        entry: Name of the network.
        rates: The learning rates.
        seeds: The number of seeds, from 1 on.
        out: The folder of all runs.
        changes: Another `budget`, other `updates`, or None, for tasks that have it.
    """

    problem: str
    entry: str
    rates: tuple[float, ...]
    seeds: int
    out: Path
    changes: Mapping[str, int | None]

    @property
    def settings(self) -> dict[str, Any]:
        """The options of the task, and the budget."""
        problem = PROBLEMS[self.problem]
        own = {"budget": problem.budget, **problem.settings}
        return own | {k: v for k, v in self.changes.items() if v and k in own}

    @functools.cached_property
    def searched(self) -> list[Planned]:
        """The runs of the first seed, one at each learning rate."""
        return self._runs(self.rates, [1])

    def best(self) -> Result | None:
        """The run of the first seed that validated best; None before all are over."""
        found = [each for run in self.searched if (each := result_of(run))]
        if len(found) < len(self.searched):
            return None
        return min(found, key=lambda each: each.validation)

    def repeats(self) -> list[Planned]:
        """The runs of other seeds at the best learning rate; none till it is known."""
        if self.seeds == 1 or (best := self.best()) is None:
            return []
        rate = best.run.options["learning_rate"]
        return self._runs([rate], range(2, self.seeds + 1))

    def results(self) -> list[Result]:
        """The runs at the best learning rate that are over."""
        best = self.best()
        return [each for each in [best, *map(result_of, self.repeats())] if each]

    def _runs(self, rates: Iterable[float], seeds: Iterable[int]) -> list[Planned]:
        shared = {**SHARED, **self.settings, **entries()[self.entry]}
        settings = (
            {**shared, "lr": rate, "lr_orth": rate * ORTHOGONAL_SHARE, "seed": seed}
            for seed in seeds
            for rate in rates
        )
        return planned(Grid(PROBLEMS[self.problem].script, tuple(settings)), self.out)

    def check(self) -> None:
        """Raises an `OptionError` if no size of the network meets the budget."""
        program = self.searched[0].program
        count, budget = parameters(program), program.network.budget
        if abs(count - budget) > TOLERANCE * budget:
            raise OptionError(
                f"--budget: no size of {self.entry} on {self.problem} has about "
                f"{budget:,} parameters, the closest ({program.network.units} units) "
                f"has {count:,}; expected another budget, or --networks without it"
            )


def parameters(program: Program) -> int:
    """How many numbers a network trains."""
    return program.network.parameters(program, None) or 0


def result_of(run: Planned) -> Result | None:
    """What came of a run; None if it is not over."""
    outcome = kept_outcome(run.directory)
    if outcome is None:
        return None
    problem = next(
        each for each in PROBLEMS.values() if each.script == run.program.script
    )
    try:
        rows = RunFolder(run.directory, read_config(run.directory)).history()
    except OptionError:  # it diverged in its first epoch
        rows = []
    name = "val_task_loss" if rows and "val_task_loss" in rows[0] else "task_loss"
    losses = [row[name] for row in rows]
    trivial = outcome.summary.get("trivial_loss", math.nan)
    per_row = updates_per_row(run.program)
    below = (n for n, loss in enumerate(losses, 1) if loss < trivial / 2)
    reached = next(below, None)
    score = validation = math.nan
    if outcome.state != FINISHED:
        validation = math.inf
    elif problem.score is None:
        score = validation = statistics.fmean(losses[-max(1, len(losses) // 10) :])
    else:
        score, validation = outcome.summary["test"][problem.score], min(losses)
    # The first row has the compilation in it.
    seconds = [row["seconds"] for row in rows[1:] or rows]
    per_update = 1000 * statistics.median(seconds) / per_row if seconds else math.nan
    updates = reached * per_row if reached else None
    return Result(run, score, validation, updates, per_update, outcome.summary)


def updates_per_row(program: Program) -> int:
    """Updates per row of `metrics.csv`."""
    task, batch = program.task, program.recipe.batch_size
    if fresh := getattr(task, "updates_per_epoch", None):
        return fresh
    if bptt := getattr(task, "bptt", None):  # columns of text, in chunks
        return math.ceil((task.train_size // batch - 1) / bptt)
    return math.ceil(task.train_size / batch)
