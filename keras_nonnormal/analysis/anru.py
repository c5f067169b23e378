"""An ANRU in NumPy, float64: one step, its Jacobian, and its responses to drives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops

from keras_nonnormal.activations import gamma_slopes, gamma_values
from keras_nonnormal.analysis.isolated import isolated

NAMES = (
    *("kernel", "recurrent_kernel", "bias"),
    *("controller_kernel", "controller_recurrent_kernel", "controller_bias"),
    *("gain_kernel", "gain_bias", "saturation_kernel", "saturation_bias"),
)
# Mean and standard deviation over neurons of their constant inputs, as published.
INPUTS = (0.8, 0.1)
# The published protocols: length of a run, first and last step with the drive.
DRIVES = {150: (51, 100), 300: (102, 201)}
# The steps whose shapes are compared between levels, of runs as long.
LATE = slice(110, 200)


@dataclass(frozen=True)
class ANRUWeights:
    """The weights of an ANRU; kernels of the controllers and decoders are vectors.

    Args:
        kernel: Array `(features, units)`.
        matrix: Array `(units, units)`, V in row form: the `recurrent_kernel`.
        bias: Array `(units,)`.
        controller_kernel: Array `(controller_units,)`.
        controller_matrix: Array `(controller_units, controller_units)`, in row form.
        controller_bias: Array `(controller_units,)`.
        gain_kernel: Array `(controller_units,)`.
        gain_bias: Float.
        saturation_kernel: Array `(controller_units,)`.
        saturation_bias: Float.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
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
    def of(cls, layer: Any, *, bias: bool = True) -> "ANRUWeights":
        """The weights of a layer.

        Args:
            layer: A built `keras_nonnormal.layers.ANRU`.
            bias: Whether to keep the bias of the neurons; the bias of the controllers
                always stays.
        """
        values = {each.path.split("/")[-1]: each for each in layer.weights}
        units = layer.cell.units
        kernel, matrix, offset, u, w, c, w_n, b_n, w_s, b_s = (
            np.asarray(ops.convert_to_numpy(values[name]), np.float64)
            if name in values
            else np.zeros(units)  # a layer without a bias
            for name in NAMES
        )
        offset = offset if bias else np.zeros(units)
        decoders = (w_n[:, 0], float(b_n[0]), w_s[:, 0], float(b_s[0]))
        return cls(kernel, matrix, offset, u[0], w, c, *decoders)

    @property
    def units(self) -> int:
        """Number of neurons."""
        return len(self.matrix)

    @property
    def controller_units(self) -> int:
        """Size of the controller of a neuron."""
        return len(self.controller_matrix)

    def own_inputs(self) -> np.ndarray:
        """The weights `(units,)` of an input of its own for every neuron."""
        return np.diag(isolated(self.kernel[:1], self.matrix)[0])

    def isolated(self) -> "ANRUWeights":
        """The same neurons without each other; see `isolated`."""
        return replace(self, matrix=isolated(self.kernel[:1], self.matrix)[1])

    def advance(self, z, g) -> tuple[np.ndarray, ...]:
        """New states h and g, gains and saturations.

        Args:
            z: Array `(..., units)`, pre-activations.
            g: Array `(..., units, controller_units)`, the controllers' states.

        Returns:
            Arrays h `(..., units)`, g as given, n and s `(..., units)`.
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


@dataclass(frozen=True)
class ANRUResponses:
    """States and shapes of an ANRU under drives of several sizes.

    Args:
        states: Array `(sizes, repeats, time, units)` of h.
        gains: Array `(sizes, repeats, time, units)` of n.
        saturations: Array `(sizes, repeats, time, units)` of s.
        controllers: Array `(sizes, time, controller_units)`, the mean over repeats and
            neurons of g.
    """

    states: np.ndarray
    gains: np.ndarray
    saturations: np.ndarray
    controllers: np.ndarray

    @property
    def mean_shapes(self) -> np.ndarray:
        """Means over repeats and neurons of n and s, `(sizes, time, 2)`."""
        shapes = (each.mean(axis=(1, 3)) for each in (self.gains, self.saturations))
        return np.stack([*shapes], axis=-1)


def anru_responses(
    weights: ANRUWeights,
    sizes: Sequence[float],
    *,
    steps: int = 150,
    drive: tuple[int, int] | None = DRIVES[150],
    noise: float | Sequence[float] = 0.1,
    repeats: int = 5,
    seed: int = 1,
) -> ANRUResponses:
    """Responses of an ANRU to drives on top of constant random inputs and noise.

    Every neuron has an input of its own, which comes to it by the weight that it has
    for the input; its mean over time is drawn anew for every repeat, from a normal
    distribution with a mean of 0.8 and a standard deviation of 0.1. The noise is
    normal, too, and drawn for every step and neuron. Both are the same for all drives.
    States begin at zero.

    Args:
        weights: The ANRU.
        sizes: Sizes of the drive, which is added to the pre-activations of all neurons.
        steps: Length of a run.
        drive: The first and the last step that the drive is on, from 0; None for never.
        noise: Standard deviation of the noise: one for all, or one for every size.
        repeats: Runs for every size.
        seed: Seed of inputs and noise.

    Returns:
        The `ANRUResponses`.

    Reference:

    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253)
    """
    rng = np.random.default_rng(seed)
    drives = np.asarray(sizes, np.float64)
    levels = np.broadcast_to(np.asarray(noise, np.float64), drives.shape)
    units, own = weights.units, weights.own_inputs()
    constant = rng.normal(*INPUTS, size=(repeats, units))
    h = np.zeros((len(drives), repeats, units))
    g = np.zeros((*h.shape, weights.controller_units))
    found = np.empty((3, *h.shape[:2], steps, units))
    controllers = np.empty((len(drives), steps, weights.controller_units))
    for step in range(steps):
        noisy = constant + levels[:, None, None] * rng.normal(size=(repeats, units))
        z = own * noisy + h @ weights.matrix + weights.bias
        if drive is not None and drive[0] <= step <= drive[1]:
            z = z + drives[:, None, None]
        h, g, n, s = weights.advance(z, g)
        found[:, :, :, step] = h, n, s
        controllers[:, step] = g.mean(axis=(1, 2))
    states, gains, saturations = found
    return ANRUResponses(states, gains, saturations, controllers)


def adapted_shapes(
    weights: ANRUWeights,
    levels: Sequence[float],
    *,
    of: str = "noise",
    noise: float = 0.1,
    repeats: int = 5,
    seed: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Gains and saturations that an ANRU has come to under noise, or under a drive.

    Args:
        weights: The ANRU.
        levels: Standard deviations of the noise, or sizes of the drive.
        of: `"noise"` (the default) or `"drive"`.
        noise: Standard deviation of the noise beside a drive.
        repeats: Runs for every level.
        seed: Seed of inputs and noise.

    Returns:
        Two arrays `(levels, repeats)`, means over neurons and steps 110 to 199: what
        `gain_scaling_fit` is for.
    """
    how: dict[str, Any] = {"steps": LATE.stop, "repeats": repeats, "seed": seed}
    if of == "noise":
        silent = [0.0] * len(levels)
        found = anru_responses(weights, silent, drive=None, noise=levels, **how)
    else:
        drive = (DRIVES[300][0], LATE.stop)
        found = anru_responses(weights, levels, drive=drive, noise=noise, **how)
    gains, saturations = (
        each[:, :, LATE].mean(axis=(2, 3)) for each in (found.gains, found.saturations)
    )
    return gains, saturations


def _gamma_partials(x, n, s) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Derivatives of gamma by x, n and s."""
    u = n * x
    e = np.exp(-np.abs(u))
    sigmoid = np.where(u >= 0, 1.0, e) / (1 + e)
    softplus = np.maximum(u, 0) + np.log1p(e)
    entropy = np.log1p(e) + np.abs(u) * e / (1 + e)
    by_n = s * x * e / (1 + e) ** 2 - (1 - s) * entropy / n**2
    return gamma_slopes(x, n, s), by_n, sigmoid - softplus / n
