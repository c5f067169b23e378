"""Calls of layers whose weights have an axis of members in front."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers.fused_loop import FusedLoop
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN

# Layers that treat every number alike, or only the last axis.
INDIFFERENT = (keras.layers.Activation, keras.layers.InputLayer, keras.layers.Identity)


def stacked_call(layer: Any, by_member: Callable) -> Callable:
    """A layer as a function of inputs `(members, batch, ...)`.

    Its variables have to have values with an axis of members in front by then.

    Args:
        layer: A layer of the library that runs on the one recurrence, a dense layer,
            or one that treats all numbers alike.
        by_member: `by_member(function)` is the stack of what a function gives where
            variables have the values of one member after the other.

    Raises:
        ValueError: If it is of another kind, or does more than can be done together.
    """
    if isinstance(layer, FusedLoop):
        _check_loop(layer)
        return lambda x: _loop(layer, by_member, x)
    if type(layer) is keras.layers.Dense:
        return lambda x: _dense(layer, x)
    if isinstance(layer, INDIFFERENT):
        return layer.call
    raise _refusal(layer, "a layer of the library, Dense or Activation")


def _check_loop(layer: Any) -> None:
    cell = layer.cell
    variables = getattr(getattr(cell, "activation", None), "variables", ())
    beyond = {
        "a stair": layer.stair,
        "`stateful`": layer.stateful,
        "`unroll`": layer.unroll,
        "dropout": cell.dropout or cell.recurrent_dropout,
        "an activation with variables": variables or not layer.fusible,
        "`return_state`": layer.return_state,
    }
    for what, there in beyond.items():
        if there:
            raise _refusal(layer, f"a recurrent layer without {what}")


def _loop(layer: Any, by_member: Callable, x: Any) -> Any:
    affine = tuple(map(_value, layer.affine()))
    if isinstance(layer, ParametrizedRNN):  # functions of one matrix, as a rule
        matrix = by_member(layer.loop_matrix)
    else:
        matrix = _value(layer.loop_matrix())
    parameters = tuple(map(_value, layer.step_parameters()))
    matrices = (matrix, *parameters)
    ranks = [len(each.shape) for each in (*affine, *matrices)]
    if ranks != [3, *(2 for _ in affine[1:]), *(3 for _ in matrices)]:
        raise _refusal(layer, "a layer whose matrices can be made side by side")
    x = ops.transpose(x, (2, 0, 1, 3))  # time, members, batch, features
    x = ops.flip(x, axis=0) if layer.go_backwards else x
    sizes = keras.tree.flatten(layer.cell.state_size)
    state = tuple(ops.zeros((*ops.shape(x)[1:3], size), x.dtype) for size in sizes)
    outputs, last = layer._recurrence(masked=False)(
        x, affine, matrix, state, (), parameters, layer.return_sequences
    )
    if not layer.return_sequences:
        return layer.output_of(last[0])
    return ops.transpose(layer.output_of(outputs), (1, 2, 0, 3))


def _dense(layer: keras.layers.Dense, x: Any) -> Any:
    kernel: Any = _value(layer.kernel)
    shape = ops.shape(x)
    rows = ops.reshape(x, (shape[0], -1, shape[-1]))
    y: Any = ops.matmul(rows, kernel)
    if layer.use_bias:
        y = y + ops.expand_dims(_value(layer.bias), 1)
    y = ops.reshape(y, (*shape[:-1], kernel.shape[-1]))
    return y if layer.activation is None else layer.activation(y)


def as_array(variable: Any) -> np.ndarray:
    """A copy of a variable's value."""
    return np.array(ops.convert_to_numpy(variable))


def _value(tensor: Any) -> Any:
    """A tensor, or the value of a variable, whose shape may be another one."""
    return tensor.value if isinstance(tensor, keras.Variable) else tensor


def _refusal(layer: Any, expected: str) -> ValueError:
    return ValueError(
        f"Layer '{layer.name}' ({type(layer).__name__}) cannot run as one of many "
        f"networks. Expected {expected}"
    )
