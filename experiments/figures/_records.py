"""Finished runs of `deep_rnn.py` as figures compare them: by start, and in pairs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError
from experiments.core.report import gathered
from experiments.core.runs import RunFolder
from experiments.networks.deep import NETWORKS, SPIKING
from experiments.recipes.stability import TOLERANCE, target_of

# How a network was started, as the figures say it.
NONE, ONE, HALF, UNBALANCED = "none", "ρ = 1", "ρ = 0.5", "ρ unbalanced"
STARTS = (NONE, ONE, HALF, UNBALANCED)
# By task: the metric that counts, and the ends of its published axis.
METRICS = {
    "wordptb": ("perplexity", (75.0, 125.0)),
    "sl_mnist": ("mode_accuracy", (0.93, 0.975)),
    "heidelberg": ("mode_accuracy", (0.82, 0.97)),
}
# What may differ between runs that are compared, besides pre-training.
FREE = ("clip_norm", "data", "time_limit")
# The pairs that are counted: in words, the start that is expected to win, the other
# one, and whether among spiking networks, others, or all (None). The published count
# took runs with radius 0.5 into the last one, too, and left the relu networks out.
COMPARISONS = {
    "ρ = 0.5 better than ρ = 1": (HALF, ONE, None),
    "ρ = 0.5 better than none": (HALF, NONE, None),
    "ρ = 1 better than none, spiking": (ONE, NONE, True),
    "ρ = 1 better than none, others": (ONE, NONE, False),
}
LEFT_OUT = ("rsimplernn",)


@dataclass(frozen=True)
class Record:
    """A finished run of `deep_rnn.py`."""

    task: str
    net: str
    depth: int  # layers
    seed: int
    start: str  # one of `STARTS`, or another radius in words
    score: float  # the test result that counts
    validation: float  # the same of the best epoch on the validation data
    radius: float | None  # the mean that training began with, if it was measured
    target: float | None  # what that was to be; None without pre-training
    clipped: bool  # whether gradients were
    curve: tuple[float, ...]  # the validation result of every epoch
    others: str  # what else makes runs comparable: sizes and training, as a text

    @property
    def metric(self) -> str:
        """Name of the score."""
        return METRICS[self.task][0]

    @property
    def best(self) -> Any:
        """The function that takes the best of several scores."""
        return max if "accuracy" in self.metric else min

    @property
    def missed(self) -> bool:
        """Whether pre-training did not come near its target."""
        if self.radius is None or self.target is None:
            return False
        return abs(self.radius - self.target) > TOLERANCE


def records(runs: Iterable[RunFolder]) -> list[Record]:
    """The records of runs; refuses runs of other experiments, or not finished."""
    return [_record(run) for run in runs]


def grouped(found: Iterable[Record], *names: str) -> dict[Any, list[Record]]:
    """Records by some of their attributes, in the order of the figures."""
    groups = gathered((tuple(getattr(r, name) for name in names), r) for r in found)
    orders = {"net": NETWORKS.index, "start": _place}
    keys = sorted(
        groups,
        key=lambda key: [
            orders[name](value) if name in orders else value
            for name, value in zip(names, key, strict=True)
        ],
    )
    return {key if len(names) > 1 else key[0]: groups[key] for key in keys}


def wins(found: Sequence[Record], comparison: str, depth: int) -> tuple[int, int]:
    """How many pairs of a depth were won, and how many there are.

    Pairs differ in their start alone; of equal runs of one start, the last counts.
    """
    better, worse, spiking = COMPARISONS[comparison]
    sides: dict[str, dict[tuple, Record]] = {better: {}, worse: {}}
    for each in found:
        of_kind = spiking is None or (each.net in SPIKING) == spiking
        if each.depth == depth and of_kind and each.net not in LEFT_OUT:
            key = (each.net, each.task, each.seed, each.clipped, each.others)
            sides.get(each.start, {})[key] = each
    pairs = [
        (one.score, sides[worse][key].score, one.best)
        for key, one in sides[better].items()
        if key in sides[worse]
    ]
    won = sum(one != other and best(one, other) == one for one, other, best in pairs)
    return won, len(pairs)


def start_of(options: Mapping[str, Any], depth: int) -> tuple[str, float | None]:
    """How a network was started, in words, and the target of its radii in time."""
    if options["pretrain"] == "none":
        return NONE, None
    target = target_of(options["target"])
    if target == "auto":
        target = 0.5 if depth > 1 else 1.0
    if isinstance(target, float):
        return f"ρ = {target:g}", target
    return (UNBALANCED if target == "unbalanced" else f"ρ {options['target']}"), None


def check_trained(run: RunFolder, experiment: str) -> dict[str, Any]:
    """The summary of a run; refuses runs of other scripts, or not trained."""
    if run.experiment != experiment:
        raise OptionError(
            f"{run.path} is a run of {run.experiment}.py; expected one of "
            f"{experiment}.py"
        )
    summary = run.summary()
    if not summary.get("test"):
        raise OptionError(
            f"{run.path} holds no summary.json with a test result; expected a run "
            "that is finished"
        )
    return summary


def _record(run: RunFolder) -> Record:
    summary, options = check_trained(run, "deep_rnn"), run.options
    metric, _ = METRICS[options["task"]]
    stack = options["stack"]
    depth = int(stack) if stack.isdigit() else len(stack.split(":"))
    start, target = start_of(options, depth)
    validation = f"val_{metric}"
    return Record(
        task=options["task"],
        net=options["net"],
        depth=depth,
        seed=options["seed"],
        start=start,
        score=summary["test"][metric],
        validation=summary["best"][validation],
        radius=(summary.get("pretraining") or {}).get("mean_after"),
        target=target,
        clipped=options.get("clip_norm") is not None,
        curve=tuple(row[validation] for row in run.history() if validation in row),
        others=run.setting_but(*FREE, group="pre-training"),
    )


def _place(start: str) -> tuple[int, str]:
    """Where a start comes in the order of the figures."""
    return (STARTS.index(start) if start in STARTS else len(STARTS), start)
