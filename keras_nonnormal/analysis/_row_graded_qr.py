import numpy as np


def row_graded_qr(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Q of a QR decomposition and the diagonal of R, made non-negative, with care.

    Columns that depend on those before them because rows or columns are 0, or because
    columns with entries in few rows come first, are told apart exactly: the diagonal
    has a 0 there, and Q a vector that is orthogonal to all others. Rows are taken by
    size, with which Householder's method is accurate for the small rows, too (Cox and
    Higham, 1998).

    Args:
        columns: Array `(units, count)` with `count <= units`.

    Returns:
        The pair of arrays `(units, count)` and `(count,)`.
    """
    count = columns.shape[1]
    present = columns != 0
    # Rows in the order of their first entries form a staircase of zeros, which
    # Householder's reflections keep.
    first = np.where(present.any(axis=1), present.argmax(axis=1), count)
    rows = np.lexsort((-np.abs(columns).max(axis=1), first))
    heights = np.searchsorted(first[rows], np.arange(count), side="right")
    lost = _dependent(heights, present.any(axis=0))
    order = np.argsort(lost, kind="stable")  # what is lost takes what is left
    q, r = np.linalg.qr(columns[np.ix_(rows, order)])
    diagonal = np.diag(r)
    frame, lengths = np.empty_like(q), np.empty(count)
    frame[np.ix_(rows, order)] = np.where(diagonal < 0, -q, q)
    lengths[order] = np.abs(diagonal)
    return frame, np.where(lost, 0.0, lengths)


def _dependent(heights: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Which columns cannot raise the rank if 0 to j have entries in heights[j] rows.

    The rank of those is the smaller of heights[j] and, for a column that is filled, one
    more than that of the columns before, which the running minimum solves for all j.
    """
    number = np.cumsum(filled)
    rank = number + np.minimum.accumulate(np.minimum(heights - number, 0))
    return np.diff(rank, prepend=0) == 0
