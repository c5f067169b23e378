import numpy as np

from keras_nonnormal.analysis._checks import at_least, source_vector, square_matrix


def signal_norms(matrix, steps: int = 150, source=None) -> np.ndarray:
    """How long an input stays in a linear network, and how large: `||M^k u||`.

    A normal matrix with a spectral radius of at most 1 never lets it grow. A
    non-normal one can amplify it over many steps before it dies out.

    Args:
        matrix: Array `(units, units)` in column form: `matrix @ x` is the next state.
            Of a `recurrent_kernel` of Keras pass the transpose.
        steps: Integer, number of steps, k = 0 included. Defaults to `150`.
        source: Array `(units,)`, where the input enters. Defaults to the first unit.

    Returns:
        An array `(steps,)`.

    Example:

    >>> from keras_nonnormal.analysis import delay_line
    >>> signal_norms(delay_line(3, alpha=2.0), steps=4)
    array([1., 2., 4., 0.])

    Reference:

    - [Orhan and Pitkow, 2020, figure 1c](https://arxiv.org/abs/1905.13715)
    """
    matrix = square_matrix(matrix)
    state = source_vector(source, len(matrix))
    norms = np.empty(at_least(1, steps, "steps"))
    for step in range(len(norms)):
        norms[step] = np.linalg.norm(state)
        state = matrix @ state
    return norms
