"""The base of recurrent layers with a linear recurrence, which is one scan."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_nonnormal.layers.initial_state import checked_state
from keras_nonnormal.layers.layer_of_cell import LayerOfCell
from keras_nonnormal.layers.linear_scan import halves, linear_scan


class ScannedLayer(LayerOfCell):
    r"""Base of layers that do all but $x_t = λ ⊙ x_{t-1} + b_t$ for all times at once.

    Its cell says what comes before and after the scan:

    - `prepare(inputs, training)`: tuple of tensors `(..., units)`;
    - `drive(context)`: from this tuple to the $b_t$, `(..., 2 * state_units)`;
    - `decay()`: $λ$, `(2 * state_units,)`, in the dtype of the scan;
    - `read(states, context, training)`: the outputs, `(..., units)`.

    Complex numbers are as in `keras_nonnormal.layers.linear_scan`; the states of the
    layer are their real and their imaginary parts.

    Args:
        *args: The cell's.
        scan: `"loop"`, one step after the other in a compiled loop, or
            `"associative"`, see `linear_scan`.
        **kwargs: The cell's and those of `keras.layers.RNN`.
    """

    scans: ClassVar[tuple[str, ...]] = ("loop", "associative")

    def __init__(self, *args, scan="loop", **kwargs):
        if scan not in self.scans:
            raise ValueError(
                f"Expected `scan` to be {' or '.join(map(repr, self.scans))}. "
                f"Received: scan={scan!r}"
            )
        self.scan = scan
        super().__init__(*args, **kwargs)

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Called by `keras.layers.RNN.call`: `(last output, outputs, states)`."""
        initial_state = checked_state(self, initial_state, sequences)
        if not self.loop_in_use(training).fused:
            return keras.layers.RNN.inner_loop(
                self, sequences, initial_state, mask, training
            )
        inputs: Any = self._in_time_order(sequences, self.compute_dtype)
        context = self.cell.prepare(inputs, training)
        if mask is not None:
            mask = self._in_time_order(ops.expand_dims(mask, -1), "float32")
        states, last_state = self.scanned(context, initial_state, mask)
        states = ops.cast(states, self.compute_dtype)
        if mask is not None:
            shown = _Shown(mask, self.zero_output_for_mask)
        elif not self.return_sequences:
            states, context = states[-1:], [each[-1:] for each in context]
        outputs = self.cell.read(states, context, training)
        if mask is not None:
            outputs = shown(outputs)
        outputs = ops.transpose(outputs, (1, 0, 2))
        return outputs[:, -1], outputs, last_state

    def scanned(self, context: tuple, initial_state: list, mask: Any) -> tuple:
        """All states by a scan.

        Args:
            context: As `prepare` of the cell gives it, in order of time.
            initial_state: List of tensors `(batch, size)`.
            mask: Tensor `(time, batch, 1)`, 1 or 0, or None.

        Returns:
            Tensor `(time, batch, width)`, and the list of the last states.
        """
        decay = self.cell.decay()
        drive = ops.cast(self.cell.drive(context), decay.dtype)
        first = ops.cast(ops.concatenate(initial_state, axis=-1), decay.dtype)
        mask = mask if mask is None else ops.cast(mask, decay.dtype)
        states = linear_scan(decay, drive, first, mask, self.scan == "associative")
        return states, halves(states[-1])

    def _mount_stair(self, stair: Any, reset_step: bool) -> None:
        if stair is not None:
            raise ValueError(
                f"A {type(self).__name__} has no nonlinearity in time for a stair to "
                f"act on. Received: stair={stair!r}"
            )

    def get_config(self):
        return {**super().get_config(), "scan": self.scan}


class _Shown:
    """The outputs of masked steps: the output of the step before, or zero.

    Args:
        mask: Tensor `(time, batch, 1)`, positive where a step is taken.
        zero: Whether zero is given out wherever a step is masked; else only before
            the first step that is taken.
    """

    def __init__(self, mask, zero):
        taken: Any = mask > 0
        count = ops.cumsum(ops.cast(taken, "int32"), axis=0)
        self.seen = taken if zero else count > 0
        # The steps that are taken, in order, and then the others.
        time: Any = ops.reshape(ops.arange(ops.shape(mask)[0]), (-1, 1, 1))
        order = ops.argsort(ops.where(taken, time, time + ops.shape(mask)[0]), axis=0)
        self.source = ops.take_along_axis(order, ops.maximum(count - 1, 0), axis=0)

    def __call__(self, outputs):
        outputs = ops.take_along_axis(outputs, self.source, axis=0)
        return ops.where(self.seen, outputs, 0)
