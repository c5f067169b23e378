import numpy as np


def square_matrix(
    value, name: str = "matrix", dtype: type | None = np.float64
) -> np.ndarray:
    """`value` as a finite square matrix of `dtype`; None for real or complex ones."""
    if dtype is None:
        dtype = np.complex128 if np.iscomplexobj(value) else np.float64
    matrix = np.asarray(value, dtype)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(
            f"`{name}` must be a square matrix. Received: shape {matrix.shape}"
        )
    if not np.isfinite(matrix).all():
        raise ValueError(
            f"`{name}` must be finite. Received: {np.sum(~np.isfinite(matrix))} "
            f"entries that are not, of {matrix.size}"
        )
    return matrix


def at_least(low: int, value: int, name: str) -> int:
    """`value`, if it is an integer of at least `low`."""
    if not _is_number(value) or value < low or value % 1 != 0:
        received = _shown(value)
        raise ValueError(f"`{name}` must be an integer >= {low}. Received: {received}")
    return int(value)


def positive(value: float, name: str) -> float:
    """`value`, if it is a finite number above 0."""
    if not (_is_number(value) and 0 < value < np.inf):
        raise ValueError(f"`{name}` must be positive. Received: {_shown(value)}")
    return float(value)


def source_vector(value, units: int) -> np.ndarray:
    """Where the input enters, `(units,)`; by default the first unit."""
    source = np.eye(units)[0] if value is None else np.asarray(value, np.float64)
    if source.shape != (units,):
        raise ValueError(
            f"`source` must have shape ({units},) like a state. "
            f"Received: shape {source.shape}"
        )
    return source


def _is_number(value) -> bool:
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"


def _shown(value) -> str:
    """A value as messages show it, in one line."""
    return f"shape {np.shape(value)}" if np.ndim(value) else repr(value)
