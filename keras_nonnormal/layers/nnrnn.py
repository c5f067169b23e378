from typing import Any, Unpack

import keras

from keras_nonnormal.layers.arguments import ParametrizedArguments, arguments_of
from keras_nonnormal.layers.exp_rnn import own_arguments
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN, ParametrizedRNNCell
from keras_nonnormal.parametrizations import Orthogonal, Schur
from keras_nonnormal.parametrizations.schur import check_even


@keras.saving.register_keras_serializable("keras_nonnormal")
class NNRNNCell(ParametrizedRNNCell):
    """The cell of `NNRNN`; takes the same arguments, but for those of the loop."""

    def __init__(
        self,
        units: int,
        activation: Any = "modrelu",
        use_bias: bool = False,
        kernel_initializer: Any = "xavier",
        skew_initializer: Any = "henaff",
        theta_initializer: Any = None,
        gamma_penalty: float = 1e-4,
        t_mask: str = "strict",
        orthogonal_map: str = "exp",
        trivialization: str = "static",
        rebase_every: int | None = 100,
        project_every: int = 30,
        rebase_gradient: str = "consistent",
        **kwargs: Unpack[ParametrizedArguments],
    ):
        check_even(units)
        dtype = kwargs.get("dtype")
        orthogonal = Orthogonal(
            skew_initializer,
            orthogonal_map=orthogonal_map,
            trivialization=trivialization,
            rebase_every=rebase_every,
            project_every=project_every,
            rebase_gradient=rebase_gradient,
            dtype=dtype,
            name="orthogonal",
        )
        schur = Schur(
            orthogonal,
            theta_initializer=theta_initializer,
            gamma_penalty=gamma_penalty,
            t_mask=t_mask,
            dtype=dtype,
            name="schur",
        )
        super().__init__(
            units,
            schur,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        del config["parametrization"]
        schur = own_arguments(self.parametrization)
        del schur["orthogonal"]
        orthogonal = own_arguments(self.parametrization.orthogonal)
        return {**orthogonal, **schur, **config}


@keras.saving.register_keras_serializable("keras_nonnormal")
class NNRNN(ParametrizedRNN):
    r"""The non-normal recurrent network: a trained Schur form.

    $$ h_t = \phi(x_t K + h_{t-1} P Θ P^T) $$

    with $P$ orthogonal and $Θ$ block triangular: rotations by `theta`, scaled by
    `gamma`, on its diagonal, and `upper` above it. The eigenvalues stay near the unit
    circle, by the penalty δ Σ(γ_i - 1)² that the layer adds to the loss, while the
    triangle makes transients. The variable `skew` of $P$ wants a learning rate of its
    own and `upper` a weight decay:
    `RMSpropTorch(5e-4, rate_factors={"skew": 0.002}, coupled_weight_decay={"upper":
    1e-6})`. `NonNormalRNN` is another name of this class.

    Args:
        units: Positive even integer, dimensionality of the output space.
        activation: `"modrelu"` or any Keras activation. Defaults to `"modrelu"`.
        use_bias: Whether there is a bias. Defaults to `False`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows. Defaults to
            `"xavier"`.
        skew_initializer: Start of $P$, as for `ExpRNN`. Defaults to `"henaff"`.
        theta_initializer: Start of the angles; as those that follow, see
            `keras_nonnormal.parametrizations.Schur`. Defaults to uniform in [0, 2π).
        gamma_penalty: Float, at least 0, the δ above. Defaults to `1e-4`.
        t_mask: `"strict"` or `"block"`.
        orthogonal_map: `"exp"` or `"cayley"`; as those that follow, for $P$ as
            for `ExpRNN`.
        trivialization: `"static"` or `"dynamic"`.
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
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Raises:
        ValueError: If `units` is odd.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import NNRNN
    >>> layer = NNRNN(16, gamma_penalty=0.1)
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 16)

    Reference:
        - [Kerg et al. 2019](https://arxiv.org/abs/1905.12080), "Non-normal Recurrent
          Neural Network (nnRNN): learning long time dependencies while improving
          expressivity with transient dynamics", section 2
    """

    cell_class = NNRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


NonNormalRNN = NNRNN
