"""What figures show of a trained model."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import keras_nonnormal  # noqa: F401 - registers the classes of the models
from experiments.options import OptionError
from experiments.run_folders import RunFolder
from keras_nonnormal.analysis import (
    henrici_index,
    recurrent_matrices,
    schur_eigenvalues,
    schur_matrix,
    state_gradient_norms,
    state_gradients,
)
from keras_nonnormal.analysis.recurrent_layers import schur_parameters
from keras_nonnormal.recurrence import set_jit_compile
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
        reason = str(error).strip().splitlines()[0]
        raise OptionError(f"cannot load {path}: {reason}") from error
    return model


@dataclass(frozen=True)
class SchurForm:
    """The trained variables of nnRNN, in float64."""

    theta: np.ndarray
    gamma: np.ndarray
    upper: np.ndarray
    t_mask: str

    @classmethod
    def of(cls, layer: Any) -> "SchurForm | None":
        """That of a layer; None for a layer that has none."""
        found = schur_parameters(layer)
        return None if found is None else cls(**found)

    def matrix(self) -> np.ndarray:
        """Theta, upper triangular."""
        return schur_matrix(self.theta, self.gamma, self.upper, self.t_mask)

    def eigenvalues(self) -> np.ndarray:
        """The eigenvalues of Theta and of the recurrent matrix."""
        return schur_eigenvalues(self.theta, self.gamma, self.upper, self.t_mask)


@dataclass(frozen=True)
class LearnedStair:
    """The learned heights of a stair, in float64.

    Args:
        trained: The heights of the trained model.
        start: Those that its training began with; None if they were drawn at random.
    """

    trained: np.ndarray
    start: np.ndarray | None

    @classmethod
    def of(cls, layer: Any) -> "LearnedStair | None":
        """That of a layer; None for a layer that has none."""
        stair = getattr(layer.cell, "stair", None)
        if stair is None or not stair.learned:
            return None
        trained, start = _float64(stair.alpha), None
        if stair.initializer.get_config().get("seed", 0) is not None:
            start = _float64(stair.initializer(trained.shape, dtype="float32"))
        return cls(trained, start)


def spectrum_of(layer: Any) -> tuple[np.ndarray, float]:
    """Eigenvalues of a layer's recurrent matrix, and its Henrici index.

    Raises:
        OptionError: If its recurrent matrix is not square, as that of an LSTM, or not
            finite.
    """
    if (schur := SchurForm.of(layer)) is not None:
        values = schur.eigenvalues()
        return values, henrici_index(schur.matrix(), values)
    matrices = recurrent_matrices(layer)
    if len(matrices) > 1:
        raise OptionError(
            f"a {type(layer).__name__} has no single recurrent matrix; expected a "
            "network without gates"
        )
    (matrix,) = matrices.values()
    if not np.isfinite(matrix).all():
        raise OptionError("its recurrent matrix is not finite; its training diverged")
    values = np.linalg.eigvals(matrix)
    return values, henrici_index(matrix, values)


def _float64(tensor: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)


def gradient_norms(model: keras.Model, layer: Any, inputs, targets) -> np.ndarray:
    """Norms of the gradient of the loss with respect to the state at every step.

    These are total gradients: what a state does to the loss through its own output and
    through all states after it.

    Args:
        model: A compiled functional model. The states it may take are zero.
        layer: Its recurrent layer.
        inputs: A batch of inputs.
        targets: Its targets.

    Returns:
        An array `(batch, time)`.
    """
    # A language model takes states, too, and gives new ones.
    before: Any = keras.Model(_first(model.input), _first(layer.input))
    after = keras.Model(_first(layer.output), _first(model.output))

    def loss(outputs: list) -> Any:
        seen = keras.ops.stack(outputs, axis=1)
        seen = seen if layer.return_sequences else outputs[-1]
        predicted = after(seen)
        if model.loss is None:  # a language model, of which training keeps it
            entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            return entropy(targets, predicted)
        return model.compute_loss(y=targets, y_pred=predicted, training=False)

    return state_gradient_norms(state_gradients(layer, before(inputs), loss))


def states_of(layer: Any, sequences: Any) -> np.ndarray:
    """What a layer gives out at every step, as it is in its model.

    Args:
        layer: A recurrent layer.
        sequences: Its input, `(batch, time, features)`.

    Returns:
        An array `(batch, time, units)`.
    """
    every_step, carried = layer.return_sequences, layer.return_state
    layer.return_sequences, layer.return_state = True, False
    set_jit_compile(False)  # to compile takes longer than to run once
    try:
        return _float64(layer(keras.ops.convert_to_tensor(sequences, "float32")))
    finally:
        layer.return_sequences, layer.return_state = every_step, carried
        set_jit_compile(True)


def _first(tensors: Any) -> Any:
    return tensors[0] if isinstance(tensors, (list, tuple)) else tensors


def batch_of(run: RunFolder, sequences: int) -> tuple[Any, Any]:
    """Inputs and targets of the first training batch of a run's task and seed.

    Args:
        run: The run.
        sequences: How many.

    Raises:
        OptionError: If the run is none of the scripts' in this folder.
    """
    experiment, options = run.script()
    from keras_nonnormal.datasets import DatasetError

    try:
        batches = experiment.data(options).training_batches(
            sequences, seed=options.seed
        )
    except DatasetError as error:
        raise OptionError(error) from error
    inputs, targets, *_ = next(iter(batches))
    return inputs, targets
