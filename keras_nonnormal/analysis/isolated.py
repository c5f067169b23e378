import numpy as np

from keras_nonnormal.analysis._checks import square_matrix


def isolated(kernel, matrix) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the same neurons without each other: what each does by itself.

    Every neuron keeps its weight to itself and gets an input of its own, which it takes
    with the weight it had. A layer with these weights and as many input features as
    units shows which part of an adaptation is that of single neurons.

    Args:
        kernel: Array `(1, units)`, the weights of one input into all neurons; or
            `(units, units)`, of which the diagonal counts.
        matrix: Array `(units, units)`, a `recurrent_kernel`.

    Returns:
        The pair of diagonal arrays `(units, units)`, kernel and recurrent kernel.

    Raises:
        ValueError: If shapes do not fit.

    Example:

    >>> kernel, recurrent_kernel = isolated([[1, 2]], [[3, 4], [5, 6]])
    >>> print(np.array([9, 10]) @ kernel + np.array([1, 1]) @ recurrent_kernel)
    [12. 26.]
    """
    matrix = square_matrix(matrix)
    kernel = np.asarray(kernel, np.float64)
    units = len(matrix)
    if kernel.shape not in ((1, units), (units, units)):
        raise ValueError(
            f"`kernel` must have shape (1, {units}) or ({units}, {units}). "
            f"Received: shape {kernel.shape}"
        )
    own = kernel[0] if len(kernel) == 1 else np.diag(kernel)
    return np.diag(own), np.diag(np.diag(matrix))
