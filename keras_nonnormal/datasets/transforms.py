r"""Transforms of the sequences of a task, to see whether a network adapts.

All transforms multiply the step $t$, counted in the order in which the steps are
presented, by a factor $q_t$ that repeats after a period of $P$ steps. Sequences are
floating arrays or tensors of shape `(batch, time, features)`; what comes back is of
the same kind, type and shape. The functions work inside `tf.data` too.

Reference:
    - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253), published code
"""

from typing import Any

import keras
import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.mnist import PIXELS


def sin_transform(
    sequences: Any,
    frequency: Any = 1.0,
    phase: float = 0.0,
    amplitude: Any = 0.5,
    period: int = PIXELS,
) -> Any:
    """Makes sequences louder and softer, by a sine, where they are positive.

    Args:
        sequences: `(batch, time, features)`.
        frequency: Oscillations per period; a number, or a scalar tensor.
        phase: Phase at the first step, in radians.
        amplitude: Amplitude of the factor around 1; a number, or a scalar tensor.
            Below 1 no sign changes.
        period: Steps after which the sine begins anew.

    Returns:
        Sequences like the given ones. Steps of value 0 or less are unchanged.

    Raises:
        ValueError: If the sequences are of another shape or type, or the period is not
            positive.

    Example:

    >>> sin_transform(np.ones((1, 4, 1)), period=4).ravel()
    array([1. , 1.5, 1. , 0.5])
    """
    factor = sin_factor(_time(sequences), frequency, phase, amplitude, period)
    return _where_positive(sequences, factor)


def step_transform(
    sequences: Any,
    size: float = 1.0,
    length: int = 200,
    position: int = 200,
    period: int = PIXELS,
) -> Any:
    """Makes sequences louder for a while, where they are positive.

    Args:
        sequences: `(batch, time, features)`.
        size: What the factor is above 1 during that while.
        length: One more than the number of steps it lasts, see `step_drive`.
        position: The step before the first of them.
        period: Steps after which it comes again.

    Returns:
        Sequences like the given ones. Steps of value 0 or less are unchanged.

    Raises:
        ValueError: If the sequences are of another shape or type, or what `step_drive`
            says.
    """
    drive = step_drive(_time(sequences), size, length, position, period)
    return _where_positive(sequences, 1 + drive)


def step_drive(
    steps: int,
    size: float = 1.0,
    length: int = 200,
    position: int = 200,
    period: int = PIXELS,
) -> np.ndarray:
    """A drive that is on for a while: `size` there, and 0 before and after.

    The while is the open interval from `position` to `position + length`, as published:
    one step less than its length. It ends at the latest with the period.

    Args:
        steps: Length of the drive.
        size: Float.
        length: Integer, 2 or more, and at most `steps` and `period`.
        position: Integer, 0 or more; taken modulo the period.
        period: Steps after which it comes again.

    Returns:
        float64 array of shape `(steps,)`.

    Raises:
        ValueError: If an argument is out of range, or no step would be driven.

    Example:

    >>> drive = step_drive(784)
    >>> np.flatnonzero(drive)[[0, -1]], int(drive.sum())
    (array([201, 399]), 199)
    """
    check_integer("steps", steps, minimum=1)
    check_integer("period", period, minimum=1)
    if length > min(steps, period):
        raise ValueError(
            "Expected a drive that is no longer than the sequence and the period. "
            f"Received: length={length}, steps={steps}, period={period}"
        )
    check_integer("length", length, minimum=2)
    check_integer("position", position, minimum=0)
    start, time = position % period, np.arange(steps) % period
    driven = (start < time) & (time < start + length)
    if not driven.any():
        raise ValueError(
            "Expected a drive that begins before the end of the sequence and of the "
            f"period. Received: position={position}, steps={steps}, period={period}"
        )
    return np.where(driven, float(size), 0.0)


def local_linear(sequences: Any, period: int = PIXELS) -> Any:
    """Multiplies sequences by a ramp that rises from 0 to almost 1, again and again.

    Args:
        sequences: `(batch, time, features)`.
        period: Steps of a ramp.

    Returns:
        Sequences like the given ones.

    Raises:
        ValueError: If the sequences are of another shape or type, or the period is not
            positive.

    Example:

    >>> local_linear(np.ones((1, 6, 1)), period=4).ravel()
    array([0.  , 0.25, 0.5 , 0.75, 0.  , 0.25])
    """
    return _times(sequences, _share_of_period(_time(sequences), period))


def local_sin(sequences: Any, period: int = PIXELS) -> Any:
    """Multiplies sequences by half an oscillation of a sine, again and again.

    Args:
        sequences: `(batch, time, features)`.
        period: Steps of half an oscillation.

    Returns:
        Sequences like the given ones.

    Raises:
        ValueError: If the sequences are of another shape or type, or the period is not
            positive.
    """
    factor = np.sin(np.pi * _share_of_period(_time(sequences), period))
    return _times(sequences, factor)


def sin_factor(
    steps: int,
    frequency: Any = 1.0,
    phase: float = 0.0,
    amplitude: Any = 0.5,
    period: int = PIXELS,
) -> Any:
    """The factors of `sin_transform`, step by step.

    Args:
        steps: How many.
        frequency: As for `sin_transform`.
        phase: As for `sin_transform`.
        amplitude: As for `sin_transform`; a tensor only if `frequency` is one.
        period: As for `sin_transform`.

    Returns:
        float64 array of shape `(steps,)`; a tensor, if `frequency` is one.

    Raises:
        ValueError: If an argument is out of range.
    """
    turns = 2 * np.pi * _share_of_period(steps, period)
    if hasattr(frequency, "dtype"):
        turns = turns.astype(keras.backend.standardize_dtype(frequency.dtype))
    return 1 + amplitude * _module_of(frequency).sin(frequency * turns + phase)


def _share_of_period(steps, period):
    check_integer("steps", steps, minimum=1)
    check_integer("period", period, minimum=1)
    return np.arange(steps) % period / period


def _where_positive(sequences, factor):
    return _module_of(sequences).where(
        sequences > 0, _times(sequences, factor), sequences
    )


def _times(sequences, factor):
    dtype = keras.backend.standardize_dtype(sequences.dtype)
    if isinstance(factor, np.ndarray):
        factor = factor.astype(dtype)
    else:
        factor = _module_of(factor).cast(factor, dtype)
    return sequences * factor[:, None]


def _time(sequences) -> int:
    """The number of time steps of sequences as they must be."""
    shape, dtype = tuple(sequences.shape), sequences.dtype
    if len(shape) != 3 or "float" not in keras.backend.standardize_dtype(dtype):
        raise ValueError(
            "Expected floating sequences of shape `(batch, time, features)`. "
            f"Received: shape={shape}, dtype={dtype}"
        )
    return shape[1]


def _module_of(value) -> Any:
    """Where the functions for a value are: those for tensors fit no tf.data on JAX."""
    if isinstance(value, int | float | np.generic | np.ndarray):
        return np
    if type(value).__module__.startswith("tensorflow"):
        import tensorflow as tf

        return tf
    return keras.ops
