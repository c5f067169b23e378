"""A stack of recurrent layers in NumPy: its outputs, and their gradients by inputs."""

from collections.abc import Sequence

import numpy as np

Kernels = Sequence[tuple[np.ndarray, np.ndarray]]


def pascal_stack(layers: int, rho: float) -> Kernels:
    """The Pascal network: one linear unit a layer, and the same factor everywhere.

    Args:
        layers: Integer, number of layers.
        rho: Float, the factor.

    Returns:
        For each layer the kernel and the recurrent kernel, both `(1, 1)`.

    Reference:

    - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), figure 1c
    """
    return [(np.full((1, 1), rho), np.full((1, 1), rho))] * layers


def he_stack(layers: int, units: int, rng: np.random.Generator) -> Kernels:
    """Layers on a single input, all matrices uniform as of He.

    Args:
        layers: Integer, number of layers.
        units: Integer, units of every layer.
        rng: Source of the entries.

    Returns:
        For each layer the kernel `(below, units)` and the recurrent kernel `(units,
        units)`.
    """
    widths = [1, *(units for _ in range(layers))]

    def uniform(rows: int, columns: int) -> np.ndarray:
        limit = np.sqrt(6 / rows)
        return rng.uniform(-limit, limit, (rows, columns))

    return [(uniform(below, units), uniform(units, units)) for below in widths[:-1]]


def stack_gradients(
    inputs, kernels: Kernels, *, rectified: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of a stack of recurrent layers, and gradients of their sum.

    The output of a step is the mean of the units of the last layer.

    Args:
        inputs: Array `(samples, time)`.
        kernels: For each layer the kernel `(below, units)` and the recurrent kernel
            `(units, units)`, in row form.
        rectified: Whether units are rectified, or linear.

    Returns:
        Outputs `(samples, time)`, and by each input the gradient of the sum of the
        outputs of its sample, `(samples, time)`.

    Raises:
        ValueError: If `inputs` has another number of axes.

    Example:

    >>> outputs, gradients = stack_gradients([[1.0, 0.0]], pascal_stack(2, 0.5))
    >>> print(outputs, gradients)
    [[0.25 0.25]] [[0.5  0.25]]
    """
    inputs = np.asarray(inputs, np.float64)
    if inputs.ndim != 2:
        raise ValueError(
            f"`inputs` must have shape (samples, time). Received: shape {inputs.shape}"
        )
    samples, steps = inputs.shape
    below, slopes = inputs[:, :, None], []
    for into, back in kernels:
        state = np.zeros((samples, len(back)))
        states = np.empty((samples, steps, len(back)))
        for t in range(steps):
            state = below[:, t] @ into + state @ back
            state = np.maximum(state, 0) if rectified else state
            states[:, t] = state
        slopes.append(states > 0 if rectified else np.ones_like(states))
        below = states
    gradients = np.full_like(below, 1 / below.shape[2])
    for (into, back), slope in zip(reversed(kernels), reversed(slopes), strict=True):
        later = np.zeros((samples, len(back)))
        lower = np.empty((samples, steps, len(into)))
        for t in reversed(range(steps)):
            here = (gradients[:, t] + later) * slope[:, t]
            lower[:, t], later = here @ into.T, here @ back.T
        gradients = lower
    return below.mean(axis=2), gradients[:, :, 0]
