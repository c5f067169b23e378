import contextlib
from typing import Any

import keras
from keras import ops

from keras_nonnormal.activations import stair as stairs
from keras_nonnormal.activations.stair import Stair, spread
from keras_nonnormal.layers.call_view import call_view

# Keras draws masks for cells of this class, which it does not export, and drops them.
_DropoutCell: Any = keras.layers.SimpleRNNCell.__bases__[-1]


@keras.saving.register_keras_serializable("keras_nonnormal")
class StairCell(keras.layers.Layer, _DropoutCell):
    r"""Any recurrent cell with a `Stair`: a factor of its own for every time step.

    The factor multiplies what the cell gives out and feeds back, its first state;
    other states, such as the $c$ of an LSTM, stay as they are. Exp-alpha acts inside
    the nonlinearity instead, so the cell must have one as its `activation`.

    The time step is one more state, the last: a whole number per sample, `(batch, 1)`,
    that starts at zero and goes on where the other states go on. Carried from call to
    call it is exact up to 2048 in float16, and up to 256 in bfloat16.

    Args:
        cell: A Keras recurrent cell with one state or a flat list of them.
        stair: A `Stair` or the name of a schedule.
        **kwargs: The arguments every Keras layer takes.

    Raises:
        ValueError: If there is no such schedule; or for exp-alpha if the cell has gates
            or no `activation`.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from keras_nonnormal import StairCell
    >>> layer = keras.layers.RNN(StairCell(keras.layers.GRUCell(8), "expn"))
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 8)

    Reference:
        - "Stair Recurrent Neural Networks" (2021), and the programs released with it
    """

    def __init__(self, cell, stair="expn", **kwargs):
        super().__init__(**{"dtype": cell.dtype_policy, **kwargs})
        self.cell = cell
        self.stair: Any = stairs.get(stair, dtype=cell.dtype_policy)
        if self.stair is None:
            raise ValueError(
                f"Expected a stair; a cell without one needs no StairCell. "
                f"Received: stair={stair!r}"
            )
        gates = hasattr(cell, "recurrent_activation")
        gates = gates or len(_listed(cell.state_size)) > 1
        if self.stair.inside and (gates or not hasattr(cell, "activation")):
            raise ValueError(
                "Exp-alpha acts inside the one nonlinearity of a simple cell: expected "
                f"another schedule for a {type(cell).__name__}. "
                f"Received: stair={stair!r}"
            )

    @property
    def state_size(self):
        return [*_listed(self.cell.state_size), 1]

    @property
    def output_size(self):
        return getattr(self.cell, "output_size", _listed(self.cell.state_size)[0])

    def build(self, input_shape):
        if not self.cell.built:
            self.cell.build(input_shape)
            self.cell.built = True
        if not self.stair.built:
            self.stair.build()

    def call(self, inputs, states, training=False):
        *states, step = states
        check_step(self.name, step)
        heights = self.stair.heights(ops.cast(step, "int32"), self.compute_dtype)
        states = states[0] if len(states) == 1 else states
        cell = self.cell
        if self.stair.inside:
            activation = cell.activation

            def staired(z):
                return self.stair.apply(z, activation(z), heights)

            cell = call_view(cell, activation=staired)
        output, states = cell(inputs, states, training=training)
        first, *others = _listed(states)
        if not self.stair.inside:
            # One tensor for both if they are one, so that a gradient finds its way.
            is_state, first = output is first, first * heights
            output = first if is_state else output * heights
        return output, [first, *others, step + 1]

    def get_dropout_mask(self, step_input):
        return _of_dropout(self.cell, "get_dropout_mask", step_input)

    def get_recurrent_dropout_mask(self, step_input):
        return _of_dropout(self.cell, "get_recurrent_dropout_mask", step_input)

    def reset_dropout_mask(self):
        _of_dropout(self.cell, "reset_dropout_mask")

    def reset_recurrent_dropout_mask(self):
        _of_dropout(self.cell, "reset_recurrent_dropout_mask")

    def get_initial_state(self, batch_size=None):
        states = _listed(self.cell.get_initial_state(batch_size=batch_size))
        return [*states, ops.zeros((batch_size, 1), dtype=self.cell.compute_dtype)]

    def __getattr__(self, name):
        # For the layers, whose properties are those of their cell. On torch, where a
        # layer is a module, parts and variables are found in this way, too.
        with contextlib.suppress(AttributeError):
            return super().__getattr__(name)  # pyright: ignore
        if name.startswith("_") or name == "cell":
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        return getattr(self.cell, name)

    def get_config(self):
        return {
            **super().get_config(),
            "cell": keras.saving.serialize_keras_object(self.cell),
            "stair": keras.saving.serialize_keras_object(self.stair),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        cell = keras.saving.deserialize_keras_object(
            config["cell"], custom_objects=custom_objects
        )
        return cls(**{**config, "cell": cell})


class Climb:
    """The stair of one call of a layer, time first.

    Args:
        stair: The `Stair`.
        first: Tensor `(batch, 1)`, the time step of the beginning.
        mask: Tensor `(time, batch, 1)`, positive where a step is taken, or one that
            broadcasts against it.

    Attributes:
        inputs: What the recurrence gets as inputs of its steps.
        gain: What the recurrence gets as gain, or None.
        last: The time step after the end, `(batch, 1)`.
    """

    def __init__(self, stair: Stair, first: Any, mask: Any):
        taken = ops.cumsum(ops.cast(mask > 0, "int32"), axis=0)
        steps = ops.cast(first, "int32") + taken
        self.last = ops.cast(steps[-1], first.dtype)
        dtype = keras.backend.standardize_dtype(first.dtype)
        heights = stair.heights(ops.maximum(steps - 1, 0), dtype)
        self.inputs, self.gain, self._heights = (heights,), None, None
        if not stair.inside:
            # Before the first step that is taken, the state is the one handed in.
            heights = ops.where(taken > 0, heights, 1.0)
            before = ops.concatenate([ops.ones_like(heights[:1]), heights[:-1]])
            self.inputs, self.gain, self._heights = (), before, heights

    def carried_out(self, outputs: Any, states: tuple) -> tuple[Any, tuple]:
        """Outputs and states of the layer, with the time step."""
        first, *others = states
        if self._heights is not None:
            first = first * self._heights[-1]
            if outputs is not None:
                outputs = outputs * spread(self._heights, outputs)
        return outputs, (first, *others, self.last)


def bare(cell: Any) -> Any:
    """A cell without the stair that may be around it."""
    return cell.cell if isinstance(cell, StairCell) else cell


def check_step(name: str, step: Any) -> None:
    """Raises a ValueError for a time step that is not one number per sample."""
    if step.shape[-1] != 1:
        raise ValueError(
            f"The last state of '{name}' is its time step: expected shape (batch, 1); "
            "of the time steps of several encoders pass on that of one. "
            f"Received: shape {tuple(step.shape)}"
        )


def _of_dropout(cell, method, *arguments):
    """The result of a method of a cell with dropout; None for other cells."""
    return getattr(cell, method, lambda *_: None)(*arguments)


def _listed(states):
    return list(states) if isinstance(states, (list, tuple)) else [states]
