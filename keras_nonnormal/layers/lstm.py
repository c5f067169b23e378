from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers.arguments import GateArguments
from keras_nonnormal.layers.fused_loop import FusedLoop
from keras_nonnormal.layers.weight_dropout import WeightDropout


class LSTMArguments(GateArguments, total=False):
    """The further arguments of `FusedLSTM`, which are those of `keras.layers.LSTM`."""

    unit_forget_bias: bool


@keras.saving.register_keras_serializable("keras_nonnormal")
class FusedLSTM(WeightDropout, FusedLoop, keras.layers.LSTM):
    """`keras.layers.LSTM` on a compiled recurrence: the same numbers, sooner.

    It takes the arguments of `keras.layers.LSTM`, owns the same weights under the same
    names, and gives the same outputs and gradients. While training with
    `recurrent_dropout`, with `unroll=True`, and with activations that have variables,
    Keras's own loop runs.

    Args:
        units: Positive integer, dimensionality of the output space.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of the
            hidden state for every time step; the cell state stays as it is. There is
            then one more state, the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        weight_dropout: Fraction of the recurrent kernel's entries to drop while
            training, by one draw per call; at least 0 and less than 1. Defaults to 0.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.LSTM`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of two tensors `(batch, units)`: hidden state
            and cell state.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the two final states.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import FusedLSTM
    >>> tuple(FusedLSTM(6)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 6)
    """

    def __init__(
        self,
        units: int,
        stair: Any = None,
        reset_step: bool = False,
        weight_dropout: float = 0.0,
        **kwargs: Unpack[LSTMArguments],
    ):
        super().__init__(units, **kwargs)
        self._mount_stair(stair, reset_step)
        self._mount_weight_dropout(weight_dropout)

    @property
    def fusible(self):
        functions = (self.cell.activation, self.cell.recurrent_activation)
        return not any(isinstance(f, keras.layers.Layer) for f in functions)

    def affine(self):
        cell = self.cell
        return (cell.kernel, cell.bias) if cell.use_bias else (cell.kernel,)

    def step(self, z, state, inputs, parameters):
        activation, gate = self.cell.activation, self.cell.recurrent_activation
        quarters: Any = ops.split(z, 4, axis=-1)
        i, f, g, o = quarters
        c = gate(f) * state[1] + gate(i) * activation(g)
        return gate(o) * activation(c), c

    def drive_row(self):
        return np.repeat([0.0, 0.0, 0.0, 1.0], self.units)

    def get_config(self):
        return {**super().get_config(), **self.loop_config()}
