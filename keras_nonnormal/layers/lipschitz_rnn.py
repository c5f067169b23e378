from typing import Any, Unpack

import keras
from keras import ops
from keras.initializers import VarianceScaling

from keras_nonnormal.layers.advancing import (
    AdvancingCell,
    AdvancingLayer,
    blocks,
    fraction,
    not_negative,
    positive,
)
from keras_nonnormal.layers.arguments import SimpleRNNArguments, arguments_of


@keras.saving.register_keras_serializable("keras_nonnormal")
class LipschitzRNNCell(AdvancingCell):
    """One step of `LipschitzRNN`; takes the same arguments but the loop's.

    Args:
        units: Positive integer, dimensionality of the output space.
        **kwargs: As for `LipschitzRNN`.
    """

    takes_small_steps = True

    def __init__(
        self,
        units: int,
        epsilon: float = 0.01,
        beta_a: float = 0.8,
        beta_w: float = 0.8,
        gamma_a: float = 0.001,
        gamma_w: float = 0.001,
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
        self.beta_a = fraction("beta_a", beta_a)
        self.beta_w = fraction("beta_w", beta_w)
        self.gamma_a = not_negative("gamma_a", gamma_a)
        self.gamma_w = not_negative("gamma_w", gamma_w)

    def shapes(self, features):
        shape = (self.units, 2 * self.units)
        return {**super().shapes(features), "recurrent_kernel": shape}

    def matrix(self):
        """The matrix $W$ inside the nonlinearity, `(units, units)`."""
        return self._split(1, self.beta_w, self.gamma_w)

    def linear_matrix(self):
        """The matrix $A$ of the linear part, `(units, units)`."""
        return self._split(0, self.beta_a, self.gamma_a)

    def _split(self, block, beta, gamma):
        free: Any = ops.cast(self.recurrent_kernel, self.compute_dtype)
        free = blocks(free, 2)[block]
        transposed = ops.swapaxes(free, -1, -2)
        symmetric, skew = free + transposed, free - transposed
        identity = ops.eye(self.units, dtype=self.compute_dtype)
        return (1 - beta) * symmetric + beta * skew - gamma * identity

    def constants(self):
        return (self.linear_matrix(),)

    def advance(self, z, states, constants):
        h = states[0]
        change = ops.matmul(h, constants[0]) + ops.cast(self.activation(z), z.dtype)
        return (h + self.epsilon * change,)

    def get_config(self):
        return self.config_of("epsilon", "beta_a", "beta_w", "gamma_a", "gamma_w")


@keras.saving.register_keras_serializable("keras_nonnormal")
class LipschitzRNN(AdvancingLayer):
    r"""A recurrent network that follows a linear and a bounded nonlinear field.

    $$ h_t = h_{t-1} + ε\, (h_{t-1} A + \phi(x_t K + b + h_{t-1} W)), $$
    $$ A = (1 - β_A) (M_A + M_A^T) + β_A (M_A - M_A^T) - γ_A I, \qquad
       W \text{ likewise of } M_W, β_W, γ_W $$

    For small ε all states approach one another under the same input, whatever it is, if
    the symmetric part of $A$, which is $(1 - β_A) (M_A + M_A^T) - γ_A I$, has negative
    eigenvalues alone, and all of them are larger in magnitude than the largest singular
    value of $W$ times the Lipschitz constant of $\phi$, 1 for tanh. $β = 1$ makes the
    matrices those of `AntisymmetricRNN`.

    Args:
        units: Positive integer, dimensionality of the output space.
        epsilon: Positive number, step size ε. Defaults to 0.01.
        beta_a: Number from 0, all symmetric, to 1, all skew-symmetric: $β_A$. Defaults
            to 0.8.
        beta_w: $β_W$, likewise.
        gamma_a: Number of at least 0, $γ_A$. Defaults to 0.001.
        gamma_w: $γ_W$, likewise.
        activation: Any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        recurrent_initializer: Start of $[M_A, M_W]$, `(units, 2 units)`: any Keras
            initializer. Defaults to normal draws of variance `1 / units`.
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
        ValueError: If a number is out of its range.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import LipschitzRNN
    >>> layer = LipschitzRNN(8, epsilon=0.1, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 8)

    Reference:
        - [Erichson et al. 2021](https://arxiv.org/abs/2006.12070), "Lipschitz Recurrent
          Neural Networks", sections 3 and 4
    """

    cell_class = LipschitzRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
