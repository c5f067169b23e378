"""The real-gated linear recurrent unit, and its cell."""

from typing import Any, Unpack

import keras
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._precision import precise
from keras_nonnormal.layers.arguments import LoopArguments
from keras_nonnormal.layers.block_diagonal import block_diagonal, checked_heads
from keras_nonnormal.layers.gated_layer import GatedCell, GatedLayer

SMALLEST, LARGEST = -80.0, -1e-7
"""Bounds of the logarithm of a decay, which is then inside (0, 1) in float32, too."""


@keras.saving.register_keras_serializable("keras_nonnormal")
class RGLRUCell(GatedCell):
    """One step of `RGLRU`; takes the same arguments, but for those of the loop.

    Args:
        units: Positive integer, dimensionality of the output.
        **kwargs: As for `RGLRU`.
    """

    def __init__(
        self,
        units,
        heads=1,
        min_decay=0.9,
        max_decay=0.999,
        sharpness=8.0,
        kernel_initializer: Any = "lecun_normal",
        input_projection=None,
        **kwargs,
    ):
        super().__init__(units, **kwargs)
        if input_projection not in (None, True, False):
            raise ValueError(
                "Expected `input_projection` to be None, True or False. "
                f"Received: input_projection={input_projection!r}"
            )
        self.input_projection = input_projection
        self.heads = checked_heads(heads, self.units)
        if not 0 < min_decay <= max_decay < 1:
            raise ValueError(
                "Expected decays 0 < `min_decay` <= `max_decay` < 1. "
                f"Received: min_decay={min_decay!r}, max_decay={max_decay!r}"
            )
        if not sharpness > 0:
            raise ValueError(
                "Expected `sharpness` to be a positive number. "
                f"Received: sharpness={sharpness!r}"
            )
        self.min_decay, self.max_decay = float(min_decay), float(max_decay)
        self.sharpness = float(sharpness)
        self.kernel_initializer: Any = keras.initializers.get(kernel_initializer)
        self.projection: Any = None

    def build(self, input_shape):
        units = self.units
        other_size = input_shape[-1] != units
        if other_size and self.input_projection is False:
            raise ValueError(
                f"An RGLRU gates its input: expected {units} features, as many as "
                "units, or `input_projection` of None or True. "
                f"Received: {input_shape[-1]} features"
            )
        if other_size or self.input_projection:
            self.projection = keras.layers.Dense(
                units, use_bias=False, name="projection", dtype=self.dtype_policy
            )
            self.projection.build(input_shape)
        self.gate_kernel = self.add_weight(
            name="gate_kernel",
            shape=(units, 2 * units // self.heads),
            initializer=self.kernel_initializer,
        )
        self.gate_bias = self.add_weight(
            name="gate_bias", shape=(2 * units,), initializer="zeros"
        )
        self.decay_logit = self.add_weight(
            name="decay_logit",
            shape=(units,),
            initializer=self._drawn_logit,
            autocast=False,
        )

    def _drawn_logit(self, shape, dtype=None):
        """Draws such that the decay of an open gate is uniform between its bounds."""
        uniform: Any = keras.initializers.RandomUniform(self.min_decay, self.max_decay)
        rate = -ops.log(uniform(shape, "float32")) / self.sharpness
        return ops.cast(-ops.log(ops.expm1(rate)), dtype or self.variable_dtype)

    def prepare(self, inputs, training=False):
        u = inputs if self.projection is None else self.projection(inputs)
        kernel = block_diagonal(ops.convert_to_tensor(self.gate_kernel), self.heads)
        return u, ops.matmul(u, kernel) + self.gate_bias

    def gates(self, context):
        u, z = map(precise, context)
        opened: Any = ops.split(ops.sigmoid(z), 2, axis=-1)
        rate = self.sharpness * ops.softplus(-precise(self.decay_logit))
        log_decay = ops.clip(-ops.cast(rate, z.dtype) * opened[0], SMALLEST, LARGEST)
        gain = ops.sqrt(-_backend.expm1(2 * log_decay))
        return ops.exp(log_decay), gain * opened[1] * u

    def get_config(self):
        names = ("units", "heads", "min_decay", "max_decay", "sharpness")
        names = (*names, "input_projection")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable("keras_nonnormal")
class RGLRU(GatedLayer):
    r"""The real-gated linear recurrent unit of Griffin.

    $$ r_t = σ(u_t W_r + b_r), \qquad i_t = σ(u_t W_i + b_i), \qquad
       a_t = σ(Λ)^{c\, r_t}, $$
    $$ h_t = a_t ⊙ h_{t-1} + \sqrt{1 - a_t^2} ⊙ (i_t ⊙ u_t) $$

    Neither gate sees the state: all time steps are one scan, in the dtype of the
    variables, at least in float32. $u$ is the input or a linear map of it. $W_r$ and
    $W_i$ are block-diagonal, a block for each head. $\log a_t$ is held between -80 and
    -1e-7, so that $a_t$ is inside (0, 1) whatever the gates.

    Args:
        units: Positive integer, dimensionality of the output.
        heads: Positive integer that divides `units`, blocks of $W_r$ and $W_i$.
            Defaults to 1.
        min_decay: Float above 0, least $σ(Λ)^c$ at the start. Defaults to 0.9.
        max_decay: Float below 1, greatest $σ(Λ)^c$ at the start, which is uniform
            between the two. Defaults to 0.999.
        sharpness: Positive number, the $c$. Defaults to 8.
        kernel_initializer: Start of the blocks of $W_r$ and $W_i$, `(units, 2 * units /
            heads)`. Defaults to `"lecun_normal"`.
        input_projection: Whether $u$ is a linear map of the input, the variable
            `projection/kernel`, `(features, units)`: `True`, always; `False`, never;
            `None`, where the input has not `units` features. Defaults to `None`.
        scan: `"loop"`, one time step after the other in a compiled loop, or
            `"associative"`, in $2 \log_2 T$ steps of many at a time, which is for
            accelerators. Defaults to `"loop"`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.RNN`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of one tensor `(batch, units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the final state `(batch, units)`.

    Raises:
        ValueError: If a size is not a positive integer, the heads do not divide the
            units, a decay is not between 0 and 1, or `sharpness` is not positive; when
            built without a projection, if features are not as many as units.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import RGLRU
    >>> tuple(RGLRU(4, heads=2)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 4)

    Reference:
        - [De et al. 2024](https://arxiv.org/abs/2402.19427), "Griffin: Mixing Gated
          Linear Recurrences with Local Attention for Efficient Language Models",
          section 2.4
    """

    cell_class = RGLRUCell

    def __init__(
        self,
        units,
        heads=1,
        min_decay=0.9,
        max_decay=0.999,
        sharpness=8.0,
        scan="loop",
        kernel_initializer: Any = "lecun_normal",
        input_projection=None,
        **kwargs: Unpack[LoopArguments],
    ):
        super().__init__(
            units,
            heads=heads,
            min_decay=min_decay,
            max_decay=max_decay,
            sharpness=sharpness,
            scan=scan,
            kernel_initializer=kernel_initializer,
            input_projection=input_projection,
            **kwargs,
        )
