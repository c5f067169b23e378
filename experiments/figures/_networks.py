"""The networks of runs: trained, at their start, and while they learnt."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np

import keras_nonnormal  # noqa: F401 - registers the classes of the models
from experiments.core.options import OptionError
from experiments.figures._runs import RunFolder, states
from keras_nonnormal.analysis import (
    henrici_index,
    layer_spectra,
    recurrent_matrices,
)
from keras_nonnormal.training import CarriedState, WatchedModel
from keras_nonnormal.training.gradient_ratios import recurrent_layers
from keras_nonnormal.training.weights import UNREADABLE


def load(path: Path, *, with_loss: bool = False) -> tuple[keras.Model, Any]:
    """A saved model and its recurrent layer.

    Args:
        path: The file.
        with_loss: Whether the model comes compiled.

    Raises:
        OptionError: If the file cannot be read, or has not one recurrent layer.
    """
    model = _loaded(path, with_loss)
    found = [each for each in model.layers if isinstance(each, keras.layers.RNN)]
    if len(found) != 1:
        raise OptionError(
            f"{path} has {len(found)} recurrent layers; expected a model with one"
        )
    return model, found[0]


def load_layers(path: Path) -> list[Any]:
    """The recurrent layers of a saved model, at least one, from the input on.

    Raises:
        OptionError: If the file cannot be read, or has none.
    """
    found = recurrent_layers(_loaded(path, with_loss=False))
    if not found:
        raise OptionError(f"{path} has no recurrent layers; expected a model with some")
    return found


def _loaded(path: Path, with_loss: bool) -> keras.Model:
    try:
        with warnings.catch_warnings():  # its first weights do not matter any more
            warnings.filterwarnings("ignore", message="Source connects")
            model: Any = keras.saving.load_model(path, compile=with_loss)
    except UNREADABLE as error:
        raise _cannot_load(path, error) from error
    return model


def _cannot_load(path: Path, error: BaseException) -> OptionError:
    return OptionError(f"cannot load {path}: {str(error).strip().splitlines()[0]}")


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


def snapshots(run: RunFolder, *, start: bool, checkpoints: bool) -> Iterator[Snapshot]:
    """The networks of a run in order of time; the trained one is always there, last.

    Args:
        run: The run.
        start: Whether to make the network at its start.
        checkpoints: Whether to restore those of checkpoints that were kept.
    """
    first = at_start(run) if start else None
    if first:
        yield first
    if checkpoints:
        yield from kept(run, first)
    yield trained(run)


def trained(run: RunFolder) -> Snapshot:
    """The network that a run ended with.

    Raises:
        OptionError: If the run is not finished, or has not one recurrent layer.
    """
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

    Raises:
        OptionError: If the run is not finished, or none of the scripts' here.
    """
    program = run.program
    model, layer = load(run.model)
    task = _task_of(run, model, layer)
    keras.utils.clear_session()
    keras.utils.set_random_seed(program.run.seed)
    fresh = program.network.model(program, task)
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
    for epoch, file in states(run.path).items():
        first = first or at_start(run)
        _restore(first.model, file)
        yield Snapshot("epoch", epoch, first.model, first.layer)


def batch_of(run: RunFolder, sequences: int) -> tuple[Any, Any]:
    """Inputs and targets of the first training batch of a run's task and seed.

    Args:
        run: The run.
        sequences: How many.

    Raises:
        OptionError: If the run is none of the scripts' in this folder.
    """
    from keras_nonnormal.datasets import DatasetError

    seed = run.program.run.seed
    try:
        batches = run.program.task.load(seed).training_batches(sequences, seed=seed)
    except DatasetError as error:
        raise OptionError(error) from error
    inputs, targets, *_ = next(iter(batches))
    return inputs, targets


def _task_of(run: RunFolder, model: keras.Model, layer: Any) -> Any:
    """What a network has to know of its task, seen from a trained one."""
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
    import h5py

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


def spectrum_of(layer: Any) -> tuple[np.ndarray, float]:
    """Eigenvalues `(units,)` of a layer's matrix, and its relative Henrici index.

    Raises:
        OptionError: If its recurrent matrix is not square, as that of an LSTM, or not
            finite.
    """
    matrices = recurrent_matrices(layer)
    if len(matrices) > 1:
        raise OptionError(
            f"a {type(layer).__name__} has no single recurrent matrix; expected a "
            "network without gates"
        )
    ((name, matrix),) = matrices.items()
    if not np.isfinite(matrix).all():
        raise OptionError("its recurrent matrix is not finite; its training diverged")
    values = layer_spectra(layer, check=False)[name]
    return values, henrici_index(matrix, values)


def learned_stair(layer: Any) -> tuple[np.ndarray, np.ndarray | None] | None:
    """The learned heights of a layer's stair, `(steps,)` in float64.

    Returns:
        The heights now, and at the start, None if they were drawn without a seed; None
        for a layer that has none.
    """
    stair = getattr(layer.cell, "stair", None)
    if stair is None or not stair.learned:
        return None
    heights, start = _float64(stair.alpha), None
    if stair.initializer.get_config().get("seed", 0) is not None:
        start = _float64(stair.initializer(heights.shape, dtype="float32"))
    return heights, start


def _float64(tensor: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)
