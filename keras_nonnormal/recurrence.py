r"""The one recurrence that every network of the library runs on.

$$ z_t = x_t W + b + h_{t-1} V, \quad s_t = (h_t, ...) = \mathrm{step}(z_t, s_{t-1}) $$

$X W + b$ is one product for many time steps, made before the loop. Inside the loop
stands one matrix product and whatever `step` does elementwise. The backward loop
carries the cotangent of the state alone; the gradients of $V$, $W$, $b$ and of the
parameters of `step` are one product each after it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._backend import set_jit_compile
from keras_nonnormal._passes import (
    Jitted,
    JittedLater,
    Passes,
    Plain,
    Recomputing,
    is_diagonal,
)

__all__ = ["Adjoint", "Recurrence", "set_jit_compile"]

Step = Callable[[Any, tuple, tuple, tuple], tuple]

CHUNK_ELEMENTS = 14_000
"""Least time steps times width of a loop of its own, see `_chunks`."""

CHUNK_ROWS = 350
"""Least time steps times samples for products after a loop."""

MOST_CHUNKS = 16

LENGTHS = 2
"""How many lengths get a program of their own, where more may come."""

EARLY_CALLS = 100
"""How many calls with sequences of many lengths are not worth a compilation."""

FEW_CALLS = 3
"""The same for sequences of one length, where others may come."""


@dataclass(frozen=True)
class Adjoint:
    """The backward pass of a `step`, in terms of its outputs.

    Args:
        step: `step(z, after, parameters, d_after) -> (d_z, d_before, emitted)`: from
            the state after a step and its cotangents to those of the pre-activations
            and of the state before, without the part through the recurrent matrix;
            `emitted` is a tuple of tensors that `parameters` gets at all time steps.
        parameters: `parameters(z, first, after, emitted) -> cotangents` of the
            parameters, where `first` is the initial state and all else has a time axis.
        kept: `kept(z, after) -> tuple` of tensors shaped like `emitted`.
    """

    step: Callable
    parameters: Callable
    kept: Callable


class Recurrence:
    r"""A compiled scan of one `step` over time, with its own gradient.

    Args:
        step: `step(z, state, inputs, parameters) -> state`. `z` has shape
            `(..., width)`, `state` is a tuple of tensors `(..., size)` whose first
            is the one that is fed back through the recurrent matrix, `inputs` the
            slices of the per-step inputs, and `parameters` what does not change over
            time. It must work along the last axis alone, so that it means the same
            for one time step as for many at once, and capture no tensors: all
            that can have a gradient comes in through its arguments.
        slope: Optional, for an elementwise `step` of `z` alone, $h_t = \phi(z_t)$: the
            derivative $\phi'(z_t)$ as a function of $h_t$. The pre-activations then
            need not be kept, which saves memory and time.
        parameter_cotangents: With `slope` and parameters: their cotangents as a
            function of all $h_t$ and of the cotangents of all $z_t$.
        adjoint: Optional, for a `step` without `inputs`: an `Adjoint` that saves the
            backward pass from running `step` again.
        most_kept: How many numbers, the states at all time steps, the forward pass may
            keep for the backward pass. If there are more, or their count is not known
            beforehand, the backward pass makes them again, chunk by chunk of time:
            memory at the price of one more forward pass. By default all are kept.
        any_length: Whether sequences of any length may come: then a graph for sequences
            of one length may be run but once, and is not compiled at once.

    Example:

    >>> import numpy as np
    >>> from keras import ops
    >>> tanh_rnn = Recurrence(lambda z, state, inputs, parameters: (ops.tanh(z),))
    >>> x, h = np.ones((5, 2, 4), "float32"), np.zeros((2, 3), "float32")
    >>> kernel, matrix = np.ones((4, 3), "float32"), np.eye(3, dtype="float32")
    >>> outputs, (last,) = tanh_rnn(x, (kernel,), matrix, (h,))
    >>> tuple(outputs.shape), tuple(last.shape)
    ((5, 2, 3), (2, 3))
    """

    def __init__(
        self,
        step: Step,
        slope: Callable | None = None,
        parameter_cotangents: Callable | None = None,
        adjoint: "Adjoint | None" = None,
        most_kept: float = math.inf,
        any_length: bool = False,
    ):
        self.step = step
        self.slope = slope
        self.parameter_cotangents = parameter_cotangents
        self.adjoint = adjoint
        self.most_kept = most_kept
        self.any_length = any_length
        self._compiled: dict[tuple, Callable] = {}
        self._lengths: set[int] = set()

    def __call__(
        self,
        sequences: Any,
        affine: tuple,
        recurrent_matrix: Any,
        initial_state: tuple,
        inputs: tuple = (),
        parameters: tuple = (),
        return_sequences: bool = True,
        gain: Any = None,
    ) -> tuple[Any, tuple]:
        r"""Runs the recurrence over all time steps.

        Networks of one shape may run together, as products of stacks of matrices:
        kernel, bias, matrix and states then have an axis of members in front,
        `sequences` and per-step inputs one behind that of time.

        Args:
            sequences: Tensor `(time, batch, features)`, the $x_t$ above.
            affine: The kernel $W$, `(features, width)`, and, if there is one, the
                bias $b$, `(width,)`.
            recurrent_matrix: Tensor `(size, width)`, the $V$ above; or `(1, size)`, the
                diagonal of one: the loop is then without a product.
            initial_state: Tuple of tensors `(batch, size)`.
            inputs: Tuple of floating-point tensors `(time, ...)`; `step` sees one slice
                of each per time step.
            parameters: Tuple of floating-point tensors that `step` sees whole.
            return_sequences: Whether the $h_t$ of all time steps are wanted.
            gain: Optional tensor `(time, batch or 1, 1)`, the $g_t$ in
                $z_t = x_t W + b + g_t h_{t-1} V$.

        Returns:
            The pair of the tensor `(time, batch, size)` of all $h_t$, or `None` without
            `return_sequences`, and the tuple of the final states.
        """
        sequences, matrix = _tensors((sequences, recurrent_matrix))
        affine, inputs, parameters = map(_tensors, (affine, inputs, parameters))
        state, outputs = _tensors(initial_state), []
        gains = ()
        if gain is not None:
            gain = ops.convert_to_tensor(gain)
            shape = (*ops.shape(sequences)[:-1], 1)
            gains = (ops.broadcast_to(gain, shape),)
        counts = (len(state), len(gains), len(inputs), len(parameters))
        time, *samples, _ = sequences.shape
        varies, early = self._varies(time)
        recomputes = self._recomputes(sequences, state)
        signature = (counts, return_sequences, recomputes, varies, early)
        slices = (*gains, *inputs)
        batch = None if None in samples else math.prod(samples)
        for now in _chunks(None if varies else time, affine[0].shape[-1], batch):
            drive = _affine(sequences[now], *affine)
            result = self._run(
                signature,
                *(drive, matrix, *state),
                *(x[now] for x in slices),
                *parameters,
            )
            state = tuple(
                _backend.known(after, before.shape)
                for after, before in zip(result, state, strict=False)
            )
            outputs += result[len(state) :]
        if not return_sequences:
            return None, state
        outputs = ops.concatenate(outputs) if len(outputs) > 1 else outputs[0]
        return _backend.known(outputs, (time, *state[0].shape)), state

    def _varies(self, time) -> tuple[bool, int]:
        """Whether lengths vary so much that XLA should not compile each of them.

        And the number of calls that are not worth a compilation.
        """
        if not (_backend.LENGTHS_VARY and _backend.jit_compile_enabled()):
            return False, 0
        traced_once = _backend.in_graph()
        if time is None:
            return True, EARLY_CALLS
        if traced_once and not self.any_length:
            return False, 0
        self._lengths.add(time)
        if len(self._lengths) > LENGTHS:
            return True, EARLY_CALLS
        return False, FEW_CALLS if traced_once else 0

    def _recomputes(self, sequences, state) -> bool:
        """Whether the states of all time steps are too many to be kept."""
        if self.most_kept == math.inf:
            return False
        rows = sequences.shape[:-1]
        if None in rows:
            return True
        widths = sum(each.shape[-1] for each in state)
        return math.prod(rows) * widths > self.most_kept

    def _run(self, signature, *tensors):
        if signature not in self._compiled:
            counts, return_sequences, recomputes, varies, early = signature
            kind = Recomputing if recomputes else Passes
            passes = kind(self, counts, return_sequences)
            jitted = JittedLater(passes, early, varies) if early else Jitted(passes)
            self._compiled[signature] = _backend.accelerated(
                Plain(self.step, counts, return_sequences),
                jitted.forward,
                self._cotangents(counts, jitted.backward),
            )
        return self._compiled[signature](*tensors)

    def _cotangents(self, counts, backward):
        """The backward pass, with the products that come after its loop."""

        def cotangents(d_outputs, residuals, *tensors):
            d_drive, fed_back, *d_rest = backward(d_outputs, residuals, *tensors)
            # Long products are left to the backend, whose own are faster than XLA's
            # where the model around is not compiled.
            product = (
                _inner_products if is_diagonal(tensors[1], fed_back) else _outer_product
            )
            d_matrix = product(fed_back, d_drive)
            if self.adjoint:
                d_rest = _with_parameters(self.adjoint, d_rest, counts, tensors)
            return d_drive, d_matrix, *d_rest

        return cotangents


def _with_parameters(adjoint, d_rest, counts, tensors):
    """Cotangents of state, gain and parameters; the last from the emitted tensors."""
    states, gains, *_ = counts
    before, (z, *stacks) = d_rest[: states + gains], d_rest[states + gains :]
    after, emitted = tuple(stacks[:states]), tuple(stacks[states:])
    first = tuple(tensors[2 : 2 + states])
    return *before, *adjoint.parameters(z, first, after, emitted)


def _chunks(time, width, batch=None):
    """Slices of the time axis that go through the loops one after the other.

    What the loops need besides the states (drive, its cotangent, shifted states) is
    then as short as a chunk, which matters where it is large. The small stays whole.
    """
    if time is None:
        return [slice(None)]
    elements, rows = time * (width or 1), time * (batch or CHUNK_ROWS)
    worth = min(MOST_CHUNKS, elements // CHUNK_ELEMENTS, rows // CHUNK_ROWS)
    count = min(max(1, worth), time)
    steps = math.ceil(time / count)
    return [slice(start, start + steps) for start in range(0, time, steps)]


def _tensors(values: tuple) -> tuple:
    return tuple(ops.convert_to_tensor(value) for value in values)


def _affine(sequences, kernel, *bias):
    """$x_t W + b$ of all time steps and samples, as one product."""
    if len(kernel.shape) == 3:  # of members
        rows = ops.einsum("tmbf,mfw->tmbw", sequences, kernel)
        for b in bias:
            rows = rows + ops.expand_dims(b, 1)
        return rows
    shape = ops.shape(sequences)
    rows = ops.matmul(ops.reshape(sequences, (-1, shape[-1])), kernel)
    for b in bias:
        rows = rows + b
    return ops.reshape(rows, (*shape[:-1], ops.shape(kernel)[-1]))


def _inner_products(left, right):
    """The diagonal of `_outer_product`, `(1, size)`."""
    return ops.sum(ops.sum(left * right, axis=0), axis=-2, keepdims=True)


def _outer_product(left, right):
    """The sum over time and batch of the outer products of two sequences' vectors."""
    if len(left.shape) == 4:  # of members
        return ops.einsum("tmbi,tmbj->mij", left, right)
    rows = [ops.reshape(x, (-1, ops.shape(x)[-1])) for x in (left, right)]
    return ops.matmul(ops.transpose(rows[0]), rows[1])
