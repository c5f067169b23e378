from typing import Any, Unpack

import keras
from keras import ops
from keras.initializers import VarianceScaling

from keras_nonnormal.layers.advancing import (
    AdvancingCell,
    AdvancingLayer,
    blocks,
    not_negative,
    positive,
)
from keras_nonnormal.layers.arguments import SimpleRNNArguments, arguments_of


@keras.saving.register_keras_serializable("keras_nonnormal")
class CoRNNCell(AdvancingCell):
    """One step of `CoRNN`; takes the same arguments but the loop's.

    Args:
        units: Positive integer, oscillators.
        **kwargs: As for `CoRNN`.
    """

    takes_small_steps = True

    def __init__(
        self,
        units: int,
        dt: float = 0.076,
        gamma: float = 0.4,
        epsilon: float = 8.0,
        implicit_damping: bool = False,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = None,
        **kwargs: Unpack[SimpleRNNArguments],
    ):
        # Uniform within 1 / sqrt(2 units).
        uniform = VarianceScaling(1 / 6, "fan_in", "uniform")
        super().__init__(
            units,
            activation,
            kernel_initializer,
            recurrent_initializer or uniform,
            states=2,
            **kwargs,
        )
        self.dt = positive("dt", dt)
        self.gamma = not_negative("gamma", gamma)
        self.epsilon = not_negative("epsilon", epsilon)
        self.implicit_damping = bool(implicit_damping)

    def shapes(self, features):
        shape = (self.units, 2 * self.units)
        return {**super().shapes(features), "recurrent_kernel": shape}

    def matrix(self):
        """The matrix $W$ of the positions, `(units, units)`."""
        return blocks(ops.convert_to_tensor(self.recurrent_kernel), 2)[0]

    def constants(self):
        """The matrix $\\tilde W$ of the velocities, `(units, units)`."""
        velocities = blocks(ops.convert_to_tensor(self.recurrent_kernel), 2)[1]
        return (ops.cast(velocities, self.compute_dtype),)

    def advance(self, z, states, constants):
        position, velocity = states
        force = self.activation(z + ops.matmul(velocity, constants[0]))
        force = ops.cast(force, z.dtype) - self.gamma * position
        if self.implicit_damping:
            velocity = (velocity + self.dt * force) / (1 + self.dt * self.epsilon)
        else:
            velocity = velocity + self.dt * (force - self.epsilon * velocity)
        return position + self.dt * velocity, velocity

    def get_config(self):
        return self.config_of("dt", "gamma", "epsilon", "implicit_damping")


@keras.saving.register_keras_serializable("keras_nonnormal")
class CoRNN(AdvancingLayer):
    r"""A network of coupled, driven and damped oscillators.

    $$ z_t = z_{t-1} + Δt\, (\phi(x_t K + b + y_{t-1} W + z_{t-1} \tilde W)
       - γ y_{t-1} - ε z_{\bar t}), \qquad y_t = y_{t-1} + Δt\, z_t $$

    The output is the positions y; z are the velocities. $\bar t$ is $t - 1$, or $t$
    with `implicit_damping`. From rest, with $|\phi| ≤ 1$ and $c = 2 ε - γ Δt$, less
    $ε^2 Δt$ without `implicit_damping`, the energy is bounded for any weights and
    inputs, if $c > 0$:

    $$ γ |y_t|^2 + |z_t|^2 ≤ \mathrm{units} \; t\, Δt / c $$

    Args:
        units: Positive integer, oscillators: dimensionality of the output space.
        dt: Positive number, the time step Δt. Defaults to 0.076; it is the paper's for
            permuted digits, as are the two that follow.
        gamma: Number of at least 0, γ, the square of the frequency. Defaults to 0.4.
        epsilon: Number of at least 0, ε, the damping. Defaults to 8.
        implicit_damping: Whether the damping is by the new velocity. Defaults to
            `False`, as in the released programs.
        activation: Any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        recurrent_initializer: Start of $[W, \tilde W]$, `(units, 2 units)`: any Keras
            initializer. Defaults to uniform draws within `1 / sqrt(2 units)`.
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
        ValueError: If `dt` is not positive, or `gamma` or `epsilon` is negative.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import CoRNN
    >>> layer = CoRNN(8, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 8)

    Reference:
        - [Rusch and Mishra 2021](https://arxiv.org/abs/2010.00951), "Coupled
          Oscillatory Recurrent Neural Network (coRNN)", equation 3
    """

    cell_class = CoRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
