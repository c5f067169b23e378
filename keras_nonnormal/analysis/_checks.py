import numpy as np


def square_matrix(value, name: str = "matrix", dtype: type = np.float64) -> np.ndarray:
    """`value` as a finite square matrix of `dtype`."""
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
    if int(value) != value or value < low:
        raise ValueError(f"`{name}` must be an integer >= {low}. Received: {value}")
    return int(value)
