from typing import Any, Unpack

import keras
from keras import ops
from keras.initializers import VarianceScaling

from keras_nonnormal import activations
from keras_nonnormal.initializers.named_kernels import kernel_of, recurrent_of
from keras_nonnormal.layers.arguments import SimpleRNNArguments, arguments_of
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop
from keras_nonnormal.layers.layer_of_cell import LayerOfCell


@keras.saving.register_keras_serializable("keras_nonnormal")
class AntisymmetricRNNCell(keras.layers.SimpleRNNCell):
    """One step of `AntisymmetricRNN`; takes the same arguments but the loop's.

    Args:
        units: Positive integer, dimensionality of the output space.
        **kwargs: As for `AntisymmetricRNN`.
    """

    def __init__(
        self,
        units: int,
        epsilon: float = 0.01,
        diffusion: float = 0.01,
        activation: Any = "tanh",
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = None,
        **kwargs: Unpack[SimpleRNNArguments],
    ):
        normal = VarianceScaling(1.0, "fan_in", "untruncated_normal")
        super().__init__(
            units,
            activation=activations.get(activation, kwargs.get("dtype")),
            kernel_initializer=kernel_of(kernel_initializer),
            recurrent_initializer=recurrent_of(recurrent_initializer or normal),
            **kwargs,
        )
        if not epsilon > 0 or not diffusion >= 0:
            raise ValueError(
                "Expected a positive `epsilon` and a `diffusion` of at least 0. "
                f"Received: epsilon={epsilon!r}, diffusion={diffusion!r}"
            )
        self.epsilon, self.diffusion = float(epsilon), float(diffusion)

    def matrix(self):
        """The recurrent matrix of the vector field, `(units, units)`."""
        free = ops.cast(self.recurrent_kernel, self.compute_dtype)
        identity = ops.eye(self.units, dtype=self.compute_dtype)
        return free - ops.transpose(free) - self.diffusion * identity

    def call(self, sequence, states, training=False):
        h = states[0] if isinstance(states, list | tuple) else states
        if training and 0 < self.dropout < 1:
            sequence = sequence * self.get_dropout_mask(sequence)
        fed_back = h
        if training and 0 < self.recurrent_dropout < 1:
            fed_back = h * self.get_recurrent_dropout_mask(h)
        z = ops.matmul(sequence, self.kernel) + ops.matmul(fed_back, self.matrix())
        z = z if self.bias is None else z + self.bias
        output = h + self.epsilon * ops.cast(self.activation(z), h.dtype)
        return output, [output]

    def get_config(self):
        own = {"epsilon": self.epsilon, "diffusion": self.diffusion}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("keras_nonnormal")
class AntisymmetricRNN(FusedElementwiseLoop, LayerOfCell):
    r"""A recurrent network that follows a stable differential equation.

    $$ h_t = h_{t-1} + ε\, \phi(x_t K + b + h_{t-1} (W - W^T - γ I)) $$

    It is Euler's method for a vector field whose Jacobian at $h = 0$ has eigenvalues
    with the real part $-γ$: what is in the state neither grows nor decays but by the
    diffusion.

    Args:
        units: Positive integer, dimensionality of the output space.
        epsilon: Positive number, step size ε. Defaults to 0.01.
        diffusion: Number of at least 0, γ. Defaults to 0.01.
        activation: Any Keras activation. Defaults to `"tanh"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        recurrent_initializer: Start of $W$, likewise a name that
            `keras_nonnormal.initializers.recurrent_initializer` knows. Defaults to
            normal draws of variance `1 / units`.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of h for
            every time step. There is then one more state, the time step `(batch, 1)`.
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
          Dynamical System View on Recurrent Neural Networks", equation 9
    """

    cell_class = AntisymmetricRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def recurrent_matrix(self, training=False):
        return self.cell.matrix()

    def step(self, z, state, inputs, parameters):
        (change,) = super().step(z, state, inputs, parameters)
        return (state[0] + self.cell.epsilon * change,)

    @property
    def slope(self):
        return None  # the new state is no function of z alone

    @property
    def parameter_cotangents(self):
        return None
