from typing import Any, Unpack

import keras
from keras import ops
from keras.initializers import RandomUniform

from keras_nonnormal.constraints import Within
from keras_nonnormal.layers.advancing import AdvancingCell, positive
from keras_nonnormal.layers.arguments import SimpleRNNArguments, arguments_of
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop
from keras_nonnormal.layers.layer_of_cell import LayerOfCell


@keras.saving.register_keras_serializable("keras_nonnormal")
class IndRNNCell(AdvancingCell):
    """One step of `IndRNN`; takes the same arguments but the loop's.

    Args:
        units: Positive integer, dimensionality of the output space.
        **kwargs: As for `IndRNN`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "relu",
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = None,
        recurrent_bound: float | None = None,
        **kwargs: Unpack[SimpleRNNArguments],
    ):
        most = 1.0
        if recurrent_bound is not None:
            if kwargs.get("recurrent_constraint") is not None:
                raise ValueError(
                    "Expected `recurrent_bound` or `recurrent_constraint`, not both. "
                    f"Received: recurrent_bound={recurrent_bound!r}"
                )
            recurrent_bound = positive("recurrent_bound", recurrent_bound)
            kwargs["recurrent_constraint"] = Within(recurrent_bound)
            most = min(most, recurrent_bound)
        super().__init__(
            units,
            activation,
            kernel_initializer,
            recurrent_initializer or RandomUniform(0.0, most),
            **kwargs,
        )
        self.recurrent_bound = recurrent_bound

    def shapes(self, features):
        return {**super().shapes(features), "recurrent_kernel": (self.units,)}

    def matrix(self):
        """The matrix whose diagonal is u, `(units, units)`."""
        identity = ops.eye(self.units, dtype=self.compute_dtype)
        return identity * ops.cast(self.recurrent_kernel, self.compute_dtype)

    def fed_back(self, state):
        return state * self.recurrent_kernel

    def advance(self, z, states, constants):
        return (ops.cast(self.activation(z), z.dtype),)

    def get_config(self):
        config = self.config_of("recurrent_bound")
        if self.recurrent_bound is not None:
            del config["recurrent_constraint"]
        return config


@keras.saving.register_keras_serializable("keras_nonnormal")
class IndRNN(FusedElementwiseLoop, LayerOfCell):
    r"""A recurrent network whose units are fed back to themselves alone.

    $$ h_t = \phi(x_t K + b + u ⊙ h_{t-1}) $$

    There is no matrix product in the loop over time; units meet in the layer above.
    With relu the gradient of a state by one of T steps before is at most $|u|^T$:
    weights within $2^{1/T}$, T the length of the sequences, let it at most double.

    Args:
        units: Positive integer, dimensionality of the output space.
        activation: `"modrelu"` or any Keras activation. Defaults to `"relu"`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        recurrent_initializer: Start of $u$, `(units,)`: any Keras initializer. Defaults
            to uniform draws from 0 to 1, or to `recurrent_bound` if that is less.
        recurrent_bound: Positive number, what $|u|$ is clipped to after every update,
            such as `2 ** (1 / steps)`; or None, the default, for no bound.
        stair: A `Stair` or the name of its schedule: a factor of h for every
            time step. There is then one more state, the time step `(batch, 1)`.
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
        ValueError: If `recurrent_bound` is not positive, or given beside a
            `recurrent_constraint`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import IndRNN
    >>> layer = IndRNN(8, recurrent_bound=2 ** (1 / 5), return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 8)

    Reference:
        - [Li et al. 2018](https://arxiv.org/abs/1803.04831), "Independently Recurrent
          Neural Network (IndRNN): Building A Longer and Deeper RNN", equation 4
    """

    cell_class = IndRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def recurrent_matrix(self, training=False):
        return self.cell.matrix()

    def loop_matrix(self, training=False):
        return self.cell.recurrent_kernel[..., None, :]
