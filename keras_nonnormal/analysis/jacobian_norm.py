import numpy as np

from keras_nonnormal.analysis._checks import square_matrix

NORMS = ("inf", "2", "fro", "original")


def jacobian_norm(matrix, slopes, norm: str = "inf") -> np.ndarray:
    r"""How much a recurrent step can enlarge a difference between two states.

    The norm of $\partial h_{t+1} / \partial h_t$ for $h_{t+1} = \phi(h_t V + ...)$,
    which is V with its columns multiplied by the slopes $\phi'$ of the units:

    - `"inf"`: $\max_j |\phi'_j| \sum_i |V_{ij}|$, by which the largest entry of a
      difference grows at most.
    - `"2"`: the largest singular value, by which the length of a difference grows at
      most.
    - `"fro"`: the root of the sum of squares; over $\sqrt{units}$, by which the length
      of a random difference grows in the mean square.
    - `"original"`: $\max_i |\sum_j V_{ij} \phi'_j|$, which is no norm of the Jacobian
      but was published as one.

    Args:
        matrix: Array `(units, units)`, V in row form: a `recurrent_kernel`.
        slopes: Array `(..., units)`, derivatives of the nonlinearity at the
            pre-activations of any number of steps and sequences.
        norm: One of the above. Defaults to `"inf"`.

    Returns:
        An array `(...)`. The published figures show its mean over steps and sequences.

    Raises:
        ValueError: If the norm is unknown or shapes do not fit.

    Example:

    >>> kernel = [[0.0, 3.0], [-4.0, 0.0]]
    >>> print(jacobian_norm(kernel, [[1.0, 1.0], [0.5, 1.0]]))
    [4. 3.]

    Reference:

    - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253)
    """
    matrix = square_matrix(matrix)
    slopes = np.asarray(slopes, np.float64)
    if slopes.ndim < 1 or slopes.shape[-1] != len(matrix):
        raise ValueError(
            f"`slopes` must have shape (..., {len(matrix)}). "
            f"Received: shape {slopes.shape}"
        )
    if norm == "inf":
        return (np.abs(slopes) * np.abs(matrix).sum(axis=0)).max(axis=-1)
    if norm == "fro":
        return np.linalg.norm(slopes * np.linalg.norm(matrix, axis=0), axis=-1)
    if norm == "original":
        return np.abs(slopes @ matrix.T).max(axis=-1)
    if norm == "2":
        # One at a time: all Jacobians of a run at once may not fit into memory.
        each = slopes.reshape(-1, len(matrix))
        norms = np.array([np.linalg.norm(matrix * one, 2) for one in each])
        return norms.reshape(slopes.shape[:-1])
    raise ValueError(f"`norm` must be one of {NORMS}. Received: {norm!r}")
