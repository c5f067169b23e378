"""Run directories of these experiments as figures need them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.runs import RunFolder
from experiments.lsc.targets import target_of
from experiments.options import OptionError

# How a network was started, as the figures say it.
NONE, ONE, HALF, UNBALANCED = "none", "ρ = 1", "ρ = 0.5", "ρ unbalanced"
STARTS = (NONE, ONE, HALF, UNBALANCED)
# Metrics by task: the one that counts.
METRICS = {
    "wordptb": "perplexity",
    "sl_mnist": "mode_accuracy",
    "heidelberg": "mode_accuracy",
}
# A mean radius further from its target is struck out.
TOLERANCE = 0.02


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
        others: What else makes runs comparable: sizes and training.
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


# Options that may differ between runs that are compared, besides those of pre-training.
FREE = ("clip_norm", "time_limit")


def records(runs: Iterable[RunFolder]) -> list[Record]:
    """The records of runs.

    Raises:
        OptionError: If one of them is of another experiment, or not finished.
    """
    return [_record(run) for run in runs]


def start_of(options: dict[str, Any], depth: int) -> tuple[str, float | None]:
    """How a network was started, in words, and the target of its radii in time."""
    if options["pretrain"] == "none":
        return NONE, None
    target = target_of(options["target"])
    if target == "auto":
        target = 0.5 if depth > 1 else 1.0
    if target == "unbalanced":
        return UNBALANCED, None
    if isinstance(target, dict):
        return f"ρ {options['target']}", None
    assert isinstance(target, float)
    return f"ρ = {target:g}", target


def check_trained(run: RunFolder, experiment: str) -> dict[str, Any]:
    """The summary of a run.

    Raises:
        OptionError: If the run is of another script, or was not trained to its end.
    """
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


def of_net(records: Sequence[Record], net: str) -> list[Record]:
    """The records of a network."""
    return [each for each in records if each.net == net]


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
        others=run.setting_but(*FREE, group="stability"),
    )
