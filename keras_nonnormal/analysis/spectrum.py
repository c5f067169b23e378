import warnings
from typing import Any

import numpy as np

from keras_nonnormal.analysis._checks import square_matrix

# How far eigenvalues are moved, relative to the matrix, to see what rounding may do:
# some hundred times what it does; and the change that is worth a warning.
NUDGE, TOLERANCE = 1e-14, 1e-2


def spectrum(matrix, *, check: bool = True) -> np.ndarray:
    """Eigenvalues of a matrix that may be far from normal.

    Rounding moves the eigenvalues of such a matrix outwards, as far as from 0 to 0.7
    for a rotated delay line of 100 units. What a solver makes of a matrix and of its
    transpose can differ: that of `fbchain` with 100 units is right in one orientation
    and off by 0.3 in the other. Both are tried, and the smaller is taken.

    Args:
        matrix: Array `(units, units)`, real or complex.
        check: Whether to take such care and to look if rounding matters even so, which
            takes three solutions instead of one. Defaults to `True`.

    Returns:
        An array `(units,)` of complex numbers, the largest first.

    Raises:
        ValueError: If the matrix is not square or not finite.

    Warns:
        UserWarning: With `check`, if a change of the matrix by 1e-14 of its size
            changes its eigenvalues so much that they may be wrong.

    Example:

    >>> print(spectrum([[0.0, 1.0], [-4.0, 0.0]]).round(3))
    [0.+2.j 0.-2.j]

    Reference:

    - [Trefethen and Embree, 2005](https://people.maths.ox.ac.uk/trefethen/pseudo.html)
    """
    matrix = square_matrix(matrix, dtype=None)
    if not check:
        return _eigenvalues(matrix)
    found = careful_spectrum(matrix)
    size, moved = np.linalg.norm(matrix), spectrum_nearby(matrix, found)
    change = abs(np.linalg.norm(moved) - np.linalg.norm(found))
    if change > TOLERANCE * size:
        warnings.warn(
            "This matrix is so far from normal that its eigenvalues may be wrong: "
            f"a change of it by {NUDGE:g} of its norm changes them by "
            f"{change / size:.1%}. See `pseudospectrum`.",
            stacklevel=2,
        )
    return found


def careful_spectrum(matrix: np.ndarray) -> np.ndarray:
    """Eigenvalues as a solver finds them in the better one of both orientations."""
    return min(_eigenvalues(matrix), _eigenvalues(matrix.T), key=np.linalg.norm)


def spectrum_nearby(matrix: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Eigenvalues of a matrix that differs a little, to see whether rounding matters.

    Args:
        matrix: Array `(units, units)`.
        found: Its eigenvalues. Those of a triangle, in any order of its units, are read
            off; they are exact and come back as they are.
    """
    exact = np.sort(np.diag(matrix).astype(complex))
    if np.array_equal(np.sort(found), exact):
        return found
    nudge = np.random.default_rng(0).standard_normal(matrix.shape) / len(matrix)
    return _eigenvalues(matrix + NUDGE * np.linalg.norm(matrix) * nudge)


def spectral_radius(matrix) -> float:
    """The largest modulus of an eigenvalue: what its powers grow by.

    Args:
        matrix: Array `(units, units)`. See `spectrum` for one far from normal.

    Example:

    >>> print(f"{spectral_radius([[0.0, 1.0], [-4.0, 0.0]]):.3f}")
    2.000
    """
    return float(np.abs(spectrum(matrix)).max())


def _eigenvalues(matrix: np.ndarray) -> np.ndarray:
    values: Any = np.linalg.eigvals(matrix).astype(complex)
    # The conjugate of a pair comes second, whatever rounding says of their moduli.
    return values[np.lexsort((-values.imag, -np.abs(values).round(12)))]
