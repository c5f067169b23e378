import warnings

import numpy as np

from keras_nonnormal.analysis._checks import square_matrix
from keras_nonnormal.analysis.spectrum import (
    NUDGE,
    TOLERANCE,
    careful_spectrum,
    spectrum_nearby,
)

ROUNDING = 1e-6  # what the index of a normal matrix may come out as


def henrici_index(matrix, eigenvalues=None, *, relative: bool = True) -> float:
    """Departure from normality: what of a matrix is not its spectrum.

    `sqrt(||A||_F^2 - sum |lambda|^2)`, which is the Frobenius norm of the strict
    triangle of a Schur form, and relative to that of the whole: 0 for a normal matrix
    (symmetric, orthogonal, ...), 1 for a nilpotent one (a delay line).

    Args:
        matrix: Array `(units, units)`, real or complex.
        eigenvalues: Array `(units,)` if they are known, as from `schur_eigenvalues`:
            those a general solver finds can be far off if the index is near 1.
            Defaults to None, those of `spectrum`.
        relative: Whether it is relative to the norm of the matrix. Defaults to `True`;
            the table of Orhan and Pitkow is of `False`.

    Returns:
        A float, in [0, 1] if it is relative; 0 for a matrix of zeros. Values below
        1e-7 are rounding.

    Warns:
        UserWarning: If the eigenvalues are not known and may be wrong. The index is
            then too small.

    Example:

    >>> print(f"{henrici_index([[1, 2], [2, 1]]):.3f}")
    0.000
    >>> print(f"{henrici_index([[0, 0], [3, 0]]):.3f}")
    1.000
    >>> print(f"{henrici_index([[0, 0], [3, 0]], relative=False):.3f}")
    3.000

    Reference:

    - [Henrici, 1962](https://doi.org/10.1007/BF01386294)
    - [Orhan and Pitkow, 2020, table 2](https://arxiv.org/abs/1905.13715)
    """
    matrix = square_matrix(matrix, dtype=None)
    total = np.linalg.norm(matrix)
    if total == 0:
        return 0.0
    known = eigenvalues is not None
    values = eigenvalues if known else careful_spectrum(matrix)
    index = _index(total, values)
    if not known and index > ROUNDING:
        nearby = _index(total, spectrum_nearby(matrix, values))
        if abs(nearby - index) > TOLERANCE * index:
            warnings.warn(
                "This matrix is so far from normal that its Henrici index may be too "
                f"small: it is {index:.3g} of the norm, but {nearby:.3g} after a "
                f"change of the matrix by {NUDGE:g}. Pass `eigenvalues` if they are "
                "known.",
                stacklevel=2,
            )
    return index if relative else float(index * total)


def commutator_norm(matrix) -> float:
    """`||A A^H - A^H A||_F`, which is 0 for a normal matrix; no eigenvalues are needed.

    With `d` the absolute Henrici index, `n` the size and `c` this norm,
    `c^2 / (6 ||A||_F^2) <= d^2 <= sqrt((n^3 - n) / 12) c`.

    Args:
        matrix: Array `(units, units)`, real or complex.

    Returns:
        A float.

    Example:

    >>> print(f"{commutator_norm([[0, 0], [3, 0]]):.3f}")
    12.728

    Reference:

    - [Henrici, 1962](https://doi.org/10.1007/BF01386294)
    """
    matrix = square_matrix(matrix, dtype=None)
    adjoint = matrix.conj().T
    return float(np.linalg.norm(matrix @ adjoint - adjoint @ matrix))


def _index(total, eigenvalues) -> float:
    share = np.linalg.norm(eigenvalues) / total
    return float(np.sqrt(max(0.0, 1.0 - share**2)))
