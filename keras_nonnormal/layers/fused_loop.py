"""How a Keras recurrent layer runs on the compiled recurrence."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_nonnormal.activations import slope_in_terms_of_output
from keras_nonnormal.recurrence import Recurrence


class FusedLoop:
    """Mixin that gives a `keras.layers.RNN` the compiled recurrence as its time loop.

    The layer says what its cell computes by a few methods; this class sees to time
    order, masks, input dropout and everything else that Keras expects of the loop.

    - `affine()`: the kernel `(features, width)` and, if there is one, the bias
      `(width,)`, through which the input reaches the pre-activations;
    - `recurrent_matrix(training)`: tensor `(size, width)`;
    - `step(z, state, inputs, parameters)`: the new state, see
      `keras_nonnormal.recurrence.Recurrence`;
    - `step_parameters()`: the tuple of tensors that `step` gets as `parameters`;
    - `slope`: the derivative of an elementwise step in terms of its output, if the step
      has one; the recurrence then keeps less;
    - `output_of(state)`: what the layer gives out of its first state.

    What the compiled recurrence does not cover (recurrent dropout while training, an
    unrolled loop, or what `fusible` rules out) runs in Keras's own loop, with the same
    numbers.
    """

    cell: Any
    unroll: bool
    go_backwards: bool
    return_sequences: bool
    zero_output_for_mask: bool

    @property
    def fusible(self) -> bool:
        """Whether the compiled recurrence covers this layer's cell."""
        return True

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Called by `keras.layers.RNN.call`: `(last output, outputs, states)`."""
        keras_loop = self.unroll or (training and self.cell.recurrent_dropout > 0)
        if keras_loop or not self.fusible:
            with self.matrix_made_once(training):
                return super().inner_loop(  # pyright: ignore[reportAttributeAccessIssue]
                    sequences, initial_state, mask, training
                )
        if training and self.cell.dropout > 0:
            dropout_mask = self.cell.get_dropout_mask(sequences[:, 0, :])
            sequences = sequences * ops.expand_dims(dropout_mask, 1)
        if mask is not None:
            mask = self._in_time_order(ops.expand_dims(mask, -1), sequences.dtype)
        outputs, states = self._recurrence(mask is not None)(
            self._in_time_order(sequences, sequences.dtype),
            self.affine(),
            self.recurrent_matrix(training),
            tuple(initial_state),
            () if mask is None else (mask,),
            self.step_parameters(),
            self.return_sequences,
        )
        last = self.output_of(states[0])
        if outputs is not None:
            outputs = self.output_of(outputs)
        if mask is not None:
            shown = self._steps_with_output(mask)
            last = ops.where(shown[-1] > 0, last, 0)
            if outputs is not None:
                outputs = ops.where(shown > 0, outputs, 0)
        if outputs is None:
            return last, ops.expand_dims(last, 1), list(states)
        return last, ops.transpose(outputs, (1, 0, 2)), list(states)

    def _steps_with_output(self, mask):
        """Where the output is the state; elsewhere Keras gives out zero."""
        if self.zero_output_for_mask:
            return mask
        # A masked step repeats the output before it. Before the first unmasked step
        # that is zero on TensorFlow, but on JAX the initial state.
        if keras.backend.backend() == "tensorflow":
            return ops.cumsum(mask, axis=0)
        return ops.ones_like(mask)

    def _in_time_order(self, tensor, dtype):
        tensor = ops.cast(ops.transpose(tensor, (1, 0, 2)), dtype)
        return ops.flip(tensor, axis=0) if self.go_backwards else tensor

    def _recurrence(self, masked: bool) -> Recurrence:
        # Kept, because a recurrence is compiled once for every set of shapes.
        if not hasattr(self, "_recurrences"):
            self._recurrences = {}
        if masked not in self._recurrences:
            self._recurrences[masked] = (
                Recurrence(_hold_where_masked(self.step))
                if masked
                else Recurrence(self.step, self.slope, self.parameter_cotangents)
            )
        return self._recurrences[masked]

    def affine(self) -> tuple:
        """The input kernel and, if there is one, the bias."""
        raise NotImplementedError

    def recurrent_matrix(self, training: bool = False):
        """The matrix that feeds the first state back, `(size, width)`."""
        raise NotImplementedError

    def step(self, z, state, inputs, parameters):
        """The state after pre-activations `z`; see `recurrence.Recurrence`."""
        raise NotImplementedError

    def step_parameters(self) -> tuple:
        """What `step` gets as `parameters`."""
        return ()

    @property
    def slope(self) -> Callable | None:
        """What `Recurrence` calls `slope`."""
        return None

    @property
    def parameter_cotangents(self) -> Callable | None:
        """What `Recurrence` calls `parameter_cotangents`."""
        return None

    def output_of(self, state):
        """What the layer gives out for a first state, `(..., size)`."""
        return state

    def matrix_made_once(self, training):
        """A context around Keras's own loop, which calls the cell at every step."""
        return contextlib.nullcontext()


class FusedElementwiseLoop(FusedLoop):
    r"""The loop of a cell $h_t = \phi(x_t K + b + h_{t-1} V)$, elementwise in $\phi$.

    The cell owns `kernel`, `bias` (or None) and `activation`; an activation that is a
    layer brings variables of its own.
    """

    @property
    def fusible(self):
        # State that an activation updates itself would have to leave the loop.
        return not getattr(self.cell.activation, "non_trainable_variables", ())

    def affine(self):
        cell = self.cell
        return (cell.kernel,) if cell.bias is None else (cell.kernel, cell.bias)

    def recurrent_matrix(self, training=False):
        return self.cell.recurrent_kernel

    def step(self, z, state, inputs, parameters):
        if parameters:
            output, _ = self.cell.activation.stateless_call(parameters, (), z)
        else:
            output = self.cell.activation(z)
        return (ops.cast(output, z.dtype),)

    @property
    def slope(self):
        return slope_in_terms_of_output(self.cell.activation)

    @property
    def parameter_cotangents(self):
        return getattr(self.cell.activation, "parameter_cotangents", None)

    def step_parameters(self):
        return tuple(getattr(self.cell.activation, "trainable_variables", ()))


def _hold_where_masked(step):
    """`step` with the mask as its first per-step input: masked samples keep state."""

    def masked_step(z, state, inputs, parameters):
        mask, *inputs = inputs
        new_state = step(z, state, tuple(inputs), parameters)
        return tuple(
            ops.where(mask > 0, new, old)
            for new, old in zip(new_state, state, strict=True)
        )

    return masked_step
