from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_nonnormal.analysis._checks import square_matrix
from keras_nonnormal.analysis._optional import scipy_module

# Moduli that differ by less than this share stay in the order they are found in.
SAME = 1e-9


@dataclass(frozen=True)
class SchurDecomposition:
    """A matrix as `basis @ triangle @ basis^H`, largest eigenvalues first.

    Args:
        basis: Unitary array `(units, units)`, the Schur modes in columns.
        triangle: Upper triangular array `(units, units)`, complex: eigenvalues on the
            diagonal, and above it the weights from each mode to those before it.
    """

    basis: np.ndarray
    triangle: np.ndarray

    @property
    def eigenvalues(self) -> np.ndarray:
        """Array `(units,)`."""
        return np.diag(self.triangle)

    @property
    def feedforward(self) -> np.ndarray:
        """The strict triangle, 0 for a normal matrix; its norm is the Henrici index."""
        return np.triu(self.triangle, 1)


def schur_decomposition(matrix) -> SchurDecomposition:
    """The feed-forward network that a recurrent one hides.

    Eigenvectors of a non-normal matrix overlap. Its Schur modes are orthogonal, and
    what flows between them flows one way only: the memory of a chain is found in any
    rotation of it.

    Args:
        matrix: Array `(units, units)`, real or complex, in column form: `matrix @ x` is
            the next state. Of a `recurrent_kernel` of Keras pass the transpose.

    Returns:
        A `SchurDecomposition`.

    Raises:
        ValueError: If the matrix is not square or not finite.
        ImportError: If SciPy is not installed.

    Example:

    >>> schur = schur_decomposition([[1.0, 0.0], [3.0, 1.0]])
    >>> print(abs(schur.feedforward).round(3))
    [[0. 3.]
     [0. 0.]]

    Reference:

    - [Goldman, 2009](https://doi.org/10.1016/j.neuron.2008.12.012)
    """
    linalg: Any = scipy_module("linalg")
    matrix = square_matrix(matrix, dtype=complex)
    triangle, basis = linalg.schur(matrix, output="complex")
    for end in range(len(triangle) - 1, 0, -1):
        for place in range(end):
            before, after = np.abs(np.diag(triangle)[place : place + 2])
            if before < after * (1 - SAME):
                _swap(triangle, basis, place)
    return SchurDecomposition(basis, triangle)


def _swap(triangle: np.ndarray, basis: np.ndarray, place: int) -> None:
    """Lets two neighbours on the diagonal change places, by a rotation."""
    both = slice(place, place + 2)
    (first, between), (_, second) = triangle[both, both]
    eigenvector = np.array([between, second - first])
    x, y = eigenvector / np.linalg.norm(eigenvector)
    rotation = np.array([[x, -y.conj()], [y, x.conj()]])
    triangle[:, both] = triangle[:, both] @ rotation
    triangle[both] = rotation.conj().T @ triangle[both]
    basis[:, both] = basis[:, both] @ rotation
    triangle[place + 1, place] = 0
