"""Variables as arrays: read, put back, and moved within their constraints."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from keras import ops


def as_array(variable: Any) -> np.ndarray:
    """A copy of a variable's value."""
    # Of the variable itself that is a warning of NumPy's, an error under -W.
    return np.array(ops.convert_to_numpy(getattr(variable, "value", variable)))


def values_of(variables: list) -> list[np.ndarray]:
    """Copies of the values of variables."""
    return [as_array(variable) for variable in variables]


def put_back(variables: list, values: list) -> None:
    """Gives variables their values of `values_of`."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def is_movable(value: Any) -> bool:
    """Whether a value is a trainable variable of floating-point numbers."""
    variable = hasattr(value, "assign") and value.trainable
    return variable and str(value.dtype).startswith(("float", "bfloat"))


def assign(variable: Any, value: np.ndarray) -> None:
    """Gives a variable a value within its constraint; a frozen one keeps its own."""
    if not variable.trainable:
        return
    constraint = getattr(variable, "constraint", None)
    variable.assign(value if constraint is None else constraint(value))


def multiply(variable: Any, factor: float) -> None:
    """Scales a variable in place, within its constraint."""
    assign(variable, as_array(variable) * factor)


def all_finite(arrays: Iterable) -> bool:
    """Whether no array has an entry that is infinite or no number."""
    return all(np.isfinite(as_array(each)).all() for each in arrays)
