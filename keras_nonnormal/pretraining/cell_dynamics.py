"""The `Dynamics` of cells that have more to say than the default."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.pretraining.dynamics import (
    Dynamics,
    dynamics_of,
    register_dynamics,
    scale,
    shift,
)
from keras_nonnormal.pretraining.variables import as_array, assign


@register_dynamics("LSTMCell")
class LSTMDynamics(Dynamics):
    """An LSTM: the forget gate's bias moves with the radius along time."""

    def output_slopes(self, inputs, states, after):
        cell, units = self.cell, self.cell.units
        columns = slice(3 * units, 4 * units)
        kernel, recurrent, inputs = (
            ops.cast(each, after[1].dtype)
            for each in (cell.kernel, cell.recurrent_kernel, inputs)
        )
        z: Any = ops.matmul(inputs, kernel[:, columns])
        z = z + ops.matmul(states[0], recurrent[:, columns])
        if cell.use_bias:
            z = z + ops.cast(cell.bias, z.dtype)[columns]
        _, pullback = _backend.vjp(lambda c: (cell.activation(c),), after[1])
        (slope,) = pullback((ops.ones_like(after[1]),))
        return ops.ones_like(after[0]), cell.recurrent_activation(z) * slope

    def move(self, recurrent, inputs, target, means):
        super().move(recurrent, inputs, target, means)
        if self.cell.use_bias:
            shift(
                self.cell.bias, slice(self.cell.units, 2 * self.cell.units), recurrent
            )


@register_dynamics("GRUCell")
class GRUDynamics(Dynamics):
    """A GRU: the update gate's bias moves with the radius along time."""

    def move(self, recurrent, inputs, target, means):
        super().move(recurrent, inputs, target, means)
        if self.cell.use_bias:
            shift(self.cell.bias, slice(0, self.cell.units), math.sqrt(recurrent))


@register_dynamics("NNRNNCell")
class SchurDynamics(Dynamics):
    """A trained Schur form is scaled by its diagonal blocks and its triangle."""

    def _recurrent(self):
        schur = self.cell.parametrization
        return [schur.gamma, schur.upper]


@register_dynamics("StairCell")
class StairDynamics(Dynamics):
    """A cell with a stair: the last state counts time steps."""

    def __init__(self, cell):
        super().__init__(cell)
        self.inner = dynamics_of(cell.cell)

    def compact(self, states):
        return self.inner.compact(states[:-1])

    def expand(self, compact, states):
        first, *others = self.inner.expand(compact, states[:-1])
        if self.inner.recomputes_first:
            first = first * self._heights(ops.maximum(states[-1] - 1, 0), first)
        return [first, *others, states[-1]]

    def output_slopes(self, inputs, states, after):
        slopes = self.inner.output_slopes(inputs, states[:-1], after[:-1])
        if self.inner.recomputes_first:
            heights = self._heights(states[-1], after[0])
            return tuple(slope * heights for slope in slopes)
        # The factor of the stair stands between c and h.
        return (slopes[0], *(None for _ in slopes[1:]))

    def output_map(self, inputs, states, after, output):
        if type(self.inner).output_map is Dynamics.output_map:
            return super().output_map(inputs, states, after, output)
        heights = self._heights(states[-1], output)
        bare = [after[0] / heights, *after[1:-1]]
        read = self.inner.output_map(inputs, states[:-1], bare, output / heights)
        if read is None:
            return None
        return lambda compact: heights * read((compact[0] / heights, *compact[1:]))

    def _heights(self, steps, like):
        """The factors of the output at time steps `(batch, 1)`."""
        stair = self.cell.stair
        if stair.inside:
            return ops.ones_like(steps)
        return ops.cast(stair.heights(ops.cast(steps, "int32"), like.dtype), like.dtype)

    @property
    def can_move_recurrent(self):
        return self.inner.can_move_recurrent

    @property
    def can_move_inputs(self):
        return self.inner.can_move_inputs

    def move(self, recurrent, inputs, target, means):
        self.inner.move(recurrent, inputs, target, means)


@register_dynamics("EURNNCell")
class ComplexDynamics(Dynamics):
    """A complex state, of which the real part is the output."""

    def output_map(self, inputs, states, after, output):
        return lambda compact: self.cell.output_of(compact[0])


@register_dynamics("PascalRNNCell")
class PascalDynamics(Dynamics):
    """A state of one unit per layer, of which the last is the output."""

    def output_map(self, inputs, states, after, output):
        return lambda compact: compact[0][..., -1:]


@register_dynamics("ANRUCell")
class AdaptiveShapeDynamics(Dynamics):
    """Neurons with controllers, whose gains and saturations may be given out too."""

    def output_map(self, inputs, states, after, output):
        if not self.cell.return_shapes:
            return super().output_map(inputs, states, after, output)
        decoders = [ops.cast(w, output.dtype) for w in self.cell.controller[3:]]

        def read(compact):
            h, g = compact
            rows = ops.reshape(g, (-1, self.cell.controller_units))
            shapes = [
                ops.reshape(ops.matmul(rows, kernel), ops.shape(h)) + bias
                for kernel, bias in (decoders[:2], decoders[2:])
            ]
            return ops.concatenate([h, *shapes], axis=-1)

        return read


@register_dynamics("ALIFCell")
class AdaptiveSpikingDynamics(Dynamics):
    """Adaptive spiking neurons in the layout (v, a): the spike is recomputed."""

    recomputes_first = True

    def compact(self, states):
        return tuple(self.cell.compact(states))

    def expand(self, compact, states):
        return list(self.cell.expand(compact))

    def output_slopes(self, inputs, states, after):
        return tuple(self.cell.output_slopes(*self.cell.compact(after)))

    def move(self, recurrent, inputs, target, means):
        super().move(recurrent, inputs, target, means)
        scale([self.cell.tau_adaptation], recurrent)
        if target < 1:
            scale([self.cell.beta], recurrent)


@register_dynamics("LRUCell", "LRUBlockCell")
class LinearRecurrentDynamics(Dynamics):
    r"""A linear recurrent unit: the radius along time is $\max |λ|$ itself."""

    @property
    def _core(self) -> Any:
        return getattr(self.cell, "core", self.cell)

    def output_map(self, inputs, states, after, output):
        cell, as_in_call = self.cell, _AsInCall(self.cell.dtype_policy)
        inputs = ops.cast(inputs, cell.compute_dtype)

        def read(compact):
            joint = ops.concatenate(compact, axis=-1)
            return as_in_call(
                joint, function=lambda x: cell.read(x, cell.prepare(inputs))
            )

        return read

    def _inputs(self):
        return [self._core.input_real, self._core.input_imag]

    def _recurrent(self):
        return [self._core.nu]

    def move(self, recurrent, inputs, target, means):
        scale(self._inputs(), inputs)
        # |λ| = exp(-exp(ν)) becomes `recurrent` |λ|, and stays below one.
        rate = np.exp(as_array(self._core.nu)) - math.log(recurrent)
        assign(self._core.nu, np.log(np.maximum(rate, 1e-4)))


class _AsInCall(keras.layers.Layer):
    """Runs a function with variables in the dtype that a layer's `call` has them in."""

    def __init__(self, policy):
        super().__init__(dtype=policy, name="as_in_call")
        self.built = True

    def call(self, inputs, function):
        return function(inputs)
