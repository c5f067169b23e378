from typing import Any, Unpack

import keras

from keras_nonnormal.activations import ModReLU
from keras_nonnormal.layers.arguments import ParametrizedArguments, arguments_of
from keras_nonnormal.layers.exp_rnn import own_arguments
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN, ParametrizedRNNCell
from keras_nonnormal.parametrizations import Givens
from keras_nonnormal.parametrizations.givens import check_capacity, check_power_of_two


@keras.saving.register_keras_serializable("keras_nonnormal")
class EURNNCell(ParametrizedRNNCell):
    """The cell of `EURNN`; takes the same arguments, but for those of the loop."""

    def __init__(
        self,
        units: int,
        capacity: int = 2,
        fft: bool = False,
        complex: bool = True,
        activation: Any = "modrelu",
        use_bias: bool = False,
        kernel_initializer: Any = None,
        angle_initializer: Any = None,
        **kwargs: Unpack[ParametrizedArguments],
    ):
        if fft:
            check_power_of_two(units)
        else:
            check_capacity(capacity, units)
        dtype = kwargs.get("dtype")
        if activation == "modrelu":
            activation = ModReLU(
                "zeros", epsilon=0.01, complex=complex, dtype=dtype, name="modrelu"
            )
        givens = Givens(
            capacity,
            fft=fft,
            complex=complex,
            initializer=angle_initializer,
            dtype=dtype,
            name="givens",
        )
        super().__init__(
            units,
            givens,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer
            or keras.initializers.RandomUniform(-0.01, 0.01),
            **kwargs,
        )
        if complex:
            self.state_size = 2 * units

    def call(self, sequence, states, training=False):
        output, states = super().call(sequence, states, training)
        return self.output_of(output), states

    def output_of(self, state):
        """The real parts of a state."""
        return state[..., : self.units]

    def get_config(self):
        config = super().get_config()
        del config["parametrization"]
        givens = own_arguments(self.parametrization)
        givens["angle_initializer"] = givens.pop("initializer")
        return {**givens, **config}


@keras.saving.register_keras_serializable("keras_nonnormal")
class EURNN(ParametrizedRNN):
    r"""A recurrent network whose matrix is a product of plane rotations.

    $$ h_t = \phi(x_t U + h_{t-1} F), \qquad F = \text{stages of rotations} $$

    How many stages there are says how much of the unitary group $F$ reaches. It is
    unitary by construction, and real orthogonal without `complex`. A complex state is
    the real row [real | imaginary], `(batch, 2 * units)`; the layer gives out its real
    part.

    Args:
        units: Positive even integer, dimensionality of the output space; a power of
            two with `fft`.
        capacity: Even integer from 2 to `units`: the number of stages.
        fft: Whether the stages are those of a fast Fourier transform; `capacity` then
            has no meaning.
        complex: Whether states and rotations are complex. Defaults to `True`.
        activation: `"modrelu"`, which here has ε = 0.01 and offsets that start at zero,
            or any Keras activation, taken of real and imaginary parts alike.
        use_bias: Whether there is a bias. Defaults to `False`.
        kernel_initializer: Start of $U$, `(features, units)`, twice as wide if complex.
            Defaults to uniform in [-0.01, 0.01].
        angle_initializer: Start of all angles. Defaults to uniform in [-π, π].
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, but for those of the recurrent
            kernel.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor, `(batch, units)`, or
            `(batch, 2 * units)` if complex.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state.

    Raises:
        ValueError: If `units` is odd, or no power of two with `fft`; if `capacity` is
            odd or exceeds `units`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import EURNN
    >>> tuple(EURNN(16, capacity=4)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 16)

    Reference:
        - [Jing et al. 2017](https://arxiv.org/abs/1612.05231), "Tunable Efficient
          Unitary Neural Networks (EUNN) and their application to RNNs"
    """

    cell_class = EURNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def output_of(self, state):
        return self.cell.output_of(state)

    def drive_row(self):
        row = super().drive_row()
        row[self.units :] = 0  # not into imaginary parts
        return row
