"""The network of a run at its start, while it learnt, and in the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras

from experiments.core.runs import RunFolder, states
from experiments.options import OptionError
from experiments.trained import load
from keras_nonnormal.training import CarriedState, WatchedModel


@dataclass(frozen=True)
class Snapshot:
    """A network of a run at one time.

    Args:
        stage: `"start"`, `"epoch"` or `"trained"`.
        epoch: How many epochs are behind it.
        model: The network.
        layer: Its recurrent layer.
    """

    stage: str
    epoch: int
    model: keras.Model
    layer: Any


def trained(run: RunFolder) -> Snapshot:
    """The network that a run ended with.

    Raises:
        OptionError: If the run is not finished, or has not one recurrent layer.
    """
    model, layer = load(run.model)
    rows = run.history()
    epoch = int(rows[-1]["epoch"])
    summary = run.summary()
    # Which of the two a run ends with, only the script knows that made it.
    if _keeps_best(run) and "best" in summary:
        epoch = int(summary["best"].get("epoch", epoch))
    return Snapshot("trained", epoch, model, layer)


def start(run: RunFolder) -> Snapshot:
    """The network that a run began with, made anew from its options and its seed.

    Its read-out may be another one; all else is as it was, on the same version of
    Keras. No data are read: what a network has to know of its task can be seen from
    the one that was trained.

    Raises:
        OptionError: If the run is not finished, or none of the scripts' here.
    """
    experiment, options = run.script()
    model, layer = load(run.model)
    task = _seen_from(run, model, layer)
    keras.utils.clear_session()
    keras.utils.set_random_seed(options.seed)
    fresh = experiment.model(task, options)
    return Snapshot("start", 0, fresh, _same_layer(fresh, layer))


def kept(run: RunFolder, first: Snapshot | None = None) -> Iterator[Snapshot]:
    """The networks of the checkpoints that a run kept, in order.

    They are one and the same model, which changes from one to the next.

    Args:
        run: The run.
        first: The network at the start, if it has been made; it becomes that model.

    Raises:
        OptionError: If one cannot be read.
    """
    files = states(run.path)
    if not files:
        return
    first = first or start(run)
    for epoch, file in files.items():
        _restore(first.model, file)
        yield Snapshot("epoch", epoch, first.model, first.layer)


def _keeps_best(run: RunFolder) -> bool:
    experiment, _ = run.script()
    return bool(getattr(experiment, "schedule", {}).get("keep_best"))


def _seen_from(run: RunFolder, model: keras.Model, layer: Any) -> Any:
    """What a network has to know of its task."""
    inputs: list[Any] = model.inputs
    outputs: list[Any] = model.outputs
    stateful = len(inputs) > 1
    width = inputs[0].shape[-1]
    if stateful:  # a language model: tokens and states
        width = next(
            each.input_dim for each in model.layers if hasattr(each, "input_dim")
        )
    return SimpleNamespace(
        name=run.experiment,
        stateful=stateful,
        length=inputs[0].shape[1],
        input_width=width,
        output_width=outputs[0].shape[-1],
        per_step=layer.return_sequences,
        classification=True,
    )


def _same_layer(model: keras.Model, layer: Any) -> Any:
    return next(each for each in model.layers if isinstance(each, type(layer)))


def _restore(model: keras.Model, file: Path) -> None:
    try:
        watched: Any = WatchedModel(model)
        if columns := _columns(file):
            watched = CarriedState(model, columns)
        watched.load_weights(file)
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise OptionError(f"cannot load {file}: {reason}") from error


def _columns(file: Path) -> list[int]:
    """The sizes of batches whose states a file holds; none if none are carried."""
    import h5py

    with h5py.File(file) as content:
        own: Any = content["vars"]
        return sorted({each.shape[0] for each in own.values() if each.shape})
