from typing import Any, Unpack

import keras
from keras import ops
from keras.initializers import RandomUniform

from keras_nonnormal.layers.advancing import (
    AdvancingCell,
    AdvancingLayer,
    blocks,
    positive,
)
from keras_nonnormal.layers.arguments import SimpleRNNArguments, arguments_of


@keras.saving.register_keras_serializable("keras_nonnormal")
class LEMCell(AdvancingCell):
    """One step of `LEM`; takes the same arguments but the loop's.

    Args:
        units: Positive integer, dimensionality of the output space.
        **kwargs: As for `LEM`.
    """

    def __init__(
        self,
        units: int,
        dt: float = 1.0,
        activation: Any = "tanh",
        kernel_initializer: Any = None,
        recurrent_initializer: Any = None,
        **kwargs: Unpack[SimpleRNNArguments],
    ):
        bound = units**-0.5
        super().__init__(
            units,
            activation,
            kernel_initializer or RandomUniform(-bound, bound),
            recurrent_initializer or RandomUniform(-bound, bound),
            states=2,
            **kwargs,
        )
        self.dt = positive("dt", dt)

    def shapes(self, features):
        n = self.units
        return {
            "kernel": (features, 4 * n),
            "recurrent_kernel": (n, 4 * n),
            "bias": (4 * n,),
        }

    def matrix(self):
        """The matrices from y, $[W_1, W_2, W_z, 0]$, `(units, 4 units)`."""
        *first, last = blocks(ops.convert_to_tensor(self.recurrent_kernel), 4)
        return ops.concatenate([*first, ops.zeros_like(last)], axis=-1)

    def constants(self):
        """The matrix $W_y$ from z to y, `(units, units)`."""
        last = blocks(ops.convert_to_tensor(self.recurrent_kernel), 4)[-1]
        return (ops.cast(last, self.compute_dtype),)

    def steps(self, z) -> tuple:
        """The time steps of z and of y, within (0, dt), from all pre-activations.

        Args:
            z: Tensor `(..., 4 units)`.
        """
        of_memory, of_output, *_ = blocks(z, 4)
        return self.dt * ops.sigmoid(of_memory), self.dt * ops.sigmoid(of_output)

    def advance(self, z, states, constants):
        output, memory = states
        of_memory, of_output = self.steps(z)
        _, _, to_memory, to_output = blocks(z, 4)
        new = ops.cast(self.activation(to_memory), z.dtype)
        memory = (1 - of_memory) * memory + of_memory * new
        new = self.activation(to_output + ops.matmul(memory, constants[0]))
        new = ops.cast(new, z.dtype)
        return (1 - of_output) * output + of_output * new, memory

    def get_config(self):
        return self.config_of("dt")


@keras.saving.register_keras_serializable("keras_nonnormal")
class LEM(AdvancingLayer):
    r"""Long expressive memory: two coupled states, every unit at a pace of its own.

    $$ Δ_t = Δt\, σ(x_t K_1 + b_1 + y_{t-1} W_1), \qquad
       \bar Δ_t = Δt\, σ(x_t K_2 + b_2 + y_{t-1} W_2), $$
    $$ z_t = (1 - Δ_t) ⊙ z_{t-1} + Δ_t ⊙ \phi(x_t K_z + b_z + y_{t-1} W_z), $$
    $$ y_t = (1 - \bar Δ_t) ⊙ y_{t-1} + \bar Δ_t ⊙ \phi(x_t K_y + b_y + z_t W_y) $$

    The output is y. With $Δt ≤ 1$ and tanh both states stay within (-1, 1).

    Args:
        units: Positive integer, dimensionality of the output space.
        dt: Positive number, the longest time step Δt. Defaults to 1.
        activation: Any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $[K_1, K_2, K_z, K_y]$, `(features, 4 units)`: any
            Keras initializer. Defaults to uniform draws within `1 / sqrt(units)`.
        recurrent_initializer: Start of $[W_1, W_2, W_z, W_y]$, `(units, 4 units)`,
            likewise.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of y for
            every time step; Keras's own loop then runs. There is then one more state,
            the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of two tensors `(batch, units)`: y and z.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final states y and z.

    Raises:
        ValueError: If `dt` is not positive.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import LEM
    >>> layer = LEM(8, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 8)

    Reference:
        - [Rusch et al. 2022](https://arxiv.org/abs/2110.04744), "Long Expressive Memory
          for Sequence Modeling", equation 3
    """

    cell_class = LEMCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
