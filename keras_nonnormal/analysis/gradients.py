import numpy as np


def state_gradient_norms(gradients) -> np.ndarray:
    """How much of the loss's gradient reaches each state: `||dL/dh_t||`.

    Args:
        gradients: Array `(batch, time, units)`, the gradient of the loss with respect
            to the states of a recurrent layer, or `(time, units)` for one sequence.

    Returns:
        An array `(batch, time)` or `(time,)` of Euclidean norms in float64.

    Raises:
        ValueError: If the array has another number of axes.

    Example:

    >>> state_gradient_norms([[[3.0, 4.0], [0.0, 0.0]]])
    array([[5., 0.]])
    """
    gradients = np.asarray(gradients, np.float64)
    if gradients.ndim not in (2, 3):
        raise ValueError(
            "`gradients` must have shape (batch, time, units) or (time, units). "
            f"Received: shape {gradients.shape}"
        )
    # Squares of what is left after hundreds of steps are 0 even in float64.
    sizes = np.abs(gradients).max(axis=-1, initial=0, keepdims=True)
    with np.errstate(invalid="ignore"):  # what is not finite shall stay so
        scaled = gradients / np.where(sizes > 0, sizes, 1.0)
    return sizes[..., 0] * np.linalg.norm(scaled, axis=-1)
