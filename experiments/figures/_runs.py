"""Run directories as figures need them: their metrics, and their networks over time."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from experiments import recipes  # noqa: F401 - fills the registries
from experiments.core.options import OptionError, option
from experiments.core.runs import RunFolder, states
from experiments.figures._figure import Output, keras, say

# What is drawn if nothing is said: the first that all runs have.
METRICS = (
    *("val_mode_accuracy", "val_perplexity"),
    *("val_bits_per_character", "val_accuracy", "val_task_loss", "task_loss"),
)
METRIC = option(
    None,
    "column of metrics.csv (default: the validation accuracy if there is one, else a "
    "loss; of characters the bits per character)",
)


def measured(
    runs: Sequence[RunFolder], asked: str | None
) -> tuple[str, dict[str, list[dict[str, float]]], str, str]:
    """What a figure of a metric needs of runs of one experiment.

    Returns:
        The name of the experiment, for each run, by its label, the rows of its
        metrics, the metric, and what an axis says of it.
    """
    experiment = of_one_experiment(runs)
    histories = {run.label: run.history() for run in runs}
    metric = metric_of_all(histories, asked)
    label, (first, *_) = axis_label(metric), next(iter(histories.values()))
    if label.endswith("loss") and "val_bits_per_character" in first:
        label += ", nats per character"
    return experiment, histories, metric, label


def finished(runs: Sequence[RunFolder]) -> Sequence[RunFolder]:
    """The same runs; refuses one without a trained model, or of an unknown script."""
    for run in runs:
        assert run.program
        assert run.model
    return runs


def of_one_experiment(runs: Sequence[RunFolder]) -> str:
    """The name of the script that made all of these runs; refuses several."""
    names = sorted({run.experiment for run in runs})
    if len(names) > 1:
        raise OptionError(
            f"expected runs of one experiment in a figure, received {', '.join(names)}"
        )
    return names[0]


def metric_of_all(
    histories: Mapping[str, Sequence[Mapping[str, float]]], asked: str | None = None
) -> str:
    """A metric that all runs have, the one that is asked for if any.

    The histories are the rows of metrics of each run, by its label.
    """
    known = {
        label: {name for row in rows for name in row}
        for label, rows in histories.items()
    }
    if asked is None:
        shared = set.intersection(*known.values())
        found = next((name for name in METRICS if name in shared), None)
        if found is None:
            raise OptionError(f"--metric: the runs share none of {', '.join(METRICS)}")
        return found
    for label, names in known.items():
        if asked not in names:
            others = ", ".join(sorted(names - {"epoch", "update", "seconds"}))
            raise OptionError(
                f"--metric: {label} has no {asked}, expected one of {others}"
            )
    return asked


def axis_label(metric: str) -> str:
    """The words for a metric: `validation loss` for `val_loss` and `val_task_loss`."""
    if metric == "spectral_norm":
        return "spectral norm of the recurrent matrix"
    split = "validation" if metric.startswith("val_") else "training"
    words = metric.removeprefix("val_").replace("task_", "").replace("_", " ")
    return f"{split} {words}"


def file_name(*words: str) -> str:
    """The name of a figure's files: `copy-val-loss` of `copy` and `val_loss`."""
    return "-".join(words).replace("_", "-")


def experiments_of(runs: Sequence[RunFolder]) -> str:
    """The names of all scripts that made runs."""
    return ", ".join(sorted({run.experiment for run in runs}))


def title_of(run: RunFolder) -> str:
    """The title of a figure of a single run."""
    return f"{run.experiment}: {run.label}"


def each_layer(
    kind: str, runs: Sequence[RunFolder], out: Output
) -> Iterator[tuple[RunFolder, Any, str]]:
    """Runs that have a figure each, layers of their trained models, names of figures.

    The names begin with a `kind`.
    """
    names = [f"{kind}-{run.path.resolve().name}" for run in runs]
    for number, name in enumerate(names):
        if names.count(name) > 1:
            names[number] = f"{name}-{number + 1}"
    files = [run.model for run in runs]
    out.begin(*names)
    for run, file, name in zip(runs, files, names, strict=True):
        say(name)
        yield run, load(file)[1], name


def without_gates(values: Mapping[str, Any], run: RunFolder) -> Any:
    """The only value by gate; refuses several, as of an LSTM."""
    if len(values) > 1:
        raise OptionError(
            f"{run.path} has gates; expected a run of a network without gates"
        )
    return next(iter(values.values()))


def load(path: Path, *, with_loss: bool = False) -> tuple[Any, Any]:
    """A saved model, compiled if `with_loss`, and its only recurrent layer."""
    model, layers = load_layers(path, with_loss=with_loss)
    if len(layers) != 1:
        raise OptionError(
            f"{path} has {len(layers)} recurrent layers; expected a model with one"
        )
    return model, layers[0]


def load_layers(path: Path, *, with_loss: bool = False) -> tuple[Any, list[Any]]:
    """A saved model, and its recurrent layers from the input on."""
    from keras_nonnormal.training.gradient_ratios import recurrent_layers
    from keras_nonnormal.training.weights import UNREADABLE

    try:
        with warnings.catch_warnings():  # its first weights do not matter any more
            warnings.filterwarnings("ignore", message="Source connects")
            model = keras.saving.load_model(path, compile=with_loss)
    except UNREADABLE as error:
        raise _cannot_load(path, error) from error
    return model, recurrent_layers(model)


def _cannot_load(path: Path, error: BaseException) -> OptionError:
    return OptionError(f"cannot load {path}: {str(error).strip().splitlines()[0]}")


@dataclass(frozen=True)
class Snapshot:
    """A network of a run at one time."""

    stage: str  # "start", "epoch" or "trained"
    epoch: int  # how many are behind it
    model: Any
    layer: Any  # its recurrent layer


def snapshots(run: RunFolder, options: Any) -> Iterator[Snapshot]:
    """The networks of a run in order of time; the trained one is always there, last.

    The one at the start is made anew if options have `start`, those of checkpoints that
    were kept are restored if they have `checkpoints`.
    """
    say(run.label)
    first = at_start(run) if options.start else None
    if first:
        yield first
    if options.checkpoints:
        yield from kept(run, first)
    yield trained(run)


def trained(run: RunFolder) -> Snapshot:
    """The network that a run ended with."""
    model, layer = load(run.model)
    epoch, summary = int(run.history()[-1]["epoch"]), run.summary()
    # Which of the two a run ends with, only its task knows.
    if run.program.task.schedule.get("keep_best") and "best" in summary:
        epoch = int(summary["best"].get("epoch", epoch))
    return Snapshot("trained", epoch, model, layer)


def at_start(run: RunFolder) -> Snapshot:
    """The network that a run began with, made anew from its options and its seed.

    Its read-out may be another one; all else is as it was, on the same version of
    Keras. No data are read: the trained network shows what has to be known of the task.
    """
    program = run.program
    model, layer = load(run.model)
    tokens = [each for each in model.layers if hasattr(each, "input_dim")]
    task = SimpleNamespace(
        name=run.experiment,
        stateful=len(model.inputs) > 1,  # a text, whose tokens have an embedding
        length=model.inputs[0].shape[1],
        input_width=tokens[0].input_dim if tokens else model.inputs[0].shape[-1],
        output_width=model.outputs[0].shape[-1],
        per_step=layer.return_sequences,
        classification=True,
    )
    keras.utils.clear_session()
    keras.utils.set_random_seed(program.run.seed)
    fresh = program.network.model(program, task)
    same = next(each for each in fresh.layers if isinstance(each, type(layer)))
    return Snapshot("start", 0, fresh, same)


def kept(run: RunFolder, first: Snapshot | None = None) -> Iterator[Snapshot]:
    """The networks of the checkpoints that a run kept, in order.

    They are one and the same model, which changes from one to the next; that of the
    start if it has been made.
    """
    for epoch, file in states(run.path).items():
        first = first or at_start(run)
        _restore(first.model, file)
        yield Snapshot("epoch", epoch, first.model, first.layer)


def batch_of(run: RunFolder, sequences: int) -> tuple[Any, Any]:
    """Inputs and targets of the first training batch of a run's task and seed."""
    from keras_nonnormal.datasets import DatasetError

    seed = run.program.run.seed
    try:
        batches = run.program.task.load(seed).training_batches(sequences, seed=seed)
    except DatasetError as error:
        raise OptionError(error) from error
    inputs, targets, *_ = next(iter(batches))
    return inputs, targets


def _restore(model: Any, file: Path) -> None:
    import h5py

    from keras_nonnormal.training import CarriedState, WatchedModel

    try:
        watched: Any = WatchedModel(model)
        with h5py.File(file) as content:  # states that are carried: the batches' sizes
            own: Any = content["vars"]
            columns = sorted({each.shape[0] for each in own.values() if each.shape})
        if columns:
            watched = CarriedState(model, columns)
        watched.load_weights(file)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _cannot_load(file, error) from error
