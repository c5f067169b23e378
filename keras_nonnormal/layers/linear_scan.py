r"""The diagonal linear recurrence of complex numbers, by a loop or associatively.

$$ x_t = λ ⊙ x_{t-1} + b_t $$

A complex vector is stored as one real vector, all real parts before all imaginary
ones: such tensors are sliced, saved and cast like any other.
"""

import operator
from collections.abc import Callable
from typing import Any

from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._lengths import bucket_of, pad
from keras_nonnormal._scan import Scan
from keras_nonnormal.recurrence import _chunks


def linear_scan(
    decay: Any, drive: Any, first: Any, mask: Any = None, associative: bool = False
) -> Any:
    r"""All states of the linear recurrence above.

    One after the other, in a compiled loop with its own gradient; or by an associative
    scan: pairs of steps are one step each of a sequence half as long, and so on, so
    that no more than $2 \log_2 T$ operations follow each other. It is for
    accelerators; on a few cores the loop is faster. A length that is not known
    beforehand always takes the loop.

    Args:
        decay: Tensor `(2 * size,)`, the $λ$ above.
        drive: Tensor `(time, batch, 2 * size)`, the $b_t$.
        first: Tensor `(batch, 2 * size)`, the state before the first step.
        mask: Optional tensor `(time, batch, 1)`, 1 or 0, of the dtype of `drive`: where
            it is 0 the state stays as it is.
        associative: Whether to take the associative scan. Defaults to `False`.

    Returns:
        Tensor `(time, batch, 2 * size)`.
    """
    masks = () if mask is None else (mask,)
    if associative and drive.shape[0] is not None:
        return _associative(decay, drive, first, *masks)
    if drive.shape[0] is None and _backend.LENGTHS_VARY:
        return _of_any_length(decay, drive, first, *masks)
    states = []
    for now in _chunks(drive.shape[0], drive.shape[-1]):
        slices = (drive[now], *(mask[now] for mask in masks))
        some, first = _loop(decay, first, *slices)
        states.append(some)
    states = ops.concatenate(states) if len(states) > 1 else states[0]
    return _backend.known(states, drive.shape)


def _of_any_length(decay, drive, first, *mask):
    """The states of padded sequences, whose last steps are masked."""
    (mask,) = mask or (ops.ones_like(drive[..., :1]),)
    time, bucket = ops.shape(drive)[0], bucket_of(drive)
    states, _ = _loop(decay, first, pad(drive, bucket), pad(mask, bucket))
    return states[:time]


def times(a: Any, x: Any) -> Any:
    """The products of complex numbers, `(..., 2 * size)`."""
    (a_re, a_im), (x_re, x_im) = halves(a), halves(x)
    return _joined(a_re * x_re - a_im * x_im, a_re * x_im + a_im * x_re)


def halves(x: Any) -> Any:
    """Real and imaginary parts, a list of two tensors `(..., size)`."""
    return ops.split(x, 2, axis=-1)


def _conjugate_times(a, x):
    (a_re, a_im), (x_re, x_im) = halves(a), halves(x)
    return _joined(a_re * x_re + a_im * x_im, a_re * x_im - a_im * x_re)


def _joined(re, im):
    return ops.concatenate([re, im], axis=-1)


def _loop(decay, first, drive, *mask):
    """All states and the last of them."""
    return _RUN(decay, first, drive, *mask)


def _plain(decay, first, drive, *mask):
    last, states = _STEPS((first,), (drive, *mask), (decay,))
    return states, last


def _step(carry, slices, constants):
    (before,), (b, *mask), (decay,) = carry, slices, constants
    after = times(decay, before) + b
    for each in mask:
        after = ops.where(each > 0, after, before)
    return (after,), (after,), ()


_STEPS = Scan(_step, lambda carry, slices, constants: (carry, ()))


@_backend.jit
def _forward(decay, first, drive, *mask):
    def body(carry, slices):
        after, outputs, _ = _step(carry, slices, (decay,))
        return after, outputs

    (last,), (states,) = _backend.scan(
        body, (first,), (drive, *mask), ((first.shape, first.dtype),)
    )
    return (states, last), (states,)


@_backend.jit
def _backward(cotangents, residuals, decay, first, drive, *mask):
    """Cotangents of decay, first state, drive and mask."""
    (d_states, d_last), (states,) = cotangents, residuals

    def body(carry, slices):
        # What `first` is to the first step, `x` is to the step that came before this.
        (d_after, d_later, d_decay), (d, x, *mask) = carry, slices
        d_decay = d_decay + _conjugate_times(x, d_later)
        d_x = d + d_after
        d_drive, d_before = d_x, _conjugate_times(decay, d_x)
        for each in mask:
            d_drive, d_before = d_drive * each, ops.where(each > 0, d_before, d_x)
        return (d_before, d_drive, d_decay), (d_drive,)

    zero = ops.zeros_like(first)
    (d_first, d_later, d_decay), (d_drive,) = _backend.scan(
        body,
        (d_last, zero, zero),
        (d_states, states, *mask),
        ((first.shape, first.dtype),),
        reverse=True,
    )
    d_decay = ops.sum(d_decay + _conjugate_times(first, d_later), axis=0)
    return d_decay, d_first, d_drive, *map(ops.zeros_like, mask)


_RUN = _backend.accelerated(_plain, _forward, _backward)


def _associative(decay, drive, first, *mask):
    decays = ops.broadcast_to(decay, (drive.shape[0], 1, decay.shape[0]))
    for each in mask:
        one = _joined(*(f(half) for f, half in zip(_ONE, halves(decay), strict=True)))
        decays, drive = ops.where(each > 0, decays, one), drive * each
    # A step from the first state is one more drive.
    start = drive[:1] + times(decays[:1], first)
    return associative_scan(decays, ops.concatenate([start, drive[1:]]), times)


_ONE = (ops.ones_like, ops.zeros_like)


def associative_scan(
    decays: Any, drives: Any, times: Callable, plus: Callable = operator.add
) -> Any:
    """The states of a sequence that starts at zero, of a length that is known.

    Args:
        decays: Tensor `(time, ..., size)`.
        drives: Tensor `(time, ..., size)`.
        times: The product of a decay with a decay or a drive.
        plus: The sum of two drives.

    Returns:
        Tensor shaped like `drives`.
    """
    length = drives.shape[0]
    if length == 1:
        return drives
    odd = slice(1, None, 2)
    even = slice(0, length - length % 2, 2)
    odd_states = associative_scan(
        times(decays[odd], decays[even]),
        plus(times(decays[odd], drives[even]), drives[odd]),
        times,
        plus,
    )
    rest = drives[2::2]
    even_states = drives[:1]
    if rest.shape[0]:
        later = plus(times(decays[2::2], odd_states[: rest.shape[0]]), rest)
        even_states = ops.concatenate([even_states, later])
    pairs = odd_states.shape[0]
    shape = (2 * pairs, *ops.shape(drives)[1:])
    states = ops.stack([even_states[:pairs], odd_states], axis=1)
    states = ops.reshape(states, shape)
    if length % 2:
        states = ops.concatenate([states, even_states[pairs:]])
    return states
