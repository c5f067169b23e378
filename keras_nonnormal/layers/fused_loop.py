"""Mixins by which a Keras recurrent layer runs on the compiled recurrence."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.activations import slope_in_terms_of_output
from keras_nonnormal.activations import stair as stairs
from keras_nonnormal.activations.stair import Stair
from keras_nonnormal.layers import loops
from keras_nonnormal.layers.arguments import check_names, parameters_of
from keras_nonnormal.layers.call_view import call_view
from keras_nonnormal.layers.initial_state import checked_state
from keras_nonnormal.layers.loops import LoopInUse
from keras_nonnormal.layers.stair_cell import Climb, StairCell, bare
from keras_nonnormal.recurrence import Adjoint, Recurrence


class _SignatureOfClass:
    """The signature of a class alone: a call of its layers has that of `__call__`."""

    def __init__(self, parameters):
        self.signature = inspect.Signature(parameters)

    def __get__(self, layer, layer_class):
        if layer is not None:
            raise AttributeError("__signature__")
        return self.signature


class FusedLoop:
    """Mixin that gives a `keras.layers.RNN` the compiled recurrence as its time loop.

    The layer says what its cell computes by a few methods; this class sees to time
    order, masks, input dropout, a stair and everything else that Keras expects of the
    loop.

    - `affine()`: the kernel `(features, width)` and, if there is one, the bias
      `(width,)`, through which the input reaches the pre-activations;
    - `recurrent_matrix(training)`: tensor `(size, width)`;
    - `step(z, state, inputs, parameters)`: the new state, see
      `keras_nonnormal.recurrence.Recurrence`;
    - `step_parameters()`: the tuple of tensors that `step` gets as `parameters`;
    - `slope`: the derivative of an elementwise step in terms of its output, if the step
      has one; the recurrence then keeps less;
    - `adjoint`: how a step goes backwards, if `step` need not be run again for it;
    - `most_kept`: how many numbers may be kept for the backward pass;
    - `output_of(state)`: what the layer gives out of its first state;
    - `drive_row()`: what an external drive is multiplied with, see `driven`.

    What the compiled recurrence does not cover (recurrent dropout while training, an
    unrolled loop, or what `fusible` rules out) runs in Keras's own loop, with the same
    numbers; so does everything with `fused=False`. See `loop_in_use`.
    """

    cell: Any
    unroll: bool
    stateful: bool
    go_backwards: bool
    return_sequences: bool
    zero_output_for_mask: bool
    most_kept: float = math.inf
    _any_length: bool = True  # told by `build`
    reset_step: bool = False
    """Whether a stair begins anew at every call, also where the state is carried on."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if parameters := parameters_of(cls):  # what editors and `help` show
            cls.__signature__ = _SignatureOfClass(parameters)

    def __new__(cls, *args, **kwargs):
        check_names(cls, kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args, fused: Any = "auto", **kwargs):
        super().__init__(*args, **kwargs)
        self.fused = loops.checked(fused)

    @property
    def stair(self) -> Stair | None:
        """The factor of the nonlinearity at each time step, or None."""
        return self.cell.stair if isinstance(self.cell, StairCell) else None

    @property
    def fusible(self) -> bool:
        """Whether the compiled recurrence covers this layer's cell."""
        return True

    def loop_in_use(self, training: bool = False) -> LoopInUse:
        """The time loop of a call of this layer, and the reason.

        Args:
            training: Whether the call is one of training.

        Raises:
            ValueError: If the layer insists on the compiled recurrence, by
                `fused=True`, and asks for something that it cannot do.
        """
        obstacle = None
        if self.unroll:
            obstacle = "`unroll=True`"
        elif training and getattr(self.cell, "recurrent_dropout", 0) > 0:
            obstacle = "`recurrent_dropout` while training"
        elif not self.fusible:
            obstacle = "a cell or an activation that it does not cover"
        elif not _backend.LOOPS_COMPILED:
            obstacle = "the torch backend, where no loop is compiled"
        return loops.choose(self, obstacle, _backend.exported_without_xla())

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Called by `keras.layers.RNN.call`: `(last output, outputs, states)`."""
        initial_state = checked_state(self, initial_state, sequences)
        dropout = self._dropout_masks(sequences, initial_state)
        if self.stair:
            self.stair.check_length(sequences.shape[1])
            *initial_state, first = initial_state
            first = ops.zeros_like(first) if self.reset_step else first
            initial_state = [*initial_state, first]
        if not self.loop_in_use(training).fused:
            view = call_view(self, cell=self.cell_of_call(training, **dropout))
            # Those of Keras's LSTM and GRU may be cuDNN's, which knows no stair.
            owner: Any = keras.layers.RNN if self.stair else super(FusedLoop, view)
            call = (view, sequences) if self.stair else (sequences,)
            return owner.inner_loop(*call, initial_state, mask, training)
        if training and self.cell.dropout > 0:
            sequences = sequences * ops.expand_dims(dropout["_dropout_mask"], 1)
        if mask is not None:
            mask = self._in_time_order(ops.expand_dims(mask, -1), sequences.dtype)
        sequences = self._in_time_order(sequences, sequences.dtype)
        climb, inputs = None, () if mask is None else (mask,)
        if self.stair:
            *initial_state, first = initial_state
            every_step = ops.ones_like(sequences[:, :1, :1])
            climb = Climb(self.stair, first, every_step if mask is None else mask)
            inputs = (*inputs, *climb.inputs)
        outputs, states = self._recurrence(mask is not None)(
            sequences,
            self.affine(),
            self.loop_matrix(training),
            tuple(initial_state),
            inputs,
            self.step_parameters(),
            self.return_sequences,
            climb.gain if climb else None,
        )
        if outputs is not None:
            outputs = self.output_of(outputs)
        if climb:
            outputs, states = climb.carried_out(outputs, states)
        last = self.output_of(states[0])
        if mask is not None:
            shown = self._steps_with_output(mask)
            last = ops.where(shown[-1] > 0, last, 0)
            if outputs is not None:
                outputs = ops.where(shown > 0, outputs, 0)
        if outputs is None:
            return last, ops.expand_dims(last, 1), list(states)
        return last, ops.transpose(outputs, (1, 0, 2)), list(states)

    def _mount_stair(self, stair: Any, reset_step: bool) -> None:
        """Puts a stair, if there is one, around the new cell."""
        self.reset_step = bool(reset_step)
        stair = stairs.get(stair, dtype=self.cell.dtype_policy)
        if stair is not None:
            self.cell = StairCell(self.cell, stair, name=self.cell.name)
            self.state_size, self.single_state = self.cell.state_size, False

    def build(self, sequences_shape, initial_state_shape=None):
        self._any_length = sequences_shape[1] is None
        if self.stair and not self.stair.built:
            goes_on = self.stateful and not self.reset_step
            self.stair.build(None if goes_on else sequences_shape[1])
        super().build(sequences_shape, initial_state_shape)  # pyright: ignore[reportAttributeAccessIssue]

    def _maybe_config_dropout_masks(self, *_):
        """Does nothing: masks belong to a call, see `_dropout_masks`."""

    def _maybe_reset_dropout_masks(self, *_):
        """Does nothing: the cell keeps no masks."""

    def _dropout_masks(self, sequences, initial_state) -> dict[str, Any]:
        """The dropout masks of one call, by the names of a Keras cell's attributes.

        They are drawn as Keras draws them, also where they will not be used.
        """
        cell = call_view(bare(self.cell), _dropout_mask=None)
        return {
            "_dropout_mask": cell.get_dropout_mask(sequences[:, 0, :]),
            "_recurrent_dropout_mask": cell.get_recurrent_dropout_mask(
                initial_state[0]
            ),
        }

    def cell_of_call(self, training: bool = False, **own: Any) -> Any:
        """A view of the cell for one call, with the tensors computed once per call.

        Args:
            training: Whether the call is a step of training.
            **own: Further attributes of the innermost cell.
        """
        cell = call_view(bare(self.cell), **own, **self.made_once(training))
        return call_view(self.cell, cell=cell) if self.stair else cell

    def made_once(self, training: bool) -> dict[str, Any]:
        """Attributes of the cell that are computed once per call, not at every step."""
        return {}

    def loop_config(self) -> dict[str, Any]:
        """The arguments of the loop that Keras's layers lack, where they are set."""
        config = {} if self.fused == "auto" else {"fused": self.fused}
        if self.stair:
            stair = keras.saving.serialize_keras_object(self.stair)
            config |= {"stair": stair, "reset_step": self.reset_step}
        return config

    def _steps_with_output(self, mask):
        """Mask of the time steps whose output is the state; other outputs are zero."""
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
                Recurrence(
                    _hold_where_masked(self.step),
                    most_kept=self.most_kept,
                    any_length=self._any_length,
                )
                if masked
                else Recurrence(
                    self.step,
                    self.slope,
                    self.parameter_cotangents,
                    self.adjoint,
                    self.most_kept,
                    self._any_length,
                )
            )
        return self._recurrences[masked]

    def affine(self) -> tuple:
        """The input kernel and, if there is one, the bias."""
        raise NotImplementedError

    def recurrent_matrix(self, training: bool = False):
        """The matrix that feeds the first state back, `(size, width)`."""
        raise NotImplementedError

    def loop_matrix(self, training: bool = False):
        """`recurrent_matrix`, or `(1, size)`, its diagonal if it has nothing else."""
        return self.recurrent_matrix(training)

    def step(self, z, state, inputs, parameters):
        """The state after pre-activations `z`; see `recurrence.Recurrence`."""
        raise NotImplementedError

    def step_parameters(self) -> tuple:
        """Tensors that `step` gets as `parameters`."""
        return ()

    @property
    def slope(self) -> Callable | None:
        """The argument `slope` of `Recurrence`."""
        return None

    @property
    def parameter_cotangents(self) -> Callable | None:
        """The argument `parameter_cotangents` of `Recurrence`."""
        return None

    @property
    def adjoint(self) -> Adjoint | None:
        """The argument `adjoint` of `Recurrence`."""
        return None

    def output_of(self, state):
        """The output for a first state, `(..., size)`."""
        return state

    def drive_row(self) -> np.ndarray:
        """One row of the kernel: ones where an external drive is to be added."""
        return np.ones(bare(self.cell).kernel.shape[-1])


class FusedElementwiseLoop(FusedLoop):
    r"""The loop of a cell $h_t = \phi(x_t K + b + h_{t-1} V)$, elementwise in $\phi$.

    The cell owns `kernel`, `bias` (or None) and `activation`; an activation that is a
    layer brings variables of its own.
    """

    @property
    def fusible(self):
        # State that an activation updates itself would have to leave the loop.
        activation = self.cell.activation
        return getattr(activation, "changes_no_state", False) or not getattr(
            activation, "non_trainable_variables", ()
        )

    def affine(self):
        cell = self.cell
        return (cell.kernel,) if cell.bias is None else (cell.kernel, cell.bias)

    def recurrent_matrix(self, training=False):
        return self.cell.recurrent_kernel

    def step(self, z, state, inputs, parameters):
        activation = self.cell.activation
        if parameters:
            # Called as a layer, which sees to its dtype wherever it is traced; it was
            # built for rows, and may insist on them.
            values = zip(activation.variables, parameters, strict=True)
            rows = z if len(z.shape) == 2 else ops.reshape(z, (-1, z.shape[-1]))
            with keras.StatelessScope(values):
                output = ops.reshape(activation(rows), ops.shape(z))
        else:
            output = activation(z)
        output = ops.cast(output, z.dtype)
        if self._stair_inside:
            assert self.stair is not None
            output = self.stair.apply(z, output, *inputs)
        return (output,)

    @property
    def _stair_inside(self):
        return self.stair is not None and self.stair.inside

    @property
    def slope(self):
        if self._stair_inside:
            return None
        return slope_in_terms_of_output(self.cell.activation)

    @property
    def parameter_cotangents(self):
        if self._stair_inside:
            return None
        return getattr(self.cell.activation, "parameter_cotangents", None)

    def step_parameters(self):
        # In an order that does not change where some of them are fixed later.
        return tuple(getattr(self.cell.activation, "variables", ()))


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
