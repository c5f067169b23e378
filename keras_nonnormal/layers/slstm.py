"""The scalar LSTM of xLSTM, with exponential gates, and its cell."""

from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers.arguments import (
    KerasArguments,
    StairArguments,
    arguments_of,
)
from keras_nonnormal.layers.block_diagonal import block_diagonal, checked_heads
from keras_nonnormal.layers.layer_of_cell import LayerOfCell

FORGET_GATES = ("sigmoid", "exponential")


class SLSTMArguments(KerasArguments, StairArguments, total=False):
    """The further arguments of `SLSTM`."""

    activation: Any


@keras.saving.register_keras_serializable("keras_nonnormal")
class SLSTMCell(keras.layers.SimpleRNNCell):
    """One step of `SLSTM`; takes the same arguments, but for those of the loop.

    Its states are h, c, n and m, `(batch, units)` each.

    Args:
        units: Positive integer, dimensionality of the output.
        **kwargs: As for `SLSTM`.
    """

    def __init__(
        self,
        units,
        heads=1,
        forget_gate="sigmoid",
        unit_forget_bias=True,
        **kwargs: Unpack[SLSTMArguments],
    ):
        super().__init__(units, **kwargs)
        self.heads = checked_heads(heads, self.units)
        if forget_gate not in FORGET_GATES:
            raise ValueError(
                "Expected `forget_gate` to be 'sigmoid' or 'exponential'. "
                f"Received: forget_gate={forget_gate!r}"
            )
        self.forget_gate = forget_gate
        self.unit_forget_bias = bool(unit_forget_bias)
        self.state_size: Any = [units] * 4

    def build(self, input_shape):
        units, self.bias = self.units, None
        self.kernel = self.add_weight(
            shape=(input_shape[-1], 4 * units),
            name="kernel",
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            shape=(units, 4 * units // self.heads),
            name="recurrent_kernel",
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(4 * units,),
                name="bias",
                initializer=self._bias_start,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def _bias_start(self, shape, dtype=None):
        start: Any = self.bias_initializer
        if not self.unit_forget_bias:
            return start(shape, dtype=dtype)
        one, two = (self.units,), (2 * self.units,)
        parts = start(one, dtype=dtype), ops.ones(one, dtype), start(two, dtype=dtype)
        return ops.concatenate(parts)

    def matrix(self):
        """The recurrent matrices of all gates, `(units, 4 * units)`."""
        return block_diagonal(ops.convert_to_tensor(self.recurrent_kernel), self.heads)

    def advance(self, pre_activations, states) -> tuple:
        """The states after a step.

        Args:
            pre_activations: Tensor `(..., 4 * units)`: input gate, forget gate, cell
                input and output gate.
            states: The four states, tensors `(..., units)`.
        """
        parts: Any = ops.split(pre_activations, 4, axis=-1)
        take, forget, z, out = parts
        _, c, n, m = states
        exponential = self.forget_gate == "exponential"
        log_forget = forget if exponential else ops.log_sigmoid(forget)
        # Before the first step nothing is carried on that could be too large.
        carried = ops.where(n > 0, log_forget + m, take)
        m = ops.maximum(carried, take)
        kept, taken = ops.exp(carried - m), ops.exp(take - m)
        c = kept * c + taken * ops.cast(self.activation(z), c.dtype)
        n = kept * n + taken
        return ops.sigmoid(out) * (c / n), c, n, m

    def output_gate(self, inputs, h):
        """The output gate of a step from `h`, `(batch, units)`."""
        z: Any = self._pre_activations(inputs, h)
        return ops.sigmoid(z[..., 3 * self.units :])

    def _pre_activations(self, inputs, h):
        z = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.matrix())
        return z if self.bias is None else z + self.bias

    def call(self, sequence, states, training=False):
        h = states[0]
        if training and 0 < self.dropout < 1:
            sequence = sequence * self.get_dropout_mask(sequence)
        if training and 0 < self.recurrent_dropout < 1:
            h = h * self.get_recurrent_dropout_mask(h)
        states = self.advance(self._pre_activations(sequence, h), states)
        return states[0], list(states)

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, n), self.compute_dtype) for n in self.state_size]

    def get_config(self):
        names = ("heads", "forget_gate", "unit_forget_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_nonnormal")
class SLSTM(LayerOfCell):
    r"""The sLSTM: exponential gates, a normalizer, and memory that heads mix.

    $$ (\tilde{ı}_t, \tilde{f}_t, \tilde{z}_t, \tilde{o}_t) = x_t K + h_{t-1} R + b,
       \qquad m_t = \max(\log f_t + m_{t-1}, \tilde{ı}_t), $$
    $$ c_t = f'_t c_{t-1} + i'_t \phi(\tilde{z}_t), \qquad n_t = f'_t n_{t-1} + i'_t,
       \qquad h_t = σ(\tilde{o}_t) ⊙ c_t / n_t, $$
    $$ i'_t = e^{\tilde{ı}_t - m_t}, \qquad f'_t = e^{\log f_t + m_{t-1} - m_t}, \qquad
       f_t = σ(\tilde{f}_t) \text{ or } e^{\tilde{f}_t} $$

    The stabilizer m cancels from h, and keeps the exponentials below one. At the first
    step, where c and n are zero, it is $\tilde{ı}$ alone. $R$ is block-diagonal in each
    of its four parts, a block for each head. The block around the unit (convolution,
    group normalization, projections) is not part of it.

    Args:
        units: Positive integer, dimensionality of the output.
        heads: Positive integer that divides `units`, blocks of $R$. Defaults to 1.
        forget_gate: `"sigmoid"` or `"exponential"`. Defaults to `"sigmoid"`.
        unit_forget_bias: Whether one is the start of the bias of the forget gate.
            Defaults to `True`.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of h for
            every time step. There is then one more state, the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`. `kernel_initializer` is for $K$,
            `(features, 4 * units)`, `recurrent_initializer` for the blocks of $R$,
            `(units, 4 * units / heads)`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of four tensors `(batch, units)`: h, c, n, m.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the four final states.

    Raises:
        ValueError: If the heads do not divide the units, or the forget gate is neither
            of the two.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import SLSTM
    >>> tuple(SLSTM(4, heads=2)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [Beck et al. 2024](https://arxiv.org/abs/2405.04517), "xLSTM: Extended Long
          Short-Term Memory", section 2.2 and appendix A.2
    """

    cell_class = SLSTMCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    @property
    def fusible(self):
        return not isinstance(self.cell.activation, keras.layers.Layer)

    def affine(self):
        cell = self.cell
        return (cell.kernel,) if cell.bias is None else (cell.kernel, cell.bias)

    def recurrent_matrix(self, training=False):
        return self.cell.matrix()

    def step(self, z, state, inputs, parameters):
        return self.cell.advance(z, state)

    def drive_row(self):
        return np.repeat([0.0, 0.0, 1.0, 0.0], self.units)
