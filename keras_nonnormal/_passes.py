"""The passes of a recurrence: the compiled ones, and the plain loop."""

from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._lengths import bucket_of, pad
from keras_nonnormal._scan import Scan


class Passes:
    """The forward and the backward pass, as functions of flat lists of tensors."""

    def __init__(self, recurrence, counts, return_sequences):
        self.step = recurrence.step
        self.slope = recurrence.slope
        self.parameter_cotangents = recurrence.parameter_cotangents
        self.adjoint = recurrence.adjoint
        self.counts = counts
        self.return_sequences = return_sequences

    def argument_has_time(self, position: int) -> bool:
        """Whether an argument of `forward`, after the length, has an axis of time."""
        states, gains, inputs, _ = self.counts
        return position == 0 or 2 + states <= position < 2 + states + gains + inputs

    def output_has_time(self, position: int) -> bool:
        """Whether an output of `forward` has an axis of time."""
        return position == self.counts[0]

    def cotangent_has_time(self, position: int) -> bool:
        """Whether a result of `backward` has an axis of time."""
        emitted = self.adjoint and position >= 2 + self.counts[0]
        return bool(position == 1 or emitted or self.argument_has_time(position))

    def _split(self, tensors):
        """States, gain (none or one), inputs, and whatever follows them."""
        states, gains, inputs, _ = self.counts
        first, second, third = states, states + gains, states + gains + inputs
        cuts = ((0, first), (first, second), (second, third), (third, None))
        return (tuple(tensors[start:end]) for start, end in cuts)

    def forward(self, length, drive, matrix, *rest):
        """Final states and, if wanted, all $h_t$; and what `backward` needs.

        `length` is how many time steps there are, if these are not all; here and below.
        """
        initial_state, gains, inputs, parameters = self._split(rest)

        def body(state, slices):
            a, gain, x = slices[0], slices[1 : 1 + len(gains)], slices[1 + len(gains) :]
            z = a + times(_amplified(state[0], *gain), matrix)
            state = tuple(self.step(z, state, tuple(x), parameters))
            return state, state if self.slope else (z, *state)

        kept = initial_state if self.slope else (drive[0], *initial_state)
        last, residuals = _backend.scan(
            body,
            initial_state,
            (drive, *gains, *inputs),
            _specs(kept),
            length=length,
        )
        h = residuals[-self.counts[0]]
        return (*last, h) if self.return_sequences else last, residuals

    def backward(self, length, cotangents, residuals, drive, matrix, *rest):
        """Cotangents of the drive, initial state, gain, inputs and parameters.

        The second of the results is what went through the matrix at all time steps
        instead of the cotangent of the matrix: the product of the two is the caller's.
        With an adjoint, what its `parameters` gets follows in the place of inputs and
        parameters.
        """
        initial_state, gains, inputs, parameters = self._split(rest)
        states = len(initial_state)
        d_last, d_outputs = tuple(cotangents[:states]), tuple(cotangents[states:])
        after = residuals[-states:]
        previous = tuple(
            ops.concatenate([first[None], state[:-1]])
            for first, state in zip(initial_state, after, strict=True)
        )
        fed_back = _amplified(previous[0], *gains)
        transposed = (
            matrix if is_diagonal(matrix, fed_back) else ops.swapaxes(matrix, -1, -2)
        )
        if self.slope:
            d_drive, *d_gains, d_initial = self._loop_of_slopes(
                length, d_last, d_outputs, after[0], previous[0], gains, transposed
            )
            d_parameters = (
                self.parameter_cotangents(after[0], d_drive) if parameters else ()
            )
            return d_drive, fed_back, *d_initial, *d_gains, *d_parameters

        z = residuals[0]
        if self.adjoint:
            d_drive, d_initial, d_gains, emitted = self._loop_of_adjoint(
                length,
                d_last,
                d_outputs,
                z,
                after,
                previous[0],
                gains,
                transposed,
                parameters,
            )
            return d_drive, fed_back, *d_initial, *d_gains, z, *after, *emitted

        stacks = (z, *previous, *gains, *inputs)
        deferred = bool(inputs or parameters)

        def body(d_state, slices):
            (z, *x), d_h = slices[: len(stacks)], slices[len(stacks) :]
            d_state = _add_to_first(d_state, *d_h)
            state, gain, x, _ = self._split(x)
            _, pullback = _backend.vjp(
                lambda z, *state: tuple(self.step(z, state, x, parameters)), z, *state
            )
            d_z, *d_previous = pullback(d_state)
            returned = times(d_z, transposed)
            d_previous = _add_to_first(d_previous, _amplified(returned, *gain))
            emitted = (returned,) if gain else ()
            return d_previous, (d_z, *emitted, *(d_state if deferred else ()))

        kept = (z[0], *(initial_state[0] for _ in gains))
        d_initial, (d_drive, *d_rest) = _backend.scan(
            body,
            d_last,
            (*stacks, *d_outputs),
            _specs((*kept, *(initial_state if deferred else ()))),
            reverse=True,
            length=length,
        )
        d_gains = [_row_dot(each, previous[0]) for each in d_rest[: len(gains)]]
        d_states = d_rest[len(gains) :]
        if not deferred:
            return d_drive, fed_back, *d_initial, *d_gains
        n = len(inputs)
        _, pullback = _backend.vjp(
            lambda *rest: tuple(self.step(z, previous, rest[:n], rest[n:])),
            *inputs,
            *parameters,
        )
        return d_drive, fed_back, *d_initial, *d_gains, *pullback(tuple(d_states))

    def _loop_of_slopes(
        self, length, d_last, d_outputs, h, previous, gains, transposed
    ):
        stacks = (h, *gains)

        def body(d_state, slices):
            (h, *gain), d_h = slices[: len(stacks)], slices[len(stacks) :]
            d_z = _add_to_first(d_state, *d_h)[0] * self.slope(h)
            returned = times(d_z, transposed)
            emitted = (returned,) if gain else ()
            return (_amplified(returned, *gain),), (d_z, *emitted)

        d_initial, (d_drive, *d_rest) = _backend.scan(
            body,
            d_last,
            (*stacks, *d_outputs),
            _specs((*d_last, *(d_last[0] for _ in gains))),
            reverse=True,
            length=length,
        )
        return d_drive, *(_row_dot(each, previous) for each in d_rest), d_initial

    def _loop_of_adjoint(
        self,
        length,
        d_last,
        d_outputs,
        z,
        after,
        previous,
        gains,
        transposed,
        parameters,
    ):
        stacks = (z, *after, *gains)
        states = len(after)

        def body(d_state, slices):
            (z, *x), d_h = slices[: len(stacks)], slices[len(stacks) :]
            after, gain = tuple(x[:states]), tuple(x[states:])
            d_state = _add_to_first(d_state, *d_h)
            d_z, d_before, emitted = self.adjoint.step(z, after, parameters, d_state)
            returned = times(d_z, transposed)
            d_before = _add_to_first(d_before, _amplified(returned, *gain))
            return d_before, (d_z, *emitted, *((returned,) if gain else ()))

        shown = self.adjoint.kept(z[0], tuple(state[0] for state in after))
        d_initial, (d_drive, *rest) = _backend.scan(
            body,
            d_last,
            (*stacks, *d_outputs),
            _specs((z[0], *shown, *(previous[0] for _ in gains))),
            reverse=True,
            length=length,
        )
        emitted, returned = rest[: len(shown)], rest[len(shown) :]
        d_gains = [_row_dot(each, previous) for each in returned]
        return d_drive, d_initial, d_gains, tuple(emitted)


class Plain:
    """The plain loop, which can be differentiated as often as one likes."""

    def __init__(self, step, counts, return_sequences):
        self.step = step
        self.counts = counts
        self.return_sequences = return_sequences
        self.scan = Scan(self._body, lambda state, *_: ((state[0],), ()))

    def __call__(self, drive, matrix, *rest):
        states, gains, inputs, _ = self.counts
        state, slices, parameters = (
            rest[:states],
            rest[states : states + gains + inputs],
            rest[states + gains + inputs :],
        )
        results = self.scan(state, (drive, *slices), (matrix, *parameters))
        return results if self.return_sequences else results[:states]

    def _body(self, state, slices, constants):
        drive, *rest = slices
        matrix, *parameters = constants
        gain, inputs = rest[: self.counts[1]], rest[self.counts[1] :]
        z = drive + times(_amplified(state[0], *gain), matrix)
        state = tuple(self.step(z, state, tuple(inputs), tuple(parameters)))
        return state, (state[0],), ()


class Recomputing(Passes):
    """The same passes, of which the forward one keeps nothing for the other."""

    def forward(self, length, *tensors):
        outputs, _ = super().forward(length, *tensors)
        return outputs, ()

    def backward(self, length, cotangents, residuals, *tensors):
        _, residuals = super().forward(length, *tensors)
        return super().backward(length, cotangents, residuals, *tensors)


class Jitted:
    """The passes, compiled for every shape."""

    def __init__(self, passes):
        self._forward = _backend.jit(passes.forward)
        self._backward = _backend.jit(passes.backward)

    def forward(self, *tensors):
        return self._forward(None, *tensors)

    def backward(self, cotangents, residuals, *tensors):
        return self._backward(None, cotangents, residuals, *tensors)


class JittedLater:
    """The passes in the backend's own graph, and compiled after some calls.

    Compiling takes longer than many a call, so it waits where shapes may not come
    again.

    Args:
        passes: `Passes`.
        calls: How many calls run in the backend's own graph.
        varies: Whether sequences vary in length. Compiled passes then get them padded
            to one of a few lengths, and are told the true one.
    """

    def __init__(self, passes, calls, varies):
        self.passes = passes
        self.calls = calls
        self.varies = varies
        self._counter = _backend.Calls()
        self._plain_forward, self._forward = _backend.jit_twice(passes.forward)
        self._plain_backward, self._backward = _backend.jit_twice(passes.backward)

    def forward(self, *tensors):
        has_time, length = self.passes.argument_has_time, self._length(tensors)

        def early():
            self._counter.add()
            outputs, residuals = self._plain_forward(length, *tensors)
            return outputs, residuals, _where(has_time, tensors)

        def later():
            bucket = bucket_of(tensors[0]) if self.varies else None
            padded = self._padded(has_time, tensors, bucket)
            outputs, residuals = self._forward(length, *padded)
            outputs = self._cut(self.passes.output_has_time, outputs, length)
            return outputs, residuals, _where(has_time, padded)

        is_early = self._counter.fewer_than(self.calls)
        outputs, *kept = _backend.choose(is_early, early, later)
        return outputs, (is_early, *kept)

    def backward(self, cotangents, residuals, *tensors):
        has_time, length = self.passes.argument_has_time, self._length(tensors)
        is_early, residuals, timed = residuals

        def early():
            return self._plain_backward(length, cotangents, residuals, *tensors)

        def later():
            slices = iter(timed)  # as they were padded before
            padded = _map(has_time, lambda _: next(slices), tensors)
            bucket = ops.shape(timed[0])[0]
            d_outputs = self._padded(self.passes.output_has_time, cotangents, bucket)
            results = self._backward(length, d_outputs, residuals, *padded)
            return self._cut(self.passes.cotangent_has_time, results, length)

        return _backend.choose(is_early, early, later)

    def _length(self, tensors):
        if not self.varies:
            return None
        return ops.convert_to_tensor(ops.shape(tensors[0])[0], "int32")

    def _padded(self, has_time, tensors, bucket):
        return self._if_varying(has_time, lambda x: pad(x, bucket), tensors)

    def _cut(self, has_time, tensors, length):
        return self._if_varying(has_time, lambda x: x[:length], tensors)

    def _if_varying(self, has_time, function, tensors):
        return _map(has_time, function, tensors) if self.varies else tuple(tensors)


def _where(has_time, tensors):
    return tuple(x for position, x in enumerate(tensors) if has_time(position))


def _map(has_time, function, tensors):
    """The tensors, those with an axis of time through a function."""
    pairs = enumerate(tensors)
    return tuple(function(x) if has_time(position) else x for position, x in pairs)


def is_diagonal(matrix, rows):
    """Whether a matrix `(1, size)` that rows `(..., size)` meet is a diagonal."""
    return matrix.shape[-2] != rows.shape[-1]


def times(rows, matrix):
    """Rows times a matrix, or entry by entry times the diagonal of one."""
    return rows * matrix if is_diagonal(matrix, rows) else ops.matmul(rows, matrix)


def _amplified(h, *gain):
    """The input of the matrix: the state, times the gain if there is one."""
    return gain[0] * h if gain else h


def _row_dot(left, right):
    """The products of the last axes' vectors, `(..., 1)`; for the cotangent of a gain.

    Its sums are a product: XLA adds the numbers of a row one by one on a CPU.
    """
    return ops.matmul(left * right, ops.ones((right.shape[-1], 1), right.dtype))


def _add_to_first(values, *terms):
    first, *others = values
    for term in terms:
        first = first + term
    return (first, *others)


def _specs(tensors):
    return tuple((t.shape, t.dtype) for t in tensors)
