"""A loop over time whose derivatives of every order are such loops.

TensorFlow differentiates the loops of its graphs by lists that XLA cannot hand on, so
the library never asks for that: the derivative of a `Scan` is a `Scan`, and so on.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from keras_nonnormal import _backend

Tensors = tuple[Any, ...]


class Scan:
    """Folds a function over the first axis of sequences, differentiable to any order.

    Args:
        body: `body(carry, slices, constants) -> (carry, outputs, sums)`, all of them
            tuples of tensors. It captures no tensors.
        like: `like(carry, slices, constants) -> (outputs, sums)`: tensors of the shapes
            and dtypes of what `body` gives.
        reverse: Whether the last slice comes first.

    Called with `carry`, `sequences` and `constants` it returns the last carry, the
    outputs stacked along the first axis, and the sums over all steps, as one tuple.
    """

    def __init__(self, body: Callable, like: Callable, reverse: bool = False):
        self.body = body
        self.like = like
        self.reverse = reverse
        self._loops: dict[tuple, Callable] = {}
        self._adjoints: dict[tuple, Scan] = {}

    def __call__(
        self, carry: Tensors, sequences: Tensors, constants: Tensors = ()
    ) -> Tensors:
        """Last carry, outputs and sums, one after the other."""
        counts = (len(carry), len(sequences), len(constants))
        tensors = (*carry, *sequences, *constants)
        if counts not in self._loops:
            self._loops[counts] = _backend.jit(self._loop_of(counts), xla=False)
        loop = self._loops[counts]
        if not _backend.LOOPS_NEED_GRADIENTS:
            return loop(*tensors)[: -counts[0]]

        results: list = []

        def run(*tensors):
            # Of the loop itself no gradient is taken: the tape need not see it.
            outputs = loop(*map(ops.stop_gradient, tensors))

            def pullback(cotangents):
                # `results` rather than `outputs`, whose own gradient is known.
                before = tuple(results[-counts[0] :])
                return self._pullback(counts, tensors, before, tuple(cotangents))

            return outputs, pullback

        results += _backend.custom_gradient(run)(*tensors)
        return tuple(results[: -counts[0]])

    def _loop_of(self, counts):
        """The loop as a function of tensors; gives all carries before a step, too."""

        def loop(*tensors):
            carry, sequences, constants = _cut(tensors, counts)
            slices = tuple(x[0] for x in sequences)
            outputs, sums = self.like(carry, slices, constants)

            def body(state, slices):
                carry, totals = state[: counts[0]], state[counts[0] :]
                after, outputs, terms = self.body(carry, slices, constants)
                totals = tuple(a + b for a, b in zip(totals, terms, strict=True))
                return (*after, *totals), (*outputs, *carry)

            state, stacks = _backend.scan(
                body,
                (*carry, *map(ops.zeros_like, sums)),
                sequences,
                tuple((t.shape, t.dtype) for t in (*outputs, *carry)),
                self.reverse,
            )
            last, totals = state[: counts[0]], state[counts[0] :]
            stacks, before = stacks[: len(outputs)], stacks[len(outputs) :]
            return (*last, *stacks, *totals, *before)

        return loop

    def _pullback(self, counts, tensors, before, cotangents):
        """The cotangents of carry, sequences and constants."""
        _, sequences, constants = _cut(tensors, counts)
        carries = counts[0]
        n_sums = len(self._sums_like(tensors, counts))
        outputs = len(cotangents) - 2 * carries - n_sums
        d_last, d_stacks, d_sums, d_before = _cut(
            cotangents, (carries, outputs, n_sums, carries)
        )
        sizes = (*counts, outputs, n_sums)
        if sizes not in self._adjoints:
            self._adjoints[sizes] = self._adjoint(counts, outputs, n_sums)
        d_carry, d_sequences, d_constants = _cut(
            self._adjoints[sizes](
                d_last,
                (*sequences, *before, *d_stacks, *d_before),
                (*constants, *d_sums),
            ),
            counts,
        )
        return (*d_carry, *d_sequences, *d_constants)

    def _sums_like(self, tensors, counts):
        carry, sequences, constants = _cut(tensors, counts)
        return self.like(carry, tuple(x[0] for x in sequences), constants)[1]

    def _adjoint(self, counts, outputs, sums) -> "Scan":
        """The loop back in time: `body` is run again at every step, and pulled back."""
        carries, sequences, constants = counts

        def unpacked(slices, fixed):
            return (
                *_cut(slices, (sequences, carries, outputs, carries)),
                *_cut(fixed, (constants, sums)),
            )

        def body(d_carry, slices, fixed):
            x, before, d_outputs, d_before, constant, d_sums = unpacked(slices, fixed)
            primals = (*before, *x, *constant)

            def step(*tensors):
                after, outputs, terms = self.body(*_cut(tensors, counts))
                return (*after, *outputs, *terms)

            _, pullback = _backend.vjp(step, *primals)
            d = pullback((*d_carry, *d_outputs, *d_sums))
            d_state, d_x, d_constant = _cut(d, counts)
            d_state = tuple(a + b for a, b in zip(d_state, d_before, strict=True))
            return d_state, d_x, d_constant

        def like(d_carry, slices, fixed):
            x, _, _, _, constant, _ = unpacked(slices, fixed)
            return x, constant

        return Scan(body, like, not self.reverse)


def _cut(values, sizes) -> list[tuple]:
    """Consecutive parts of these sizes."""
    parts, start = [], 0
    for size in sizes:
        parts.append(tuple(values[start : start + size]))
        start += size
    return parts
