"""The Legendre memory unit, and its cell."""

from typing import Any, Unpack

import keras
from keras import ops

from keras_nonnormal import activations
from keras_nonnormal._precision import precise
from keras_nonnormal.initializers._checks import finite_real, whole_number
from keras_nonnormal.layers.arguments import (
    ParametrizedArguments,
    RecurrentArguments,
    arguments_of,
)
from keras_nonnormal.layers.layer_of_cell import LayerOfCell
from keras_nonnormal.layers.legendre_delay import legendre_delay

ENCODERS = ("input_encoder", "hidden_encoder", "memory_encoder")


class LMUArguments(ParametrizedArguments, RecurrentArguments, total=False):
    """The further arguments of `LMU`."""


@keras.saving.register_keras_serializable("keras_nonnormal")
class LMUCell(keras.layers.SimpleRNNCell):
    """One step of `LMU`; takes the same arguments, but for those of the loop.

    Its state is h and m side by side, `(batch, units + order)`.

    Args:
        units: Positive integer, size of h.
        order: Positive integer, size of m.
        theta: Positive number, length of the window in time steps.
        **kwargs: As for `LMU`.
    """

    def __init__(
        self,
        units,
        order,
        theta,
        activation: Any = "tanh",
        use_bias=False,
        kernel_initializer: Any = "glorot_normal",
        recurrent_initializer: Any = "glorot_normal",
        memory_initializer: Any = "glorot_normal",
        input_encoder_initializer: Any = "lecun_uniform",
        hidden_encoder_initializer: Any = "lecun_uniform",
        memory_encoder_initializer: Any = "zeros",
        **kwargs: Unpack[LMUArguments],
    ):
        super().__init__(
            units,
            activation=activations.get(activation, kwargs.get("dtype")),
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            **kwargs,
        )
        self.order = whole_number("order", order, at_least=1)
        self.theta = finite_real("theta", theta)
        if not self.theta > 0:
            raise ValueError(
                "Expected `theta` to be a positive number of time steps. "
                f"Received: theta={theta!r}"
            )
        get = keras.initializers.get
        self.memory_initializer: Any = get(memory_initializer)
        self.input_encoder_initializer: Any = get(input_encoder_initializer)
        self.hidden_encoder_initializer: Any = get(hidden_encoder_initializer)
        self.memory_encoder_initializer: Any = get(memory_encoder_initializer)
        self.state_size = self.units + self.order
        self.output_size = self.units

    def build(self, input_shape):
        super().build(input_shape)
        self.memory_kernel = self.add_weight(
            name="memory_kernel",
            shape=(self.order, self.units),
            initializer=self.memory_initializer,
        )
        sizes = (input_shape[-1], self.units, self.order)
        for name, size in zip(ENCODERS, sizes, strict=True):
            initializer = getattr(self, f"{name}_initializer")
            weight = self.add_weight(
                name=name, shape=(size, 1), initializer=initializer
            )
            setattr(self, name, weight)

    def joint(self) -> tuple:
        """Input kernel and recurrent matrix of h and m side by side.

        Returns:
            Tensors `(features, units + order)` and `(units + order, units + order)`,
            in the dtype of the computation.
        """
        w_x, w_h, w_m, e_x, e_h, e_m = map(precise, self._weights)
        a, b = (
            ops.convert_to_tensor(each, w_x.dtype)
            for each in legendre_delay(self.order, self.theta)
        )
        to_memory = [e_x * b, e_h * b, a + e_m * b]
        reads = [ops.matmul(each, w_m) for each in to_memory]
        to_hidden = [w_x + reads[0], w_h + reads[1], reads[2]]
        rows = [
            ops.concatenate(pair, axis=1)
            for pair in zip(to_hidden, to_memory, strict=True)
        ]
        matrices = rows[0], ops.concatenate(rows[1:], axis=0)
        return tuple(ops.cast(each, self.compute_dtype) for each in matrices)

    @property
    def _weights(self) -> tuple:
        kernels = (self.kernel, self.recurrent_kernel, self.memory_kernel)
        return *kernels, *(getattr(self, name) for name in ENCODERS)

    def call(self, sequence, states, training=False):
        state = states[0] if isinstance(states, (list, tuple)) else states
        parts: Any = ops.split(state, [self.units], axis=-1)
        h, m = parts
        if training and 0 < self.dropout < 1:
            sequence = sequence * self.get_dropout_mask(sequence)
        if training and 0 < self.recurrent_dropout < 1:
            mask: Any = self.get_recurrent_dropout_mask(state)
            h = h * mask[..., : self.units]
        w_x, w_h, w_m, e_x, e_h, e_m = (
            ops.cast(each, self.compute_dtype) for each in self._weights
        )
        a, b = (
            ops.convert_to_tensor(each, self.compute_dtype)
            for each in legendre_delay(self.order, self.theta)
        )
        u = ops.matmul(sequence, e_x) + ops.matmul(h, e_h) + ops.matmul(m, e_m)
        m = ops.matmul(m, a) + u * b
        z = ops.matmul(sequence, w_x) + ops.matmul(h, w_h) + ops.matmul(m, w_m)
        z = z if self.bias is None else z + self.bias
        h = ops.cast(self.activation(z), m.dtype)
        return h, [ops.concatenate([h, m], axis=-1)]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.state_size), self.compute_dtype)]

    def get_config(self):
        names = ("memory", *ENCODERS)
        starts = {
            f"{name}_initializer": keras.initializers.serialize(
                getattr(self, f"{name}_initializer")
            )
            for name in names
        }
        own = {"order": self.order, "theta": self.theta}
        return {**super().get_config(), **own, **starts}


@keras.saving.register_keras_serializable("keras_nonnormal")
class LMU(LayerOfCell):
    r"""The Legendre memory unit: a window of the past, and a network that reads it.

    $$ u_t = x_t e_x + h_{t-1} e_h + m_{t-1} e_m, \qquad
       m_t = m_{t-1} \bar A + u_t \bar B, $$
    $$ h_t = \phi(x_t W_x + h_{t-1} W_h + m_t W_m + b) $$

    $\bar A$, `(order, order)`, and $\bar B$, `(1, order)`, are fixed (see
    `keras_nonnormal.layers.legendre_delay`): m holds the coefficients of the last θ
    values of u in Legendre polynomials. The one product in the loop is that of (h, m)
    side by side.

    Args:
        units: Positive integer, size of h: dimensionality of the output space.
        order: Positive integer, size of m: polynomials of a degree below it.
        theta: Positive number, θ, length of the window in time steps.
        activation: Any Keras activation. Defaults to `"tanh"`.
        use_bias: Whether there is a $b$, which is not published. Defaults to `False`.
        kernel_initializer: Start of $W_x$, `(features, units)`. Like the next two it
            defaults to `"glorot_normal"`.
        recurrent_initializer: Start of $W_h$, `(units, units)`.
        memory_initializer: Start of $W_m$, `(order, units)`.
        input_encoder_initializer: Start of $e_x$, `(features, 1)`. Like the next it
            defaults to `"lecun_uniform"`.
        hidden_encoder_initializer: Start of $e_h$, `(units, 1)`.
        memory_encoder_initializer: Start of $e_m$, `(order, 1)`. Defaults to zero.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`; recurrent dropout is of h.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units + order)`: h, m.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units + order)`.

    Raises:
        ValueError: If `order` is not a positive integer or `theta` not positive; if a
            stair is asked for, whose factor would be one of the memory, too.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import LMU
    >>> layer = LMU(4, order=6, theta=20.0, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Voelker et al. 2019](https://papers.nips.cc/paper/2019/hash/952285b9b7e7a1be5aa7849f32ffff05-Abstract.html),
          "Legendre Memory Units: Continuous-Time Representation in Recurrent Neural
          Networks", equations 1, 2, 5 to 7
    """

    cell_class = LMUCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    @property
    def fusible(self):
        return not isinstance(self.cell.activation, keras.layers.Layer)

    def affine(self):
        kernel, bias = self.cell.joint()[0], self.cell.bias
        if bias is None:
            return (kernel,)
        return kernel, ops.pad(ops.cast(bias, kernel.dtype), [(0, self.cell.order)])

    def recurrent_matrix(self, training=False):
        return self.cell.joint()[1]

    def step(self, z, state, inputs, parameters):
        units = self.cell.units
        h = ops.cast(self.cell.activation(z[..., :units]), z.dtype)
        return (ops.concatenate([h, z[..., units:]], axis=-1),)

    def output_of(self, state):
        return state[..., : self.cell.units]

    def _mount_stair(self, stair: Any, reset_step: bool) -> None:
        if stair is not None:
            raise ValueError(
                "An LMU has its memory in the state that a stair would scale: expected "
                f"no stair. Received: stair={stair!r}"
            )
