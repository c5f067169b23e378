"""The `Dynamics` of cells with gates, or memories, that are no matrices."""

import math

import numpy as np
from keras import ops

from keras_nonnormal.pretraining.dynamics import (
    Dynamics,
    register_dynamics,
    scale,
    shift,
)
from keras_nonnormal.pretraining.variables import as_array, assign


@register_dynamics("MinGRUCell", "MinLSTMCell")
class MinimalGateDynamics(Dynamics):
    """A state that one gate alone carries on: the radius moves with the gate's bias."""

    def _recurrent(self):
        return [] if self.cell.bias is None else [self.cell.bias]

    def move(self, recurrent, inputs, target, means):
        scale(self._inputs(), inputs)
        if self.cell.bias is not None:
            opens = self.cell.parts == 3  # a forget gate, not one of updates
            factor = recurrent if opens else 1 / recurrent
            shift(self.cell.bias, slice(0, self.cell.units), factor)


@register_dynamics("RGLRUCell")
class RealGatedDynamics(Dynamics):
    r"""A real-gated linear recurrent unit: the radius along time is $\max a_t$."""

    def _recurrent(self):
        return [self.cell.decay_logit]

    def _inputs(self):
        projection = self.cell.projection
        return [] if projection is None else [projection.kernel]

    def move(self, recurrent, inputs, target, means):
        scale(self._inputs(), inputs)
        # A half-open gate multiplies by `recurrent` more, and stays below one.
        half = self.cell.sharpness / 2
        rate = np.logaddexp(0, -as_array(self.cell.decay_logit).astype("float64"))
        rate = np.maximum(rate - math.log(recurrent) / half, 1e-4)
        assign(self.cell.decay_logit, -np.log(np.expm1(rate)))


@register_dynamics("SLSTMCell")
class ExponentialGateDynamics(Dynamics):
    """An sLSTM with its normalizer and its stabilizer held; h and c are its state."""

    def compact(self, states):
        return tuple(states[:2])

    def expand(self, compact, states):
        return [*compact, *states[2:]]

    def output_slopes(self, inputs, states, after):
        dtype = after[1].dtype
        gate = self.cell.output_gate(ops.cast(inputs, dtype), states[0])
        return ops.ones_like(after[0]), ops.cast(gate, dtype) / after[2]

    def move(self, recurrent, inputs, target, means):
        super().move(recurrent, inputs, target, means)
        if self.cell.bias is not None:
            units = self.cell.units
            shift(self.cell.bias, slice(units, 2 * units), recurrent)


@register_dynamics("LMUCell")
class LegendreDynamics(Dynamics):
    """A state whose memory is fixed, and with it the radius; h is the output."""

    def _recurrent(self):
        return []

    def output_map(self, inputs, states, after, output):
        return lambda compact: compact[0][..., : self.cell.units]
