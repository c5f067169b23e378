"""The fixed linear memory of a Legendre memory unit."""

import functools
import math

import numpy as np


@functools.cache
def legendre_delay(order: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    r"""The linear memory of an LMU for steps of length 1, in Keras's row form.

    $$ θ \dot m = A m + B u, \qquad a_{ij} = (2i + 1) · \{-1 \ (i < j), \
       (-1)^{i-j+1} \ (i ≥ j)\}, \qquad b_i = (2i + 1) (-1)^i $$

    with $u$ constant during a step (zero-order hold). The transfer function from $u$ to
    the readout of the window's far end is the Padé approximant [d-1/d] of $e^{-θs}$.

    Args:
        order: Positive integer, d.
        theta: Positive number, length θ of the window in steps.

    Returns:
        Matrix `(order, order)` and row `(1, order)`, in float64, that stand in
        `m @ matrix + u @ row`.
    """
    i = np.arange(order)
    signs = np.where(i[:, None] < i, -1.0, (-1.0) ** (i[:, None] - i + 1))
    joint = np.zeros((order + 1, order + 1))
    joint[:order, :order] = (2 * i[:, None] + 1) * signs
    joint[:order, order] = (2 * i + 1) * (-1.0) ** i
    joint = _exponential(joint / theta)
    return joint[:order, :order].T, joint[:order, order:].T


def _exponential(matrix):
    """The exponential of a matrix: a Taylor polynomial, and squarings of it."""
    squarings = max(0, math.ceil(math.log2(np.abs(matrix).sum(axis=0).max())) + 1)
    matrix = matrix / 2.0**squarings
    term = result = np.eye(len(matrix))
    for k in range(1, 19):
        term = term @ matrix / k
        result = result + term
    for _ in range(squarings):
        result = result @ result
    return result
