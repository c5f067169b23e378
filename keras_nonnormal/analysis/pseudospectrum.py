from dataclasses import dataclass

import numpy as np

from keras_nonnormal.analysis._checks import at_least, positive, square_matrix

# Grid points at a time: matrices of all of them at once may not fit into memory.
AT_ONCE = 64


@dataclass(frozen=True)
class Pseudospectrum:
    """How near to singular `z - M` is, over a rectangle of the complex plane.

    Args:
        real: Array `(points,)`, real parts of the z.
        imaginary: Array `(points,)`, imaginary parts.
        distance: Array `(points, points)`, in rows of one imaginary part: the smallest
            singular value of `z - M`, by which M has to change for z to become an
            eigenvalue. Where it is below eps is the eps-pseudospectrum.
    """

    real: np.ndarray
    imaginary: np.ndarray
    distance: np.ndarray


def pseudospectrum(
    matrix, points: int = 61, reach: float | None = None
) -> Pseudospectrum:
    """The possible eigenvalues of a matrix after a change of a given size.

    Around each eigenvalue of a normal matrix it is a disc of that size. That of a
    non-normal one reaches far beyond, and where it leaves the unit circle there are
    transients: if `||(z - M)^{-1}|| = K / (|z| - 1)`, states grow at least K-fold.

    Args:
        matrix: Array `(units, units)`, real or complex; its transpose has the same.
        points: Integer, how many z each way. 61 take two seconds for 100 units, and the
            time grows with the third power of units. Defaults to `61`.
        reach: Float, the square of z is from -reach to reach both ways. Defaults to
            None, 1.25 times the largest modulus of an eigenvalue, or 1 if that is more.

    Returns:
        A `Pseudospectrum`.

    Raises:
        ValueError: If the matrix is not square or not finite, or a number no size.

    Example:

    >>> found = pseudospectrum([[0.0, 1.0], [0.0, 0.0]], points=3, reach=1.0)
    >>> print(found.distance.round(3))
    [[1.    0.618 1.   ]
     [0.618 0.    0.618]
     [1.    0.618 1.   ]]

    Reference:

    - [Trefethen and Embree, 2005](https://people.maths.ox.ac.uk/trefethen/pseudo.html)
    """
    matrix = square_matrix(matrix, dtype=None)
    points = at_least(2, points, "points")
    if reach is None:
        reach = 1.25 * max(1.0, np.abs(np.linalg.eigvals(matrix)).max())
    line = np.linspace(-1.0, 1.0, points) * positive(reach, "reach")
    real = np.isrealobj(matrix)
    # That of a real matrix is the same above the real axis and below.
    rows = line[: (points + 1) // 2] if real else line
    plane = (line + 1j * rows[:, None]).ravel()
    unit = np.eye(len(matrix))
    pieces = [
        np.linalg.svd(z[:, None, None] * unit - matrix, compute_uv=False)[:, -1]
        for z in np.array_split(plane, -(-plane.size // AT_ONCE))
    ]
    distance = np.concatenate(pieces).reshape(len(rows), points)
    if real:
        distance = np.vstack([distance, distance[: points // 2][::-1]])
    return Pseudospectrum(line, line, distance)
