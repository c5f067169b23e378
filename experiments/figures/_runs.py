"""Run directories as figures need them; read without heavy imports."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.labels import has_gamma
from experiments.core.options import OptionError
from experiments.core.runs import (
    RunFolder,
    finished,
    metric_of_all,
    of_one_experiment,
    repeats,
    run_folders,
    states,
)

__all__ = [
    "RunFolder",
    "finished",
    "has_gamma",
    "metric_of_all",
    "of_one_experiment",
    "repeats",
    "run_folders",
    "states",
]

# Metrics whose names do not say all.
LABELS = {"spectral_norm": "spectral norm of the recurrent matrix"}
# Scripts whose losses are of characters, in nats.
OF_CHARACTERS = ("ptb_char",)


def measured(
    runs: Sequence[RunFolder], asked: str | None
) -> tuple[str, dict[str, list[dict[str, float]]], str, str]:
    """What a figure of a metric needs of runs of one experiment.

    Args:
        runs: The runs.
        asked: Name of the metric, or None for the first that all have.

    Returns:
        The name of the experiment, for each run, by its label, the rows of its
        metrics, the metric, and what an axis says of it.

    Raises:
        OptionError: If runs are of several experiments or share no metric.
    """
    experiment = of_one_experiment(runs)
    histories = {run.label: run.history() for run in runs}
    metric = metric_of_all(histories, asked)
    label = axis_label(metric)
    if experiment in OF_CHARACTERS and label.endswith("loss"):
        label += ", nats per character"
    return experiment, histories, metric, label


def axis_label(metric: str) -> str:
    """The words for a metric: `validation loss` for `val_loss` and `val_task_loss`."""
    if metric in LABELS:
        return LABELS[metric]
    split = "validation" if metric.startswith("val_") else "training"
    words = metric.removeprefix("val_").replace("task_", "").replace("_", " ")
    return f"{split} {words}"


def file_name(*words: str) -> str:
    """The name of a figure's files: `copy-val-loss` of `copy` and `val_task_loss`."""
    return "-".join(words).replace("task_", "").replace("_", "-")


def experiments_of(runs: Sequence[RunFolder]) -> str:
    """The names of all scripts that made runs."""
    return ", ".join(sorted({run.experiment for run in runs}))


def title_of(run: RunFolder) -> str:
    """The title of a figure of a single run."""
    return f"{run.experiment}: {run.label}"


def each_layer(
    kind: str, runs: Sequence[RunFolder], out: Any
) -> Iterator[tuple[RunFolder, Any, str]]:
    """The recurrent layers of runs that have a figure each.

    Args:
        kind: What names of figures begin with.
        runs: The runs, all of which must have a model.
        out: The `Output`.

    Yields:
        A run, the layer of its trained model, and the name of its figure.

    Raises:
        OptionError: If a model is missing or cannot be read.
    """
    files = [run.model for run in runs]
    names = [f"{kind}-{run.path.resolve().name}" for run in runs]
    for number, name in enumerate(names):
        if names.count(name) > 1:
            names[number] = f"{name}-{number + 1}"
    out.begin(*names)
    from experiments.figures._networks import load

    for run, file, name in zip(runs, files, names, strict=True):
        yield run, load(file)[1], name


def without_gates(values: Mapping[str, Any], run: RunFolder) -> Any:
    """The only value by gate of a network.

    Raises:
        OptionError: If there are several, as of an LSTM.
    """
    if len(values) > 1:
        raise OptionError(
            f"{run.path} has gates; expected a run of a network without gates"
        )
    return next(iter(values.values()))
