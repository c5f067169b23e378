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

# How far the number of parameters may be from the budget, as a share of it.
TOLERANCE = 0.1
# One way of training for all, by the recipe that knows all networks.
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
        settings: Options of all runs, the `budget` of parameters among them.
        score: The test result by which networks are sorted; None for the loss of fresh
            sequences, the mean over the last tenth of the training.
    """

    script: str
    settings: Mapping[str, Any]
    score: str | None = None


COPY = {"budget": 18_000, "c_length": 10, "onehot": True, "batch_size": 10}
ADDITION = {"budget": 18_000, "c_length": 750, "batch_size": 20, "updates": 5000}
DIGITS = {  # as many parameters as an RNN of 64 units has
    **{"budget": 4938, "permute": True, "train_size": 50_000},
    **{"batch_size": 100, "epochs": 2},
}
CHARACTERS = {
    **{"budget": 40_000, "train_size": 400_000, "validation_size": 50_000},
    **{"test_size": 50_000, "emsize": 64, "bptt": 100, "batch_size": 32, "epochs": 1},
}
PROBLEMS = {
    "copy-200": Problem("copy", {**COPY, "T": 200, "updates": 1500}),
    "copy-1000": Problem("copy", {**COPY, "T": 1000, "updates": 3000}),
    "addition-750": Problem("addition", ADDITION),
    "psmnist": Problem("psmnist", DIGITS, "accuracy"),
    "ptb_char": Problem("ptb_char", CHARACTERS, "bits_per_character"),
}


@functools.cache
def entries() -> dict[str, dict[str, Any]]:
    """What is compared: every network, and the RNN from every start, as options."""
    names = network_names("gamma")
    found: dict[str, dict[str, Any]] = {name: {"net_type": name} for name in names}
    found["AntisymmetricRNN/gated"] = {"net_type": "AntisymmetricRNN", "gated": True}
    del found["RNN"]
    starts = dict.fromkeys((*DENSE_STARTS, *SKEW_STARTS))
    del starts["normal"], starts["random"]  # those of xavier and of RNN-orth again
    for start in starts:
        fed = {"iinit": "source"} if start.endswith("chain") else {}
        found[f"RNN/{start}"] = {"net_type": "RNN", "rinit": start, **fed}
    return found


def chosen(names: Iterable[str], known: Iterable[str], flag: str) -> list[str]:
    """The known names that some words mean, which may be patterns such as `RNN/*`.

    Raises:
        OptionError: If a word means none.
    """
    known, found = list(known), set()
    for name in names:
        if not (meant := fnmatch.filter(known, name)):
            raise OptionError(
                f"{flag}: expected some of {', '.join(known)}, received {name!r}"
            )
        found.update(meant)
    return [name for name in known if name in found]


@dataclass(frozen=True)
class Result:
    """What came of a run.

    Args:
        run: The run.
        score: What networks are sorted by; not a number if the run diverged.
        validation: The loss by which learning rates are chosen.
        updates: Updates until the loss was below half of the trivial one, or None.
        milliseconds: Of an update, in the fastest row; not a number if there is none.
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

    Raises:
        OptionError: If no size of the network meets the budget.
    """

    problem: str
    entry: str
    rates: Sequence[float]
    seeds: int
    out: Path
    changes: Mapping[str, int | None]

    def __post_init__(self):
        units, budget = self.searched[0].options["units"], self.settings["budget"]
        count = parameters(self.searched[0].program)
        if abs(count - budget) > TOLERANCE * budget:
            raise OptionError(
                f"--budget: no size of {self.entry} on {self.problem} has about "
                f"{budget:,} parameters, the closest ({units} units) has {count:,}; "
                "expected another budget, or --networks without it"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """The options of the task."""
        own = PROBLEMS[self.problem].settings
        return {**own, **{k: v for k, v in self.changes.items() if v and k in own}}

    @functools.cached_property
    def searched(self) -> list[Planned]:
        """The runs of the first seed, one at each learning rate."""
        return self._runs(self.rates, [1])

    def tried(self) -> list[Result]:
        """What came of these, as far as they are over, the best validation first."""
        found = [each for run in self.searched if (each := self._result(run))]
        return sorted(found, key=lambda each: each.validation)

    def repeats(self) -> list[Planned]:
        """The runs of other seeds at the best learning rate; none till it is known."""
        tried = self.tried()
        if self.seeds == 1 or len(tried) < len(self.searched):
            return []
        rate = tried[0].run.options["learning_rate"]
        return self._runs([rate], range(2, self.seeds + 1))

    def results(self) -> list[Result]:
        """The runs at the best learning rate that are over; none till it is known."""
        tried = self.tried()
        if len(tried) < len(self.searched):
            return []
        return [e for e in [tried[0], *map(self._result, self.repeats())] if e]

    def _runs(self, rates: Iterable[float], seeds: Iterable[int]) -> list[Planned]:
        shared = {**SHARED, **self.settings, **entries()[self.entry]}
        settings = (
            {**shared, "lr": rate, "lr_orth": rate * ORTHOGONAL_SHARE, "seed": seed}
            for seed in seeds
            for rate in rates
        )
        return planned(Grid(PROBLEMS[self.problem].script, tuple(settings)), self.out)

    def _result(self, run: Planned) -> Result | None:
        """What came of a run; None if it is not over."""
        if (outcome := kept_outcome(run.directory)) is None:
            return None
        try:
            rows = RunFolder(run.directory, read_config(run.directory)).history()
        except OptionError:  # it diverged in its first epoch
            rows = []
        losses = [row.get("val_task_loss", row["task_loss"]) for row in rows]
        success = outcome.summary.get("trivial_loss", 0) / 2
        reached = [n for n, loss in enumerate(losses, 1) if loss < success]
        per_row = updates_per_row(run.program)
        # The first row has the compilation in it.
        seconds = [row["seconds"] for row in rows[1:] or rows] or [math.nan]
        score, validation, name = math.nan, math.inf, PROBLEMS[self.problem].score
        if outcome.state == FINISHED and name:
            score, validation = outcome.summary["test"][name], min(losses)
        elif outcome.state == FINISHED:
            score = validation = statistics.fmean(losses[-max(1, len(losses) // 10) :])
        updates = reached[0] * per_row if reached else None
        milliseconds = 1000 * min(seconds) / per_row
        return Result(run, score, validation, updates, milliseconds, outcome.summary)


def parameters(program: Program) -> int:
    """How many numbers a network trains."""
    return program.network.parameters(program, None) or 0


def updates_per_row(program: Program) -> int:
    """Updates per row of `metrics.csv`."""
    task, batch = program.task, program.recipe.batch_size
    if fresh := getattr(task, "updates_per_epoch", None):
        return fresh
    if bptt := getattr(task, "bptt", None):  # columns of text, in chunks
        return math.ceil((task.train_size // batch - 1) / bptt)
    return math.ceil(task.train_size / batch)
