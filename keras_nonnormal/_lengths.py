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

TINY = 2**17
"""Up to so many numbers, all sequences share one program, however long."""


def bucket_of(sequence: Any) -> Any:
    """The length to which a sequence `(time, ..., width)` is padded.

    A power of two, except that every small one has the length `SHORT` at least, and
    tiny ones more: a compilation takes longer than many a pass over zeros.

    Returns:
        An integer tensor.
    """
    time: Any = ops.shape(sequence)[0]
    numbers: Any = ops.size(sequence) // time  # of a time step
    least = ops.where(numbers * SHORT <= SMALL, SHORT, 1)
    least = ops.maximum(least, TINY // numbers)
    powers: Any = ops.convert_to_tensor([2**k for k in range(31)], "int32")
    powers = ops.where(powers >= ops.maximum(time, least), powers, powers[-1])
    return ops.maximum(ops.min(powers), time)


def pad(sequence: Any, length: Any) -> Any:
    """A sequence with zeros behind it, `(length, ...)`."""
    behind: Any = length - ops.shape(sequence)[0]
    return ops.pad(sequence, [[0, behind], *[[0, 0]] * (len(sequence.shape) - 1)])
