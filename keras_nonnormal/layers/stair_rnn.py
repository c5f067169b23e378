from typing import Any, Unpack

import keras

from keras_nonnormal.layers.arguments import (
    BiasArguments,
    KernelArguments,
    LoopArguments,
)
from keras_nonnormal.layers.exp_rnn import ExpRNNCell
from keras_nonnormal.layers.nnrnn import NNRNNCell
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN, ParametrizedRNNCell
from keras_nonnormal.layers.stair_cell import bare
from keras_nonnormal.parametrizations import Free
from keras_nonnormal.parametrizations.parametrization import one_of


class StairRNNArguments(LoopArguments, KernelArguments, BiasArguments, total=False):
    """The further arguments of `StairRNN`, also those of `ExpRNN` and `NNRNN`."""

    use_bias: bool
    recurrent_initializer: Any
    skew_initializer: Any
    theta_initializer: Any
    gamma_penalty: float
    t_mask: str
    orthogonal_map: str
    trivialization: str
    rebase_every: int | None
    project_every: int
    rebase_gradient: str


@keras.saving.register_keras_serializable("keras_nonnormal")
class StairRNN(ParametrizedRNN):
    r"""A simple recurrent network with a factor of its own for every time step.

    $$ h_j = \rho_j φ(x_j K + b + h_{j-1} V) $$

    with a fixed or a learned factor, or with exp-alpha in its place: see `Stair`. If
    $V$ keeps lengths and $|φ'| \le 1$, what flows back over the steps from t to T is
    at most $\prod |\rho_j|$ as long: about as long for `"expn"` and `"n2"`.

    Args:
        units: Positive integer, dimensionality of the output space; even for
            `"schur"`.
        stair: A `Stair` or the name of its schedule: `"expn"`, `"n2"`, `"n"`,
            `"log2n"`, `"logn"`, `"sqrtlogn"`, `"alpha"`, `"expalpha"` or `"none"`.
            Defaults to `"expn"`.
        parametrization: Where $V$ comes from: None, a variable; `"exp"`, as in
            `ExpRNN`; `"schur"`, as in `NNRNN`; or any
            `keras_nonnormal.parametrizations.Parametrization`.
        activation: `"modrelu"` or any Keras activation. Defaults to `"modrelu"`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        kernel_initializer: Start of $K$: any Keras initializer, or a name that
            `keras_nonnormal.initializers.kernel_initializer` knows. Defaults to
            `"xavier"`.
        recurrent_initializer: Start of $V$ if it is a variable. Defaults to
            `"orthogonal"`.
        use_bias: Whether there is a bias. By default there is unless $V$ is `"exp"` or
            `"schur"`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, and for `"exp"` and `"schur"` those
            of `ExpRNN` and `NNRNN`, such as `skew_initializer` and `gamma_penalty`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of two tensors: state `(batch, units)` and time
            step `(batch, 1)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step, and
            the stair waits.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by state and time step.

    Raises:
        ValueError: If schedule or parametrization are none of these; if a sequence is
            longer than a learned stair.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import StairRNN
    >>> layer = StairRNN(16, "n2", parametrization="exp", skew_initializer="cayley")
    >>> tuple(layer(np.zeros((2, 5, 3), "float32")).shape)
    (2, 16)

    Reference:
        - "Stair Recurrent Neural Networks" (2021), and the programs released with it
    """

    def __init__(
        self,
        units: int,
        stair: Any = "expn",
        parametrization: Any = None,
        activation: Any = "modrelu",
        reset_step: bool = False,
        kernel_initializer: Any = "xavier",
        **kwargs: Unpack[StairRNNArguments],
    ):
        super().__init__(
            units,
            parametrization,
            activation=activation,
            stair=stair,
            reset_step=reset_step,
            kernel_initializer=kernel_initializer,
            **kwargs,
        )

    def make_cell(self, units, parametrization, **kwargs):
        if isinstance(parametrization, str):
            one_of("parametrization", parametrization, tuple(_CELLS))
            return _CELLS[parametrization](units, **kwargs)
        if parametrization is None:
            start = kwargs.pop("recurrent_initializer", "orthogonal")
            parametrization = Free(start, dtype=kwargs.get("dtype"), name="free")
        return ParametrizedRNNCell(units, parametrization, **kwargs)

    def get_config(self):
        own = {"stair": None, "reset_step": self.reset_step}
        config = {**own, **super().get_config()}
        for name, cell_class in _CELLS.items():
            if isinstance(bare(self.cell), cell_class):
                return {**config, "parametrization": name}
        if isinstance(self.parametrization, Free):
            start = self.parametrization.get_config()["initializer"]
            config |= {"parametrization": None, "recurrent_initializer": start}
        return config


_CELLS: dict[str, type[ParametrizedRNNCell]] = {"exp": ExpRNNCell, "schur": NNRNNCell}
