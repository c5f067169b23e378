import numpy as np

T_MASKS = ("strict", "block")


def schur_matrix(theta, gamma=None, upper=None, t_mask: str = "strict") -> np.ndarray:
    """The block-triangular matrix Theta of nnRNN from its parameters.

    Scaled rotations `gamma_i [[cos, -sin], [sin, cos]]` of the angles `theta_i` along
    the diagonal, and the upper triangle of `upper` to the right of it. The recurrent
    matrix is `P @ Theta @ P.T` and acts on states in rows, `h @ V`: what is upper
    triangular here is drawn lower triangular in the paper, whose states are columns.

    Args:
        theta: Array `(units / 2,)`, angles in radians.
        gamma: Array `(units / 2,)`, moduli. Defaults to ones.
        upper: Array `(units, units)`, of which the triangle counts, or None for no
            connections between the rotations.
        t_mask: What of `upper` counts: `"strict"`, all above the diagonal, the upper
            right entry of each rotation among it; `"block"`, all above the rotations.

    Returns:
        An array `(units, units)`.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> print(schur_matrix([np.pi / 2], [0.5]).round(3))
    [[ 0.  -0.5]
     [ 0.5  0. ]]

    Reference:

    - [Kerg et al., 2019, equation 3](https://arxiv.org/abs/1905.12080)
    """
    theta, gamma, upper = _parameters(theta, gamma, upper, t_mask)
    matrix = upper.copy()
    even = np.arange(0, len(matrix), 2)
    matrix[even, even] = matrix[even + 1, even + 1] = gamma * np.cos(theta)
    matrix[even, even + 1] -= gamma * np.sin(theta)
    matrix[even + 1, even] = gamma * np.sin(theta)
    return matrix


def schur_eigenvalues(
    theta, gamma=None, upper=None, t_mask: str = "strict"
) -> np.ndarray:
    """Eigenvalues of nnRNN's recurrent matrix, from its 2x2 blocks in closed form.

    A general solver can be far off for a matrix this non-normal, and needs P.

    With t the entry of `upper` inside a block, if it counts, they are
    `gamma cos(theta) +- i sqrt(gamma sin(theta) (gamma sin(theta) - t))`; without it
    simply `gamma exp(+-i theta)`.

    Args:
        theta: See `schur_matrix`, also for the following.
        gamma: Array `(units / 2,)`, moduli. Defaults to ones.
        upper: Array `(units, units)`, of which the triangle counts, or None.
        t_mask: `"strict"` or `"block"`.

    Returns:
        A complex array `(units,)`, the two of each block beside each other.

    Example:

    >>> print(schur_eigenvalues([np.pi / 2], [0.5]).round(3))
    [0.+0.5j 0.-0.5j]
    """
    theta, gamma, upper = _parameters(theta, gamma, upper, t_mask)
    even = np.arange(0, len(upper), 2)
    across = gamma * np.sin(theta)
    root = np.emath.sqrt(-across * (across - upper[even, even + 1]) + 0j)
    centre = gamma * np.cos(theta)
    return np.stack([centre + root, centre - root], axis=1).ravel()


def fold_angles(theta) -> np.ndarray:
    """Angles of rotations as the angles of their eigenvalues, in [0, pi].

    A rotation by theta has the eigenvalues exp(+-i theta), so that theta, -theta and
    theta + 2 pi are the same to it.

    Args:
        theta: Array of angles in radians, of any shape.

    Returns:
        An array of the same shape.

    Example:

    >>> print(fold_angles([-1.0, 7.0, 3.0]).round(4))
    [1.     0.7168 3.    ]
    """
    theta = np.mod(np.asarray(theta, np.float64), 2 * np.pi)
    return np.minimum(theta, 2 * np.pi - theta)


def _parameters(theta, gamma, upper, t_mask):
    """The parameters as arrays of fitting shapes, `upper` with what counts of it."""
    theta = np.asarray(theta, np.float64)
    if theta.ndim != 1 or not theta.size:
        raise ValueError(
            f"`theta` must have shape (units / 2,). Received: shape {theta.shape}"
        )
    gamma = np.ones_like(theta) if gamma is None else np.asarray(gamma, np.float64)
    if gamma.shape != theta.shape:
        raise ValueError(
            f"`gamma` must have the shape of `theta`, {theta.shape}. "
            f"Received: shape {gamma.shape}"
        )
    units = 2 * theta.size
    upper = np.zeros((units, units)) if upper is None else np.asarray(upper, float)
    if upper.shape != (units, units):
        raise ValueError(
            f"`upper` must have shape ({units}, {units}), two rows per angle. "
            f"Received: shape {upper.shape}"
        )
    if t_mask not in T_MASKS:
        raise ValueError(f"`t_mask` must be one of {T_MASKS}. Received: {t_mask!r}")
    upper = np.triu(upper, 1)
    if t_mask == "block":
        even = np.arange(0, units, 2)
        upper[even, even + 1] = 0
    return theta, gamma, upper
