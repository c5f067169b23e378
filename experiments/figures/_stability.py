"""Finished runs of `deep_rnn.py` as figures compare them: by start, and in pairs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError
from experiments.core.report import Mean
from experiments.core.runs import RunFolder
from experiments.networks.deep import NETWORKS, SPIKING
from experiments.recipes.stability import TOLERANCE, target_of

# How a network was started, as the figures say it.
NONE, ONE, HALF, UNBALANCED = "none", "ρ = 1", "ρ = 0.5", "ρ unbalanced"
STARTS = (NONE, ONE, HALF, UNBALANCED)
# Metrics by task: the one that counts.
METRICS = {
    "wordptb": "perplexity",
    "sl_mnist": "mode_accuracy",
    "heidelberg": "mode_accuracy",
}
# What may differ between runs that are compared, besides pre-training.
FREE = ("clip_norm", "data", "time_limit")
HEAD = ("task", "layers", "net", "start", "runs", "metric", "mean", "std")
HEAD += ("mean radius", "std of radius", "target", "missed")


@dataclass(frozen=True)
class Record:
    """A finished run of `deep_rnn.py`.

    Args:
        task: The task.
        net: The network.
        depth: Number of layers.
        seed: The seed.
        start: One of `STARTS`, or another radius in words.
        score: The test result that counts.
        validation: The same of the best epoch on the validation data.
        radius: The mean radius that training began with, if it was measured.
        target: What that was to be; None without pre-training.
        clipped: Whether gradients were clipped.
        curve: The validation result of every epoch.
        others: What else makes runs comparable: sizes and training, as a text.
    """

    task: str
    net: str
    depth: int
    seed: int
    start: str
    score: float
    validation: float
    radius: float | None
    target: float | None
    clipped: bool
    curve: tuple[float, ...]
    others: str

    @property
    def metric(self) -> str:
        """Name of the score."""
        return METRICS[self.task]

    @property
    def more_is_better(self) -> bool:
        """Whether a higher score is a better one."""
        return "accuracy" in self.metric

    def beats(self, other: "Record") -> bool:
        """Whether this run has the better score."""
        if self.more_is_better:
            return self.score > other.score
        return self.score < other.score

    @property
    def missed(self) -> bool:
        """Whether pre-training did not come near its target."""
        if self.radius is None or self.target is None:
            return False
        return abs(self.radius - self.target) > TOLERANCE


def records(runs: Iterable[RunFolder]) -> list[Record]:
    """The records of runs; refuses runs of other experiments, or not finished."""
    return [_record(run) for run in runs]


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


def group_rows(found: Sequence[Record]) -> list[tuple]:
    """A row for each task, depth, network and start, under `HEAD`."""
    rows = []
    keys = distinct((e.task, e.depth, e.net, e.start) for e in found)
    for key in sorted(keys, key=lambda k: (*k[:2], NETWORKS.index(k[2]), place(k[3]))):
        runs = [e for e in found if (e.task, e.depth, e.net, e.start) == key]
        radii = [e.radius for e in runs if e.radius is not None]
        target = "" if runs[0].target is None else runs[0].target
        of_radii = _mean_and_deviation(radii) if radii else ("", "")
        scores = _mean_and_deviation([each.score for each in runs])
        row = (*key, len(runs), runs[0].metric, *scores)
        rows.append((*row, *of_radii, target, sum(e.missed for e in runs)))
    return rows


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    mean = Mean.of(values)
    return mean.mean, mean.deviation


def starts_of(found: Sequence[Record]) -> list[str]:
    """The starts that there are, in the order of the figures."""
    return sorted(distinct(each.start for each in found), key=place)


def by_start(found: Sequence[Record]) -> dict[str, list[Record]]:
    """Runs by start, in the order of the figures."""
    return {
        start: [each for each in found if each.start == start]
        for start in starts_of(found)
    }


def place(start: str) -> tuple[int, str]:
    """Where a start comes in the order of the figures."""
    return (STARTS.index(start) if start in STARTS else len(STARTS), start)


def nets_of(found: Sequence[Record]) -> list[str]:
    """The networks that there are, in the order of the tables."""
    return [net for net in NETWORKS if any(each.net == net for each in found)]


def distinct(values: Iterable) -> list:
    """Values without repetitions, in their order."""
    return list(dict.fromkeys(values))


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
class Wins:
    """Pairs of runs that differ in their start alone, and how many of them were won."""

    won: int
    pairs: int

    @property
    def percent(self) -> float:
        """The share of pairs that were won, in percent; NaN if there are none."""
        return 100 * self.won / self.pairs if self.pairs else float("nan")


def wins(found: Sequence[Record], comparison: str, depth: int) -> Wins:
    """Counts the pairs of a depth; of equal runs of one start, the last counts."""
    better, worse, spiking = COMPARISONS[comparison]
    sides: dict[str, dict[tuple, Record]] = {better: {}, worse: {}}
    for each in found:
        of_kind = spiking is None or (each.net in SPIKING) == spiking
        if each.depth == depth and of_kind and each.net not in LEFT_OUT:
            key = (each.net, each.task, each.seed, each.clipped, each.others)
            sides.get(each.start, {})[key] = each
    pairs = [
        (one, sides[worse][key])
        for key, one in sides[better].items()
        if key in sides[worse]
    ]
    return Wins(sum(one.beats(other) for one, other in pairs), len(pairs))


def all_wins(found: Sequence[Record]) -> dict[str, dict[int, Wins]]:
    """The counts of all comparisons by depth."""
    depths = sorted({each.depth for each in found})
    return {
        comparison: {depth: wins(found, comparison, depth) for depth in depths}
        for comparison in COMPARISONS
    }


def _record(run: RunFolder) -> Record:
    summary, options = check_trained(run, "deep_rnn"), run.options
    metric = METRICS[options["task"]]
    stage = summary.get("pretraining") or {}
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
        radius=stage.get("mean_after"),
        target=target,
        clipped=options.get("clip_norm") is not None,
        curve=tuple(row[validation] for row in run.history() if validation in row),
        others=run.setting_but(*FREE, group="pre-training"),
    )
