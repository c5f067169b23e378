from typing import Any, Unpack

import keras

from keras_nonnormal.layers.arguments import ParametrizedArguments, arguments_of
from keras_nonnormal.layers.exp_rnn import own_arguments
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN, ParametrizedRNNCell
from keras_nonnormal.parametrizations import ScaledCayley


@keras.saving.register_keras_serializable("keras_nonnormal")
class ScoRNNCell(ParametrizedRNNCell):
    """The cell of `ScoRNN`; takes the same arguments, but for those of the loop."""

    def __init__(
        self,
        units: int,
        negative_ones: int | None = None,
        activation: Any = "modrelu",
        use_bias: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        skew_initializer: Any = "cayley",
        **kwargs: Unpack[ParametrizedArguments],
    ):
        scaled = ScaledCayley(
            units // 2 if negative_ones is None else negative_ones,
            skew_initializer,
            dtype=kwargs.get("dtype"),
            name="scaled_cayley",
        )
        super().__init__(
            units,
            scaled,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        del config["parametrization"]
        return {**own_arguments(self.parametrization), **config}


@keras.saving.register_keras_serializable("keras_nonnormal")
class ScoRNN(ParametrizedRNN):
    r"""A recurrent network whose matrix is orthogonal, of any determinant.

    $$ h_t = \phi(x_t K + h_{t-1} Q), \qquad Q = (I + A)^{-1} (I - A)\, D, \quad
       A = -A^T $$

    $D$ is a fixed diagonal of 1 and -1, see
    `keras_nonnormal.parametrizations.ScaledCayley`. The skew variable, named `skew`,
    wants a learning rate of about a tenth of the others':
    `RMSpropTorch(1e-3, rate_factors={"skew": 0.1})`.

    Args:
        units: Positive integer, dimensionality of the output space.
        negative_ones: How many entries of $D$ are -1; to be tuned, a tenth to a half of
            the units in the paper. Defaults to half of them.
        activation: `"modrelu"` or any Keras activation. Defaults to `"modrelu"`.
        use_bias: Whether there is a bias. Defaults to `False`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows.
        skew_initializer: Start of $A$, see `ScaledCayley`. Defaults to `"cayley"`.
        stair: A `Stair` or the name of its schedule: a factor of the nonlinearity for
            every time step. There is then one more state, the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, but for those of the recurrent
            kernel.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Raises:
        ValueError: If `negative_ones` is no integer from 0 to `units`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import ScoRNN
    >>> layer = ScoRNN(16, negative_ones=2, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 16)

    Reference:
        - [Helfrich et al. 2018](https://arxiv.org/abs/1707.09520), "Orthogonal
          Recurrent Neural Networks with Scaled Cayley Transform"
    """

    cell_class = ScoRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
