"""Square parts of rectangular Jacobians, which have no eigenvalues themselves."""

from typing import Any

import numpy as np

from keras_nonnormal.pretraining.published.variants import (
    jacobian_loss,
    scalars_and_gradients,
)


def square(
    jacobians, indices=None, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, int | None, np.ndarray | None]:
    """Some rows of tall Jacobians, or columns of wide ones, as many as make a square.

    They are drawn without replacement, the same of all Jacobians of the batch, and stay
    in their order.

    Args:
        jacobians: Array `(batch, out, in)`.
        indices: Array `(min(out, in),)` of the rows or columns to keep. Defaults to
            random ones.
        rng: Generator that draws them. Defaults to a new one.

    Returns:
        The Jacobians `(batch, n, n)`; the axis they lost some of, 1 of rows or 2 of
        columns; and what was kept of it. Of square ones axis and indices are None.

    Raises:
        ValueError: If shapes do not fit, or indices are repeated or out of range.

    Example:

    >>> import numpy as np
    >>> tall = np.arange(6.0).reshape(1, 3, 2)
    >>> print(square(tall, indices=[0, 2])[0].tolist())
    [[[0.0, 1.0], [4.0, 5.0]]]
    """
    jacobians = np.asarray(jacobians)
    if jacobians.ndim != 3 or not jacobians.size:
        raise ValueError(
            "`jacobians` must have shape (batch, out, in), none of them 0. "
            f"Received: shape {jacobians.shape}"
        )
    _, rows, columns = jacobians.shape
    if rows == columns:
        return jacobians, None, None
    axis = 1 if rows > columns else 2
    longer, shorter = max(rows, columns), min(rows, columns)
    if indices is None:
        rng = np.random.default_rng() if rng is None else rng
        indices = np.sort(rng.choice(longer, shorter, replace=False))
    indices = np.asarray(indices)
    if (
        indices.shape != (shorter,)
        or not np.issubdtype(indices.dtype, np.integer)
        or len(np.unique(indices)) != shorter
        or indices.min() < 0
        or indices.max() >= longer
    ):
        raise ValueError(
            f"`indices` must be {shorter} different integers from 0 to {longer - 1} "
            f"for Jacobians of shape {jacobians.shape}. Received: {indices.tolist()}"
        )
    return jacobians.take(indices, axis=axis), axis, indices


def radii_and_cotangent(
    jacobians: np.ndarray,
    target: float,
    rng: np.random.Generator,
    divisor: int = 1,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Radii of Jacobians, their loss, and its gradient by the Jacobians.

    Rectangular Jacobians are measured by a square part, drawn anew each time.

    Args:
        jacobians: Array `(batch, out, in)`.
        target: Float, the target of the radii.
        rng: Draws the square part.
        divisor: Integer, how many such losses the whole loss is the mean of.

    Returns:
        Radii `(batch,)`; the mean of their squared distances from the target; and the
        gradient of the whole loss, of the shape and type of the Jacobians.
    """
    part, axis, kept = square(jacobians, rng=rng)
    radii, slopes = scalars_and_gradients(part)
    scales = 2 * (radii - target) / len(radii) / divisor
    cotangent = np.zeros_like(jacobians)
    where: list[Any] = [slice(None)] * 3
    if axis is not None:
        where[axis] = kept
    cotangent[tuple(where)] = scales[:, None, None] * slopes
    return radii, jacobian_loss(radii, target), cotangent
