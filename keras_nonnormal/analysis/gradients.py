from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers import StairCell


def state_gradient_norms(gradients) -> np.ndarray:
    """How much of the loss's gradient reaches each state: `||dL/dh_t||`.

    Args:
        gradients: Array `(batch, time, units)`, the gradient of the loss with respect
            to the states of a recurrent layer, or `(time, units)` for one sequence.

    Returns:
        An array `(batch, time)` or `(time,)` of Euclidean norms in float64.

    Raises:
        ValueError: If the array has another number of axes.

    Example:

    >>> state_gradient_norms([[[3.0, 4.0], [0.0, 0.0]]])
    array([[5., 0.]])
    """
    gradients = np.asarray(gradients, np.float64)
    if gradients.ndim not in (2, 3):
        raise ValueError(
            "`gradients` must have shape (batch, time, units) or (time, units). "
            f"Received: shape {gradients.shape}"
        )
    # Squares of what is left after hundreds of steps are 0 even in float64.
    sizes = np.abs(gradients).max(axis=-1, initial=0, keepdims=True)
    with np.errstate(invalid="ignore"):  # what is not finite shall stay so
        scaled = gradients / np.where(sizes > 0, sizes, 1.0)
    return sizes[..., 0] * np.linalg.norm(scaled, axis=-1)


def state_gradients(
    layer: Any, sequences: Any, loss: Callable[[list], Any]
) -> np.ndarray:
    """Total gradients of a loss by the first state of a layer at every step.

    They hold all that a state does to the loss: through its own output, and through
    all states after it. The cell of the layer runs step by step.

    Args:
        layer: A recurrent layer.
        sequences: Its input, `(batch, time, features)`.
        loss: Function from the list of outputs `(batch, units)` at all steps to a
            scalar tensor.

    Returns:
        An array `(batch, time, units)` in float64.

    Example:

    >>> import keras
    >>> layer = keras.layers.SimpleRNN(
    ...     1, None, kernel_initializer="ones", recurrent_initializer="ones"
    ... )
    >>> layer.build((1, 3, 1))
    >>> print(state_gradients(layer, np.ones((1, 3, 1)), lambda outputs: sum(outputs)))
    [[[3.]
      [2.]
      [1.]]]
    """
    import tensorflow as tf

    sequences = ops.convert_to_tensor(sequences, layer.compute_dtype)
    states, outputs, reached = layer.get_initial_state(sequences.shape[0]), [], []
    cell = layer.cell_of_call() if hasattr(layer, "cell_of_call") else layer.cell
    with tf.GradientTape() as tape:
        for step in range(sequences.shape[1]):
            output, states = cell(sequences[:, step], states)
            outputs.append(_seen(layer, output, states[0]))
            reached.append(states[0])
        value = loss(outputs)
    gradients: Any = tape.gradient(
        value, reached, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    found = [np.asarray(ops.convert_to_numpy(each), np.float64) for each in gradients]
    return np.stack(found, axis=1)


def loss_gradient_norms(
    model: Any, layer: Any, inputs: Any, targets: Any
) -> np.ndarray:
    """Norms of the total gradients of a model's loss by the state at every step.

    Args:
        model: A compiled functional model, or a language model whose loss is that of
            its training: the cross-entropy of its logits. The states that it may take
            are zero.
        layer: Its recurrent layer.
        inputs: A batch of inputs.
        targets: Its targets.

    Returns:
        An array `(batch, time)`, as of `state_gradient_norms`.
    """
    # A language model takes states, too, and gives new ones.
    before: Any = keras.Model(_first(model.input), _first(layer.input))
    after = keras.Model(_first(layer.output), _first(model.output))

    def loss(outputs: list) -> Any:
        every = layer.return_sequences
        predicted = after(ops.stack(outputs, axis=1) if every else outputs[-1])
        if model.loss is None:
            entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            return entropy(targets, predicted)
        return model.compute_loss(y=targets, y_pred=predicted, training=False)

    return state_gradient_norms(state_gradients(layer, before(inputs), loss))


def _first(tensors: Any) -> Any:
    return tensors[0] if isinstance(tensors, (list, tuple)) else tensors


def _seen(layer: Any, output: Any, state: Any) -> Any:
    """The output at a step as a function of the state; a stair scales both."""
    if hasattr(layer, "output_of"):
        return layer.output_of(state)
    return state if isinstance(layer.cell, StairCell) else output
