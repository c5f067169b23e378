"""The linear recurrent unit, and its cell."""

import math
from typing import Any, Unpack

import keras
from keras import ops

from keras_nonnormal._precision import precise
from keras_nonnormal.layers.arguments import LoopArguments
from keras_nonnormal.layers.linear_scan import halves, times
from keras_nonnormal.layers.scanned_layer import ScannedLayer


@keras.saving.register_keras_serializable("keras_nonnormal")
class LRUCell(keras.layers.Layer):
    """One step of `LRU`; takes the same arguments, but for those of the loop.

    Its two states are the real and the imaginary part of x, `(batch, state_units)`.

    Args:
        units: Positive integer, dimensionality of the output.
        **kwargs: As for `LRU`.
    """

    def __init__(
        self,
        units: int,
        state_units: int | None = None,
        r_min: float = 0.4,
        r_max: float = 0.99,
        max_phase: float = 0.314,
        input_projection: bool | None = None,
        **kwargs: Unpack[LoopArguments],
    ):
        super().__init__(**kwargs)
        if input_projection not in (None, True, False):
            raise ValueError(
                "Expected `input_projection` to be None, True or False. "
                f"Received: input_projection={input_projection!r}"
            )
        self.input_projection = input_projection
        self.projection: Any = None
        state_units = 2 * units if state_units is None else state_units
        for name, size in {"units": units, "state_units": state_units}.items():
            if size != int(size) or size < 1:
                raise ValueError(
                    f"Expected `{name}` to be a positive integer. "
                    f"Received: {name}={size!r}"
                )
        if not 0 < r_min <= r_max < 1:
            raise ValueError(
                "Expected radii 0 < `r_min` <= `r_max` < 1. "
                f"Received: r_min={r_min!r}, r_max={r_max!r}"
            )
        self.units, self.state_units = int(units), int(state_units)
        self.r_min, self.r_max = float(r_min), float(r_max)
        self.max_phase = float(max_phase)
        self.state_size: Any = [self.state_units, self.state_units]
        self.output_size = self.units

    def build(self, input_shape):
        other_size = input_shape[-1] != self.units
        if other_size and self.input_projection is False:
            raise ValueError(
                f"An LRU adds its input to its output: expected {self.units} features, "
                "as many as units, or `input_projection` of None or True. "
                f"Received: {input_shape[-1]} features"
            )
        if other_size or self.input_projection:
            self.projection = keras.layers.Dense(
                self.units, use_bias=False, name="projection", dtype=self.dtype_policy
            )
            self.projection.build(input_shape)
        units, size = self.units, self.state_units
        for part in ("real", "imag"):
            for name, shape in (("output", (size, units)), ("input", (units, size))):
                weight = self.add_weight(
                    name=f"{name}_{part}",
                    shape=shape,
                    initializer=keras.initializers.VarianceScaling(
                        0.5, "fan_avg", "uniform"
                    ),
                )
                setattr(self, weight.name, weight)
        self.skip = self.add_weight(
            name="skip",
            shape=(units,),
            initializer=keras.initializers.RandomNormal(0, 1),
        )
        nu = [math.log(-math.log(radius)) for radius in (self.r_max, self.r_min)]
        uniform = keras.initializers.RandomUniform
        self.nu = self._add_of_decay("nu", uniform(*nu))
        self.theta = self._add_of_decay("theta", uniform(0, self.max_phase))
        self.gamma_log = self._add_of_decay("gamma_log", self._normalized)

    def _add_of_decay(self, name, initializer):
        return self.add_weight(
            name=name,
            shape=(self.state_units,),
            initializer=initializer,
            autocast=False,
        )

    def _normalized(self, shape, dtype=None):
        """The initial log γ, by which white noise of variance 1 keeps its variance."""
        values = ops.log(-ops.expm1(-2 * ops.exp(precise(self.nu)))) / 2
        return ops.cast(values, dtype or self.variable_dtype)

    def decay(self):
        """λ, `(2 * state_units,)`: real parts first; at least in float32."""
        radius, theta = ops.exp(-ops.exp(precise(self.nu))), precise(self.theta)
        return ops.concatenate([radius * ops.cos(theta), radius * ops.sin(theta)])

    def prepare(self, inputs, training=False):
        """The inputs of the unit, after the projection if there is one, as a tuple."""
        return (inputs if self.projection is None else self.projection(inputs),)

    def drive(self, context):
        """The addition of the inputs to the states, `(..., 2 * state_units)`."""
        gain = ops.cast(ops.exp(precise(self.gamma_log)), self.compute_dtype)
        parts = (self.input_real, self.input_imag)
        return ops.matmul(
            context[0], ops.concatenate([b * gain for b in parts], axis=1)
        )

    def read(self, states, context, training=False):
        """The outputs for states `(..., 2 * state_units)`."""
        matrix = ops.concatenate([self.output_real, -self.output_imag], axis=0)
        return ops.matmul(states, matrix) + self.skip * context[0]

    def call(self, inputs, states, training=False):
        context = self.prepare(inputs, training)
        after = self.advance(self.drive(context), states)
        output = self.read(after, context, training)
        return output, halves(after)

    def advance(self, drive, states):
        """The states after a step, `(batch, 2 * state_units)`."""
        decay = ops.cast(self.decay(), drive.dtype)
        return times(decay, ops.concatenate(states, axis=-1)) + drive

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, n), self.compute_dtype) for n in self.state_size]

    def get_config(self):
        names = ("units", "state_units", "r_min", "r_max", "max_phase")
        names = (*names, "input_projection")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_nonnormal")
class LRU(ScannedLayer):
    r"""The linear recurrent unit.

    $$ x_t = λ ⊙ x_{t-1} + γ ⊙ (u_t B), \qquad
       y_t = \mathrm{Re}(x_t C) + D ⊙ u_t, \qquad λ = e^{-e^ν + i ϑ} $$

    $x$, $B$ and $C$ are complex, all else is real; $u$ and $y$ have the same size. An
    input of another size goes through a linear map without bias first. No
    value of $ν$ makes $|λ|$ 1 or more. Complex weights and states are kept as real and
    imaginary parts. The scan is done in the dtype of the variables, at least in
    float32, also where the rest is in half precision, because radii near 1 need the
    digits.

    Args:
        units: Positive integer, dimensionality of the output.
        state_units: Positive integer, size of $x$. Defaults to twice the units.
        r_min: Float, least radius $|λ|$ at the start. Defaults to 0.4.
        r_max: Float below 1, greatest radius at the start. Defaults to 0.99. ($ν$ is
            uniform between the two that belong to these.)
        max_phase: Float, greatest $ϑ$ at the start, in radians. Defaults to 0.314.
        input_projection: Whether $u$ is a linear map of the input, the variable
            `projection/kernel`, `(features, units)`: `True`, always; `False`, never, as
            published; `None`, where the input has not `units` features. Defaults to
            `None`.
        scan: `"loop"`, one time step after the other in a compiled loop, or
            `"associative"`, in $2 \log_2 T$ steps of many at a time, which is for
            accelerators; its gradient can be differentiated again. Defaults to
            `"loop"`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.RNN`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of two tensors `(batch, state_units)`: real and
            imaginary part.
        mask: Optional boolean tensor `(batch, time)`; at `False` the state stays, and
            the output before is given out again: zero, if there is none.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the two final states.

    Raises:
        ValueError: If a size is not a positive integer, or a radius not between 0
            and 1; when built without a projection, if features are not as many as
            units.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import LRU
    >>> tuple(LRU(4, return_sequences=True)(np.zeros((2, 5, 4), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Orvieto et al. 2023](https://arxiv.org/abs/2303.06349), "Resurrecting
          Recurrent Neural Networks for Long Sequences", section 3
    """

    cell_class = LRUCell

    def __init__(
        self,
        units: int,
        state_units: int | None = None,
        r_min: float = 0.4,
        r_max: float = 0.99,
        max_phase: float = 0.314,
        scan: str = "loop",
        input_projection: bool | None = None,
        **kwargs: Unpack[LoopArguments],
    ):
        super().__init__(
            units,
            state_units=state_units,
            r_min=r_min,
            r_max=r_max,
            max_phase=max_phase,
            scan=scan,
            input_projection=input_projection,
            **kwargs,
        )
