from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers.arguments import GateArguments
from keras_nonnormal.layers.fused_loop import FusedLoop


class GRUArguments(GateArguments, total=False):
    """The further arguments of `FusedGRU`, which are those of `keras.layers.GRU`."""

    reset_after: bool


@keras.saving.register_keras_serializable("keras_nonnormal")
class FusedGRU(FusedLoop, keras.layers.GRU):
    """`keras.layers.GRU` on a compiled recurrence: the same numbers, sooner.

    It takes the arguments of `keras.layers.GRU`, owns the same weights under the same
    names, and gives the same outputs and gradients. While training with
    `recurrent_dropout`, with `unroll=True`, with `reset_after=False`, and with
    activations that have variables, Keras's own loop runs.

    Args:
        units: Positive integer, dimensionality of the output space.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.GRU`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import FusedGRU
    >>> tuple(FusedGRU(6)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 6)
    """

    def __init__(self, units: int, **kwargs: Unpack[GRUArguments]):
        super().__init__(units, **kwargs)

    @property
    def fusible(self):
        functions = (self.cell.activation, self.cell.recurrent_activation)
        layers = any(isinstance(f, keras.layers.Layer) for f in functions)
        return self.cell.reset_after and not layers

    # The reset gate acts on the candidate's recurrent part alone, so there are four
    # pre-activations: update, reset, and the candidate's from input and from state.

    def affine(self):
        kernel = self._spread(self.cell.kernel, of_input=True)
        if not self.cell.use_bias:
            return (kernel,)
        pair: Any = ops.convert_to_tensor(self.cell.bias)
        bias = self._spread(pair[0], of_input=True)
        return kernel, bias + self._spread(pair[1], of_input=False)

    def recurrent_matrix(self, training=False):
        return self._spread(self.cell.recurrent_kernel, of_input=False)

    def step(self, z, state, inputs, parameters):
        gate = self.cell.recurrent_activation
        quarters: Any = ops.split(z, 4, axis=-1)
        update, reset, candidate, recurrent = quarters
        update = gate(update)
        candidate = self.cell.activation(candidate + gate(reset) * recurrent)
        return (update * state[0] + (1 - update) * candidate,)

    def drive_row(self):
        return np.repeat([0.0, 0.0, 1.0], self.units)

    def get_config(self):
        return {**super().get_config(), **self.loop_config()}

    def _spread(self, weights, of_input):
        """Weights of the three parts for the four pre-activations, `(..., 4 units)`."""
        thirds: Any = ops.split(ops.convert_to_tensor(weights), 3, axis=-1)
        update, reset, candidate = thirds
        nothing = ops.zeros_like(candidate)
        halves = (candidate, nothing) if of_input else (nothing, candidate)
        return ops.concatenate([update, reset, *halves], axis=-1)
