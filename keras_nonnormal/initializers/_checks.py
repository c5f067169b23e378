"""Checks of the arguments of initializers, with one message for each."""

import math
import numbers

import keras

DIRECTIONS = ("forward", "reverse")


def finite_real(name: str, value) -> float:
    """``value`` as a float; a bool, a NaN or an infinity is not a gain."""
    # To Python a bool is a number; NumPy's is not, so this excludes both.
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # an integer beyond the largest float
            number = math.inf
        if math.isfinite(number):
            return number
    raise ValueError(
        f"Expected `{name}` to be a finite real number. Received: {name}={value!r}"
    )


def whole_number(name: str, value, *, at_least: int) -> int:
    """``value`` as an int not below ``at_least``; a bool is not a size."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        number = int(value)
        if number >= at_least:
            return number
    raise ValueError(
        f"Expected `{name}` to be an integer of at least {at_least}. "
        f"Received: {name}={value!r}"
    )


def one_direction(value) -> str:
    """``value`` if it is one of the two directions."""
    if isinstance(value, str) and value in DIRECTIONS:
        return value
    raise ValueError(
        "Expected `direction` to be 'forward' or 'reverse'. "
        f"Received: direction={value!r}"
    )


def matrix_shape(owner: str, shape) -> tuple[int, int]:
    """The (rows, columns) of a shape of rank 2 with positive sizes."""
    try:
        rows, columns = shape
        return (
            whole_number("rows", rows, at_least=1),
            whole_number("columns", columns, at_least=1),
        )
    except (TypeError, ValueError):
        raise ValueError(
            f"{owner} fills matrices: expected `shape` to be two positive integers. "
            f"Received: shape={shape!r}"
        ) from None


def square_size(owner: str, shape) -> int:
    """The number of units n of a shape (n, n)."""
    rows, columns = matrix_shape(owner, shape)
    if rows != columns:
        raise ValueError(
            f"{owner} fills square matrices: expected `shape` (units, units). "
            "For an LSTM or a GRU give one to each gate with Gatewise. "
            f"Received: shape={shape!r}"
        )
    return rows


def float_dtype(owner: str, dtype) -> str:
    """The name of a floating dtype; None means ``keras.config.floatx()``."""
    name = keras.backend.standardize_dtype(dtype)
    if not keras.backend.is_float_dtype(name):
        raise ValueError(
            f"{owner} has fractional entries: expected a floating `dtype`. "
            f"Received: dtype={name!r}"
        )
    return name
