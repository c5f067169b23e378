"""Sequences of many lengths, padded to one of a few.

XLA compiles anew for every shape. What varies in length is padded to the next of a few
lengths, and the true length handed in, so that a compiled loop ends in time.
"""

from typing import Any

from keras import ops

SHORT = 128
"""Small sequences of up to so many steps share one program."""

SMALL = 2**22
"""How many numbers such a padded sequence may have."""


def bucket_of(sequence: Any, width: int) -> Any:
    """The length to which a sequence `(time, ..., features)` is padded.

    A power of two, except that every small one has the length `SHORT`: a compilation
    takes longer than many a pass over zeros.

    Args:
        sequence: Tensor `(time, ..., features)`.
        width: How many numbers there will be in the place of the features.

    Returns:
        An integer tensor.
    """
    shape: Any = ops.shape(sequence)
    time, *samples, _ = shape
    rows: Any = width
    for size in samples:
        rows = rows * size
    least = ops.where(rows * SHORT <= SMALL, SHORT, 1)
    powers: Any = ops.convert_to_tensor([2**k for k in range(31)], "int32")
    powers = ops.where(powers >= ops.maximum(time, least), powers, powers[-1])
    return ops.maximum(ops.min(powers), time)


def pad(sequence: Any, length: Any) -> Any:
    """A sequence with zeros behind it, `(length, ...)`."""
    shape: Any = ops.shape(sequence)
    time, *others = shape
    zeros = ops.zeros((length - time, *others), sequence.dtype)
    return ops.concatenate([sequence, zeros])
