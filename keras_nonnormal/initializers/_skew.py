import numpy as np

from keras_nonnormal.initializers._host_matrix import RandomHostMatrix


class SkewInitializer(RandomHostMatrix):
    """Base of the random skew-symmetric matrices."""


def block_skew(units: int, entries: np.ndarray) -> np.ndarray:
    """Blocks [[0, s], [-s, 0]] on the diagonal, one for each of ``entries``.

    With an odd number of units the last row and column stay zero.
    """
    matrix = np.zeros((units, units))
    first = np.arange(0, units - 1, 2)
    matrix[first, first + 1] = entries
    matrix[first + 1, first] = -entries
    return matrix
