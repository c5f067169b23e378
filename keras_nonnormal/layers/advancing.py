"""Recurrent layers that say how a state advances, and their cells."""

import math
from typing import Any

import keras
from keras import ops

from keras_nonnormal import activations
from keras_nonnormal.initializers.named_kernels import kernel_of, recurrent_of
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop
from keras_nonnormal.layers.layer_of_cell import LayerOfCell


class AdvancingCell(keras.layers.SimpleRNNCell):
    r"""Base of cells whose new states are a function of pre-activations and states.

    $$ z_t = x_t K + b + s^1_{t-1} V, \qquad (s^1_t, …) = f(z_t, (s^1_{t-1}, …)) $$

    A subclass says what $f$ is in `advance`, and, where it differs, in `shapes` what
    variables there are, in `matrix` what $V$ is made of, in `constants` what tensors
    `advance` needs beside the states.

    Args:
        units: Positive integer, dimensionality of the output, the first state.
        activation: Any Keras activation, or `"modrelu"`.
        kernel_initializer: Start of `kernel`.
        recurrent_initializer: Start of `recurrent_kernel`.
        states: How many states of `units` numbers there are.
        **kwargs: As for `keras.layers.SimpleRNNCell`.
    """

    def __init__(
        self,
        units,
        activation: Any,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        states: int = 1,
        **kwargs,
    ):
        super().__init__(
            units,
            activation=activations.get(activation, kwargs.get("dtype")),
            kernel_initializer=kernel_of(kernel_initializer),
            recurrent_initializer=recurrent_of(recurrent_initializer),
            **kwargs,
        )
        if states > 1:
            self.state_size: Any = [units] * states
            self.output_size = units

    def shapes(self, features: int) -> dict[str, tuple]:
        """The shapes of `kernel`, `recurrent_kernel` and `bias`."""
        n = self.units
        return {"kernel": (features, n), "recurrent_kernel": (n, n), "bias": (n,)}

    def build(self, input_shape):
        self.bias = None
        for name, shape in self.shapes(input_shape[-1]).items():
            if name == "bias" and not self.use_bias:
                continue
            kind = name.removesuffix("_kernel")
            weight = self.add_weight(
                shape=shape,
                name=name,
                **{
                    what: getattr(self, f"{kind}_{what}")
                    for what in ("initializer", "regularizer", "constraint")
                },
            )
            setattr(self, name, weight)
        activation = self.activation
        if isinstance(activation, keras.layers.Layer) and not activation.built:
            activation.build((None, self.units))

    def matrix(self) -> Any:
        """The matrix V that the first state is fed back through, `(units, width)`."""
        return ops.convert_to_tensor(self.recurrent_kernel)

    def constants(self) -> tuple:
        """Tensors that `advance` needs at every time step."""
        return ()

    def advance(self, z, states, constants) -> tuple:
        """The states after a step.

        Args:
            z: Tensor `(..., width)`, the pre-activations.
            states: Tuple of tensors `(..., units)`, the states before.
            constants: See `constants`.
        """
        raise NotImplementedError

    def fed_back(self, state) -> Any:
        """The share of the first state in the pre-activations, `(..., width)`."""
        return ops.matmul(state, self.matrix())

    def call(self, sequence, states, training=False):
        states = tuple(states) if isinstance(states, list | tuple) else (states,)
        first = states[0]
        if training and 0 < self.dropout < 1:
            sequence = sequence * self.get_dropout_mask(sequence)
        if training and 0 < self.recurrent_dropout < 1:
            first = first * self.get_recurrent_dropout_mask(first)
        z = ops.matmul(sequence, self.kernel) + self.fed_back(first)
        z = z if self.bias is None else z + self.bias
        after = self.advance(z, states, self.constants())
        return after[0], list(after)

    def get_initial_state(self, batch_size=None):
        sizes = keras.tree.flatten(self.state_size)
        return [ops.zeros((batch_size, n), self.compute_dtype) for n in sizes]

    def config_of(self, *names: str) -> dict[str, Any]:
        """The configuration with these arguments of a subclass, attributes of it."""
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class AdvancingLayer(FusedElementwiseLoop, LayerOfCell):
    """Base of layers whose cell is an `AdvancingCell`; a subclass names it."""

    cell_class = AdvancingCell

    @property
    def fusible(self):
        # A stair would change what `advance` sees of the state before, not only what
        # goes through the matrix.
        return not self.stair and not isinstance(
            self.cell.activation, keras.layers.Layer
        )

    def recurrent_matrix(self, training=False):
        return self.cell.matrix()

    def step_parameters(self):
        return self.cell.constants()

    def step(self, z, state, inputs, parameters):
        return self.cell.advance(z, state, parameters)

    @property
    def slope(self):
        return None  # the new state is no function of z alone

    @property
    def parameter_cotangents(self):
        return None


def blocks(tensor: Any, count: int) -> Any:
    """A tensor in parts of equal width along its last axis."""
    return ops.split(tensor, count, axis=-1)


def positive(name: str, number: Any) -> float:
    """An argument, if it is a number above 0."""
    return _number(name, number, "above 0", lambda x: x > 0)


def not_negative(name: str, number: Any) -> float:
    """An argument, if it is a number of at least 0."""
    return _number(name, number, "of at least 0", lambda x: x >= 0)


def fraction(name: str, number: Any) -> float:
    """An argument, if it is a number from 0 to 1."""
    return _number(name, number, "from 0 to 1", lambda x: 0 <= x <= 1)


def _number(name, number, expected, fits):
    known = isinstance(number, int | float) and not isinstance(number, bool)
    if known and math.isfinite(number) and fits(number):
        return float(number)
    raise ValueError(
        f"Expected `{name}` to be a number {expected}. Received: {name}={number!r}"
    )
