from typing import Any, Unpack

import keras

from keras_nonnormal.layers.arguments import ParametrizedArguments, arguments_of
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN, ParametrizedRNNCell
from keras_nonnormal.parametrizations import Orthogonal


@keras.saving.register_keras_serializable("keras_nonnormal")
class ExpRNNCell(ParametrizedRNNCell):
    """The cell of `ExpRNN`; takes the same arguments, but for those of the loop."""

    def __init__(
        self,
        units: int,
        activation: Any = "modrelu",
        use_bias: bool = False,
        kernel_initializer: Any = "xavier",
        skew_initializer: Any = "henaff",
        orthogonal_map: str = "exp",
        trivialization: str = "static",
        rebase_every: int | None = 100,
        project_every: int = 30,
        rebase_gradient: str = "consistent",
        **kwargs: Unpack[ParametrizedArguments],
    ):
        orthogonal = Orthogonal(
            skew_initializer,
            orthogonal_map=orthogonal_map,
            trivialization=trivialization,
            rebase_every=rebase_every,
            project_every=project_every,
            rebase_gradient=rebase_gradient,
            dtype=kwargs.get("dtype"),
            name="orthogonal",
        )
        super().__init__(
            units,
            orthogonal,
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
class ExpRNN(ParametrizedRNN):
    r"""A recurrent network whose matrix is orthogonal, and stays so.

    $$ h_t = \phi(x_t K + h_{t-1} Q), \qquad Q = e^A, \quad A = -A^T $$

    Nothing that is once in the state decays or grows by the matrix alone. The skew
    variable, named `skew`, wants a learning rate of about a tenth of the others':
    `RMSpropTorch(1e-3, rate_factors={"skew": 0.1})`.

    Args:
        units: Positive integer, dimensionality of the output space.
        activation: `"modrelu"` or any Keras activation. Defaults to `"modrelu"`.
        use_bias: Whether there is a bias. Defaults to `False`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows. Defaults to
            `"xavier"`.
        skew_initializer: Start of $A$; as those that follow, see
            `keras_nonnormal.parametrizations.Orthogonal`. Defaults to `"henaff"`.
        orthogonal_map: `"exp"` or `"cayley"`.
        trivialization: `"static"`, or `"dynamic"` (dtriv).
        rebase_every: Training steps between moves of the base of dtriv, or None.
        project_every: How many of these moves there are between projections.
        rebase_gradient: `"consistent"` or `"original"`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, but for those of the recurrent
            kernel.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied, and dtriv counts the call.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import ExpRNN
    >>> layer = ExpRNN(16, return_sequences=True)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 16)

    Reference:
        - [Lezcano-Casado and Martínez-Rubio 2019](https://arxiv.org/abs/1901.08428),
          "Cheap Orthogonal Constraints in Neural Networks", section 4
        - [Lezcano-Casado 2019](https://arxiv.org/abs/1909.09501), "Trivializations for
          Gradient-Based Optimization on Manifolds"
    """

    cell_class = ExpRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


def own_arguments(layer) -> dict:
    """The configuration of a layer without `name`, `trainable` and `dtype`."""
    config = layer.get_config()
    return {k: v for k, v in config.items() if k not in ("name", "trainable", "dtype")}
