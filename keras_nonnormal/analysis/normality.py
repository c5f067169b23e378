import numpy as np

from keras_nonnormal.analysis._checks import square_matrix


def henrici_index(matrix, eigenvalues=None) -> float:
    """Departure from normality: the share of a matrix that is not its spectrum.

    `sqrt(||A||_F^2 - sum |lambda|^2) / ||A||_F`, which is the Frobenius norm of the
    strict triangle of a Schur form relative to that of the whole: 0 for a normal matrix
    (symmetric, orthogonal, ...), 1 for a nilpotent one (a delay line).

    Args:
        matrix: Array `(units, units)`, real or complex.
        eigenvalues: Array `(units,)` if they are known, as from `schur_eigenvalues`:
            those a general solver finds can be far off if the index is near 1.
            Defaults to None, the solver.

    Returns:
        A float in [0, 1]; 0 for a matrix of zeros. Values below 1e-7 are rounding.

    Example:

    >>> print(f"{henrici_index([[1, 2], [2, 1]]):.3f}")
    0.000
    >>> print(f"{henrici_index([[0, 0], [1, 0]]):.3f}")
    1.000

    Reference:

    - [Henrici, 1962](https://doi.org/10.1007/BF01386294)
    """
    matrix = square_matrix(matrix, dtype=complex)
    total = np.linalg.norm(matrix)
    if total == 0:
        return 0.0
    if eigenvalues is None:
        eigenvalues = np.linalg.eigvals(matrix)
    share = np.linalg.norm(eigenvalues) / total
    return float(np.sqrt(max(0.0, 1.0 - share**2)))
