"""Maps of recurrent layers without input, with their Jacobians, in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_nonnormal.activations import Gamma, ModReLU, gamma_slopes, gamma_values
from keras_nonnormal.analysis.anru import ANRUWeights
from keras_nonnormal.analysis.lyapunov import autonomous
from keras_nonnormal.layers import ANRU, EURNN
from keras_nonnormal.layers.fused_loop import FusedElementwiseLoop

START = 0.5  # of every unit, as published
MOST_STATES = 6000  # a Jacobian of more takes too much memory and time


@dataclass(frozen=True)
class AutonomousMap:
    """The map from one state of a layer to the next, without input.

    Args:
        step: From a state `(size,)` to the next and the Jacobian `(size, size)`, as
            `lyapunov_spectrum` takes it.
        state: The state to start from.
    """

    step: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    state: np.ndarray


def autonomous_map(
    layer: Any, *, bias: bool = False, frozen: bool = False
) -> AutonomousMap:
    r"""The map of a recurrent layer without input, for `lyapunov_spectrum`.

    - Networks with an elementwise nonlinearity: $h \mapsto \phi(h V)$, without bias,
      as published. Parameters of the nonlinearity stay: gains and saturations of
      gamma, offsets of modReLU.
    - LSTM and GRU: the whole state, of an LSTM both h and c, with the biases of the
      gates, without which all gates would be half open.
    - ANRU: the states of neurons and controllers, `units * (1 + controller_units)`
      numbers. The biases of the controllers stay, the neurons' go. If frozen: the
      states of the neurons alone, with the gains and saturations which the whole map
      has come to after a hundred steps.

    Args:
        layer: A built layer.
        bias: Whether to keep the bias of networks without gates, too.
        frozen: Whether the gains and saturations of an ANRU are held. Without effect
            on other layers.

    Returns:
        An `AutonomousMap`.

    Raises:
        ValueError: If the layer is none of these, has a stair, whose map is another
            one at every step, is not finite, or an ANRU of more than 6000 states.

    Example:

    >>> from keras_nonnormal.analysis import lyapunov_spectrum
    >>> from keras_nonnormal import FusedSimpleRNN
    >>> half = keras.initializers.Identity(0.5)
    >>> layer = FusedSimpleRNN(2, activation="linear", recurrent_initializer=half)
    >>> layer.build((None, None, 1))
    >>> alone = autonomous_map(layer)
    >>> print(lyapunov_spectrum(alone.step, alone.state, steps=10).exponents)
    [-1. -1.]

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    if getattr(layer, "stair", None):
        raise ValueError(
            "a network with a stair is another map at every step; expected one without"
        )
    if any(not np.isfinite(_float64(each)).all() for each in layer.weights):
        raise ValueError("its weights are not finite; its training diverged")
    if isinstance(layer, ANRU):
        return _of_anru(ANRUWeights.of(layer, bias=bias), frozen)
    if isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)):
        return _of_gates(layer)
    if isinstance(layer, EURNN) or not isinstance(layer, FusedElementwiseLoop):
        raise ValueError(
            f"a {type(layer).__name__} has no map that is known here; expected a "
            "network with a real state"
        )
    matrix = _float64(layer.recurrent_matrix())
    weights: Any = layer.affine()
    offset = _float64(weights[1]) if bias and len(weights) > 1 else 0.0
    values, slopes = _nonlinearity(layer.cell.activation)
    step = autonomous(
        matrix, lambda z: values(z + offset), lambda z: slopes(z + offset)
    )
    return AutonomousMap(step, np.full(len(matrix), START))


def _nonlinearity(activation: Any) -> tuple[Callable, Callable]:
    """An elementwise nonlinearity and its slope, on arrays `(units,)` in float64."""
    if isinstance(activation, Gamma):
        n, s = _float64(activation.gain), _float64(activation.saturation)
        return lambda z: gamma_values(z, n, s), lambda z: gamma_slopes(z, n, s)
    if isinstance(activation, ModReLU):
        offset = _float64(activation.offset) + activation.epsilon
        return (
            lambda z: np.sign(z) * np.maximum(np.abs(z) + offset, 0),
            lambda z: (np.abs(z) + offset > 0).astype(float),
        )
    if activation is keras.activations.relu:
        return lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)
    if activation is keras.activations.tanh:
        return np.tanh, lambda z: 1 - np.tanh(z) ** 2
    if activation is keras.activations.linear:
        return lambda z: z, np.ones_like
    both = _differentiated(lambda z: (activation(z),))

    def values(z):
        return _float64(activation(keras.ops.convert_to_tensor(z)))

    def slopes(z):
        return both(z)[1][0][0]

    return values, slopes


def _of_gates(layer: Any) -> AutonomousMap:
    """The map of an LSTM or a GRU, whose units interact through the matrix alone."""
    if not layer.fusible:
        raise ValueError(
            f"this {type(layer).__name__} has no map that is known here; expected one "
            "that is compiled, with functions as activations and reset_after"
        )
    units = layer.units
    parts = 2 if isinstance(layer, keras.layers.LSTM) else 1
    matrix = _float64(layer.recurrent_matrix())
    weights = layer.affine()
    offset = _float64(weights[1]) if len(weights) > 1 else 0.0

    def unitwise(z, *states):
        flat = tuple(each[None] for each in states)
        return tuple(each[0] for each in layer.step(z[None], flat, (), ()))

    differentiated = _differentiated(unitwise)

    def step(state):
        states = np.split(np.asarray(state, np.float64), parts)
        z = states[0] @ matrix + offset
        outputs, slopes = differentiated(z, *states)
        jacobian = np.zeros((parts * units, parts * units))
        for number, by in enumerate(slopes):
            here = slice(number * units, (number + 1) * units)
            weighted = (matrix * by[0]).reshape(units, -1, units)
            jacobian[:units, here] = weighted.sum(axis=1)
            for other, diagonal in enumerate(by[1:]):
                places = np.arange(units)
                jacobian[other * units + places, number * units + places] += diagonal
        return np.concatenate(outputs), jacobian

    return AutonomousMap(step, np.full(parts * units, START))


def _of_anru(weights: ANRUWeights, frozen: bool) -> AutonomousMap:
    units, size = weights.units, weights.controller_units
    state = np.concatenate([np.full(units, START), np.zeros(units * size)])
    if frozen:
        h, g = state[:units], state[units:].reshape(units, size)
        n = s = np.zeros(units)
        for _ in range(100):
            h, g, n, s = weights.advance(h @ weights.matrix + weights.bias, g)
        step = autonomous(
            weights.matrix,
            lambda z: gamma_values(z + weights.bias, n, s),
            lambda z: gamma_slopes(z + weights.bias, n, s),
        )
        return AutonomousMap(step, np.full(units, START))
    if state.size > MOST_STATES:
        raise ValueError(
            f"neurons and controllers of this ANRU have {state.size} states, expected "
            f"at most {MOST_STATES}; with `frozen` there are those of the neurons alone"
        )

    def step(state):
        g = state[units:].reshape(units, size)
        h, g, jacobian = weights.linearised(state[:units], g)
        return np.concatenate([h, g.ravel()]), jacobian

    return AutonomousMap(step, state)


def _differentiated(function: Callable) -> Callable:
    """A function that also gives the derivatives of its outputs by its inputs.

    Args:
        function: From tensors to a tuple of tensors, unit by unit, so that the sum of
            an output has a gradient that is its own derivatives.

    Returns:
        A function of arrays that gives a tuple of outputs, and for each of these a
        list of its derivatives by every input.
    """
    import tensorflow as tf

    @tf.function
    def compiled(*inputs):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(inputs)
            outputs = function(*inputs)
            sums = [tf.reduce_sum(each) for each in outputs]
        zero = tf.UnconnectedGradients.ZERO
        return outputs, [
            tape.gradient(each, list(inputs), unconnected_gradients=zero)
            for each in sums
        ]

    def on_arrays(*inputs):
        found: Any = compiled(*(tf.constant(each, tf.float64) for each in inputs))
        outputs, slopes = found
        return (
            tuple(map(_float64, outputs)),
            [list(map(_float64, each)) for each in slopes],
        )

    return on_arrays


def _float64(tensor: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)
