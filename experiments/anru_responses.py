"""How an ANRU answers drives: the published protocol, on arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.anru_weights import AnruWeights

# Mean and standard deviation over neurons of their constant inputs.
INPUTS = (0.8, 0.1)
# Length of a run, and the first and the last step that the drive is on.
DRIVES = {150: (51, 100), 300: (102, 201)}


@dataclass(frozen=True)
class Responses:
    """What an ANRU does.

    Args:
        states: Array `(sizes, repeats, time, units)` of h.
        gains: Array `(sizes, repeats, time, units)`.
        saturations: Array `(sizes, repeats, time, units)`.
        controllers: Array `(sizes, time, controller_units)`, the mean over repeats and
            neurons of g.
    """

    states: np.ndarray
    gains: np.ndarray
    saturations: np.ndarray
    controllers: np.ndarray


def responses(
    weights: AnruWeights,
    sizes: Sequence[float],
    *,
    steps: int = 150,
    drive: tuple[int, int] | None = DRIVES[150],
    noise: float | Sequence[float] = 0.1,
    repeats: int = 5,
    seed: int = 1,
) -> Responses:
    """What an ANRU does under drives, with constant random inputs and noise.

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
        The `Responses`.
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
    return Responses(states, gains, saturations, controllers)
