"""An ANRU on arrays, in float64: one step, its Jacobian, and answers to drives."""

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_nonnormal.activations import gamma_slopes, gamma_values
from keras_nonnormal.analysis import isolated

NAMES = (
    *("kernel", "recurrent_kernel", "bias"),
    *("controller_kernel", "controller_recurrent_kernel", "controller_bias"),
    *("gain_kernel", "gain_bias", "saturation_kernel", "saturation_bias"),
)


@dataclass(frozen=True)
class AnruWeights:
    """The weights of an ANRU, those of its decoders and of inputs to them as vectors.

    Args:
        kernel: Array `(features, units)`.
        matrix: Array `(units, units)`, V in row form.
        bias: Array `(units,)`.
        controller_kernel: Array `(controller_units,)`.
        controller_matrix: Array `(controller_units, controller_units)`.
        controller_bias: Array `(controller_units,)`.
        gain_kernel: Array `(controller_units,)`.
        gain_bias: Float.
        saturation_kernel: Array `(controller_units,)`.
        saturation_bias: Float.
    """

    kernel: np.ndarray
    matrix: np.ndarray
    bias: np.ndarray
    controller_kernel: np.ndarray
    controller_matrix: np.ndarray
    controller_bias: np.ndarray
    gain_kernel: np.ndarray
    gain_bias: float
    saturation_kernel: np.ndarray
    saturation_bias: float

    @classmethod
    def of(cls, layer: Any, *, bias: bool = True) -> "AnruWeights":
        """Those of a layer.

        Args:
            layer: A built `keras_nonnormal.layers.ANRU`.
            bias: Whether to keep the bias of the neurons; that of the controllers
                stays.
        """
        values = {each.path.split("/")[-1]: each for each in layer.weights}
        units = layer.cell.units
        kernel, matrix, offset, u, w, c, w_n, b_n, w_s, b_s = (
            np.asarray(keras.ops.convert_to_numpy(values[name]), np.float64)
            if name in values
            else np.zeros(units)  # a layer without a bias
            for name in NAMES
        )
        return cls(
            kernel,
            matrix,
            offset if bias else np.zeros(units),
            u[0],
            w,
            c,
            w_n[:, 0],
            float(b_n[0]),
            w_s[:, 0],
            float(b_s[0]),
        )

    @property
    def units(self) -> int:
        """Neurons."""
        return len(self.matrix)

    @property
    def controller_units(self) -> int:
        """Size of the controller of a neuron."""
        return len(self.controller_matrix)

    def own_inputs(self) -> np.ndarray:
        """The weights `(units,)` of neurons that have an input of their own each."""
        return np.diag(isolated(self.kernel[:1], self.matrix)[0])

    def isolated(self) -> "AnruWeights":
        """The same neurons without each other."""
        return replace(self, matrix=isolated(self.kernel[:1], self.matrix)[1])

    def advance(self, z, g) -> tuple[np.ndarray, ...]:
        """New states h and g, gains and saturations.

        Args:
            z: Array `(..., units)`, pre-activations.
            g: Array `(..., units, controller_units)`, the controllers' states.
        """
        own = z[..., None] * self.controller_kernel + self.controller_bias
        g = np.tanh(own + g @ self.controller_matrix)
        n = g @ self.gain_kernel + self.gain_bias
        s = g @ self.saturation_kernel + self.saturation_bias
        return gamma_values(z, n, s), g, n, s

    def linearised(self, h, g) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """New states h and g without input, and the Jacobian of both in row form.

        Args:
            h: Array `(units,)`.
            g: Array `(units, controller_units)`.

        Returns:
            The states, and an array `(size, size)` with `size = units * (1 +
            controller_units)`; the states of controllers come after those of all
            neurons, neuron by neuron.
        """
        units, size = g.shape
        z = h @ self.matrix + self.bias
        h, g, n, s = self.advance(z, g)
        by_z, by_n, by_s = _gamma_partials(z, n, s)
        slopes = 1 - g**2
        # What h makes of g, and what a neuron's controller makes of its next state.
        decode = np.outer(by_n, self.gain_kernel) + np.outer(
            by_s, self.saturation_kernel
        )
        g_by_z = slopes * self.controller_kernel
        g_by_g = self.controller_matrix * slopes[:, None, :]
        h_by_z = by_z + (decode * g_by_z).sum(axis=1)
        jacobian = np.zeros((units * (1 + size), units * (1 + size)))
        jacobian[:units, :units] = self.matrix * h_by_z
        jacobian[:units, units:] = (self.matrix[:, :, None] * g_by_z).reshape(units, -1)
        neurons = np.arange(units)
        lower = jacobian[units:].reshape(units, size, -1)
        lower[neurons, :, neurons] = np.einsum("nij,nj->ni", g_by_g, decode)
        inner = lower[:, :, units:].reshape(units, size, units, size)
        inner[neurons, :, neurons] = g_by_g
        return h, g, jacobian


def _gamma_partials(x, n, s) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives of gamma by x, n and s."""
    u = n * x
    e = np.exp(-np.abs(u))
    sigmoid = np.where(u >= 0, 1.0, e) / (1 + e)
    softplus = np.maximum(u, 0) + np.log1p(e)
    entropy = np.log1p(e) + np.abs(u) * e / (1 + e)
    by_n = s * x * e / (1 + e) ** 2 - (1 - s) * entropy / n**2
    return gamma_slopes(x, n, s), by_n, sigmoid - softplus / n
