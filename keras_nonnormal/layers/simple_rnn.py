from typing import Any, Unpack

import keras

from keras_nonnormal import activations
from keras_nonnormal.layers.arguments import KerasArguments
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop
from keras_nonnormal.layers.weight_dropout import WeightDropout


@keras.saving.register_keras_serializable("keras_nonnormal")
class FusedSimpleRNN(WeightDropout, FusedElementwiseLoop, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` on a compiled recurrence: the same numbers, sooner.

    $$ h_t = \\phi(x_t K + b + h_{t-1} U) $$

    It takes the arguments of `keras.layers.SimpleRNN`, owns the same weights under the
    same names, and gives the same outputs and gradients, so that either can stand
    where the other stood and load its weights. The input product is made for all
    time steps at once and the gradient of every weight is one product after the
    backward loop; the loop itself is compiled with XLA whether or not the model is.

    Args:
        units: Positive integer, dimensionality of the output space.
        activation: `"modrelu"` or any Keras activation, also a layer with variables
            such as `PReLU`. Defaults to `"tanh"`.
        stair: A `Stair` or the name of its schedule: a factor of the nonlinearity for
            every time step. There is then one more state, the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        weight_dropout: Fraction of the recurrent kernel's entries to drop while
            training, by one draw per call; at least 0 and less than 1. Defaults to 0.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`: `use_bias`,
            `kernel_initializer`, `recurrent_initializer`, `bias_initializer`, the
            regularizers and constraints of each, `dropout`, `recurrent_dropout`,
            `return_sequences`, `return_state`, `go_backwards`, `stateful`, `unroll`,
            `zero_output_for_mask`, `seed`. With `unroll=True`, and while
            training with `recurrent_dropout`, Keras's own loop runs.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import Chain, FusedSimpleRNN
    >>> layer = FusedSimpleRNN(
    ...     100, activation="elu", recurrent_initializer=Chain(alpha=1.02),
    ...     return_sequences=True,
    ... )
    >>> tuple(layer(np.zeros((16, 500, 10), "float32")).shape)
    (16, 500, 100)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        stair: Any = None,
        reset_step: bool = False,
        weight_dropout: float = 0.0,
        **kwargs: Unpack[KerasArguments],
    ):
        activation = activations.get(activation, dtype=kwargs.get("dtype"))
        super().__init__(units, activation=activation, **kwargs)
        self._mount_stair(stair, reset_step)
        self._mount_weight_dropout(weight_dropout)

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        activation = self.activation
        if isinstance(activation, keras.layers.Layer) and not activation.built:
            activation.build((sequences_shape[0], self.units))

    def get_config(self):
        return {**super().get_config(), **self.loop_config()}
