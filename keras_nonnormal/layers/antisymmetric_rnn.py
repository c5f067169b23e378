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
class AntisymmetricRNNCell(AdvancingCell):
    """One step of `AntisymmetricRNN`; takes the same arguments but the loop's.

    Args:
        units: Positive integer, dimensionality of the output space.
        **kwargs: As for `AntisymmetricRNN`.
    """

    takes_small_steps = True

    def __init__(
        self,
        units: int,
        epsilon: float = 0.01,
        diffusion: float = 0.01,
        gated: bool = False,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = None,
        **kwargs: Unpack[SimpleRNNArguments],
    ):
        normal = VarianceScaling(1.0, "fan_in", "untruncated_normal")
        super().__init__(
            units,
            activation,
            kernel_initializer,
            recurrent_initializer or normal,
            **kwargs,
        )
        self.epsilon = positive("epsilon", epsilon)
        self.diffusion = not_negative("diffusion", diffusion)
        self.gated = bool(gated)

    def shapes(self, features):
        width = (1 + self.gated) * self.units
        return {
            **super().shapes(features),
            "kernel": (features, width),
            "bias": (width,),
        }

    def field_matrix(self):
        """The recurrent matrix of the vector field, `(units, units)`."""
        free = ops.cast(self.recurrent_kernel, self.compute_dtype)
        identity = ops.eye(self.units, dtype=self.compute_dtype)
        return free - ops.swapaxes(free, -1, -2) - self.diffusion * identity

    def matrix(self):
        """The matrix of the field, and once more for the gate."""
        matrix = self.field_matrix()
        return ops.concatenate([matrix, matrix], axis=-1) if self.gated else matrix

    def advance(self, z, states, constants):
        if self.gated:
            z, gate = blocks(z, 2)
        change = ops.cast(self.activation(z), z.dtype)
        if self.gated:
            change = ops.sigmoid(gate) * change
        return (states[0] + self.epsilon * change,)

    def get_config(self):
        return self.config_of("epsilon", "diffusion", "gated")


@keras.saving.register_keras_serializable("keras_nonnormal")
class AntisymmetricRNN(AdvancingLayer):
    r"""A recurrent network that follows a stable differential equation.

    $$ h_t = h_{t-1} + ε\, \phi(x_t K + b + h_{t-1} (W - W^T - γ I)) $$

    With `gated=True` the change is multiplied by a gate that sees the same field,

    $$ g_t = σ(x_t K_g + b_g + h_{t-1} (W - W^T - γ I)), \qquad
       h_t = h_{t-1} + ε\, g_t ⊙ \phi(x_t K + b + h_{t-1} (W - W^T - γ I)) $$

    It is Euler's method for a vector field whose Jacobian, where $\phi' = 1$, has
    eigenvalues $-γ + iω$: the differential equation only rotates the state, but for
    the diffusion. A step of Euler's method multiplies by $1 + ε (-γ + iω)$, though:
    what rotates grows, unless $γ ≥ ε (γ^2 + ω^2) / 2$, and diffusion is there to make
    up for it. At the start the largest ω is near $2 \sqrt 2$; with the defaults the
    fastest rotations grow by 3e-4 a step, and fade with $γ = 0.05$.

    Args:
        units: Positive integer, dimensionality of the output space.
        epsilon: Positive number, step size ε. Defaults to 0.01.
        diffusion: Number of at least 0, γ. Defaults to 0.01.
        gated: Whether there is a gate. The kernel is then `[K, K_g]`, `(features, 2
            units)`, and the bias `[b, b_g]`. Defaults to `False`.
        activation: Any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        recurrent_initializer: Start of $W$, likewise a name that
            `keras_nonnormal.initializers.recurrent_initializer` knows. Defaults to
            normal draws of variance `1 / units`.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of h for
            every time step; Keras's own loop then runs. There is then one more state,
            the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Raises:
        ValueError: If `epsilon` is not positive or `diffusion` is negative.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import AntisymmetricRNN
    >>> layer = AntisymmetricRNN(8, epsilon=0.1, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 8)

    Reference:
        - [Chang et al. 2019](https://arxiv.org/abs/1902.09689), "AntisymmetricRNN: A
          Dynamical System View on Recurrent Neural Networks", section 3
    """

    cell_class = AntisymmetricRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
