import numpy as np


def row_graded_qr(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Q of a QR decomposition and the diagonal of R, made non-negative, with care.

    Columns that depend on those before them because of where zeros are, whatever the
    other entries, are told exactly: the diagonal has a 0 there, and Q a vector that is
    orthogonal to all others. Rows are taken by size, with which Householder's method is
    accurate for the small rows, too (Cox and Higham, 1998).

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
    lost = dependent_columns(present)
    order = np.argsort(lost, kind="stable")  # what is lost takes what is left
    q, r = np.linalg.qr(columns[np.ix_(rows, order)])
    diagonal = np.diag(r)
    frame, lengths = np.empty_like(q), np.empty(count)
    frame[np.ix_(rows, order)] = np.where(diagonal < 0, -q, q)
    lengths[order] = np.abs(diagonal)
    return frame, np.where(lost, 0.0, lengths)


def dependent_columns(present: np.ndarray) -> np.ndarray:
    """The columns that depend on those before them, whatever their entries are.

    Columns with entries in the given places `(rows, columns)` are independent for
    almost all values of these if each can be given a row of its own, where it has an
    entry. Rows are dealt out column by column, along alternating paths.
    """
    lost = np.zeros(present.shape[1], bool)
    if present.all():
        return lost
    nobody = -1
    owner = np.full(len(present), nobody)
    row_of = np.full(present.shape[1], nobody)
    open_rows = np.ones(len(present), bool)
    for start in range(present.shape[1]):
        reached, wanted_by = np.zeros(len(present), bool), np.empty(len(present), int)
        seekers = [start]
        while seekers:
            seeker = seekers.pop()
            new = present[:, seeker] & open_rows & ~reached
            reached |= new
            wanted_by[new] = seeker
            free = new & (owner == nobody)
            if free.any():
                row = free.argmax()
                while row != nobody:  # everyone on the path moves on to the row found
                    seeker = wanted_by[row]
                    owner[row], row_of[seeker], row = seeker, row, row_of[seeker]
                break
            seekers.extend(owner[new])
        else:
            lost[start] = True
            open_rows &= ~reached  # no path leads from them to a free row, ever
    return lost
