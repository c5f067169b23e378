r"""The linear recurrence whose decay changes from step to step, and its ways in time.

$$ h_t = a_t ⊙ h_{t-1} + b_t $$
"""

import operator
from typing import Any

from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._lengths import bucket_of, pad
from keras_nonnormal._scan import Scan
from keras_nonnormal.layers.linear_scan import associative_scan
from keras_nonnormal.recurrence import _chunks

NOTHING = -1e30
"""The logarithm that stands for that of zero: finite, as its gradients have to be."""


def gated_scan(
    decays: Any, drives: Any, first: Any, mask: Any = None, associative: bool = False
) -> Any:
    r"""All states of the recurrence above.

    One after the other, in a compiled loop with its own gradient; or by an associative
    scan of at most $2 \log_2 T$ operations one after the other, for machines with many
    cores. A length that is not known beforehand always takes the loop.

    Args:
        decays: Tensor `(time, batch, size)`, the $a_t$.
        drives: Tensor `(time, batch, size)`, the $b_t$.
        first: Tensor `(batch, size)`, the state before the first step.
        mask: Optional tensor `(time, batch, 1)`; where it is 0 the state stays.
        associative: Whether to take the associative scan. Defaults to `False`.

    Returns:
        Tensor `(time, batch, size)`.
    """
    if mask is not None:
        decays, drives = ops.where(mask > 0, decays, 1), ops.where(mask > 0, drives, 0)
    time = drives.shape[0]
    if associative and time is not None:
        start = drives[:1] + decays[:1] * first
        drives = ops.concatenate([start, drives[1:]])
        return associative_scan(decays, drives, operator.mul)
    if time is None and _backend.LENGTHS_VARY:
        bucket = bucket_of(drives)
        (states,) = _RUN(pad(decays, bucket), pad(drives, bucket), first)
        return states[: ops.shape(drives)[0]]
    states = []
    for now in _chunks(time, drives.shape[-1]):
        (some,) = _RUN(decays[now], drives[now], first)
        first = some[-1]
        states.append(some)
    states = ops.concatenate(states) if len(states) > 1 else states[0]
    return _backend.known(states, drives.shape)


def log_scan(log_decays: Any, log_drives: Any, first: Any, mask: Any = None) -> Any:
    r"""The states of positive decays and drives, by an associative scan of logarithms.

    No product of decays underflows, and no sum of drives overflows, before the states
    themselves do. A length that is not known beforehand takes the loop.

    Args:
        log_decays: Tensor `(time, batch, size)`, $\log a_t$.
        log_drives: Tensor `(time, batch, size)`, $\log b_t$.
        first: Tensor `(batch, size)`, the state before the first step, of any sign.
        mask: As for `gated_scan`.

    Returns:
        Tensor `(time, batch, size)`, the states themselves.
    """
    if log_drives.shape[0] is None:
        return gated_scan(ops.exp(log_decays), ops.exp(log_drives), first, mask)
    if mask is not None:
        log_decays = ops.where(mask > 0, log_decays, 0)
        log_drives = ops.where(mask > 0, log_drives, NOTHING)
    states = associative_scan(log_decays, log_drives, operator.add, ops.logaddexp)
    return ops.exp(states) + ops.exp(ops.cumsum(log_decays, axis=0)) * first


def _step(carry, slices, constants):
    (before,), (decay, drive) = carry, slices
    after = decay * before + drive
    return (after,), (after,), ()


_STEPS = Scan(_step, lambda carry, slices, constants: (carry, ()))


def _plain(decays, drives, first):
    _, states = _STEPS((first,), (decays, drives))
    return (states,)


@_backend.jit
def _forward(decays, drives, first):
    def body(carry, slices):
        after, outputs, _ = _step(carry, slices, ())
        return after, outputs

    _, (states,) = _backend.scan(
        body, (first,), (decays, drives), ((first.shape, first.dtype),)
    )
    return (states,), (states,)


@_backend.jit
def _backward(cotangents, residuals, decays, drives, first):
    """Cotangents of decays, drives and first state."""
    (d_states,), (states,) = cotangents, residuals

    def body(carry, slices):
        (d_after,), (decay, d) = carry, slices
        d_drive = d + d_after
        return (decay * d_drive,), (d_drive,)

    (d_first,), (d_drives,) = _backend.scan(
        body,
        (ops.zeros_like(first),),
        (decays, d_states),
        ((first.shape, first.dtype),),
        reverse=True,
    )
    before = ops.concatenate([first[None], states[:-1]])
    return before * d_drives, d_drives, d_first


_RUN = _backend.accelerated(_plain, _forward, _backward)
