"""The residual block around a linear recurrent unit, and its cell."""

from typing import Any, Unpack

import keras
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._precision import precise
from keras_nonnormal.layers.arguments import LoopArguments
from keras_nonnormal.layers.linear_scan import halves
from keras_nonnormal.layers.lru import LRUCell
from keras_nonnormal.layers.scanned_layer import ScannedLayer


@keras.saving.register_keras_serializable("keras_nonnormal")
class LRUBlockCell(keras.layers.Layer):
    """One step of `LRUBlock`; takes the same arguments, but for those of the loop.

    Its states are those of its `core`, an `LRUCell`.

    Args:
        units: Positive integer, dimensionality of the output.
        **kwargs: As for `LRUBlock`.
    """

    def __init__(
        self,
        units: int,
        state_units: int | None = None,
        dropout: float = 0.1,
        r_min: float = 0.4,
        r_max: float = 0.99,
        max_phase: float = 0.314,
        seed: int | None = None,
        **kwargs: Unpack[LoopArguments],
    ):
        super().__init__(**kwargs)
        policy: Any = {"dtype": self.dtype_policy}
        self.core = LRUCell(
            units, state_units, r_min, r_max, max_phase, name="core", **policy
        )
        self.units, self.state_units = self.core.units, self.core.state_units
        self.dropout, self.seed = float(dropout), seed
        self.normalization = keras.layers.LayerNormalization(
            epsilon=1e-3, name="normalization", **policy
        )
        self.gate = keras.layers.Dense(units, "sigmoid", name="gate", **policy)
        self.value = keras.layers.Dense(units, name="value", **policy)
        self.adapter: Any = None
        seeds = (seed, seed if seed is None else seed + 1)
        self._dropouts = [
            keras.layers.Dropout(dropout, seed=each, **policy) for each in seeds
        ]
        self.state_size: Any = self.core.state_size
        self.output_size = self.core.output_size

    def build(self, input_shape):
        inner = (*input_shape[:-1], self.units)
        self.core.build(inner)
        for layer in (self.normalization, self.gate, self.value):
            layer.build(inner)
        if input_shape[-1] != self.units:
            self.adapter = keras.layers.Dense(
                self.units, use_bias=False, name="adapter", dtype=self.dtype_policy
            )
            self.adapter.build(input_shape)

    def decay(self):
        """λ of the unit, `(2 * state_units,)`, see `LRUCell.decay`."""
        return self.core.decay()

    def prepare(self, inputs, training=False):
        """The input that goes around the unit, and the one that goes into it."""
        around = inputs if self.adapter is None else self.adapter(inputs)
        return around, self._normalized(around)

    def _normalized(self, inputs):
        """Layer normalization of `inputs`, with the weights of `normalization`.

        TensorFlow's moments hold the mean fixed, so that the second derivative of
        `keras.layers.LayerNormalization` is another one than that of the function.
        """
        layer = self.normalization
        x = precise(inputs)
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        scale = ops.cast(layer.gamma, x.dtype) * ops.rsqrt(variance + layer.epsilon)
        return ops.cast(centred * scale + ops.cast(layer.beta, x.dtype), inputs.dtype)

    def drive(self, context):
        """The addition of the inputs to the states, `(..., 2 * state_units)`."""
        return self.core.drive(context[1:])

    def read(self, states, context, training=False):
        """The outputs for states `(..., 2 * state_units)`."""
        around, inside = context
        y = _backend.gelu(self.core.read(states, (inside,)))
        y = self._dropouts[0](y, training=training)
        y = self.gate(y) * self.value(y)
        return around + self._dropouts[1](y, training=training)

    def call(self, inputs, states, training=False):
        context = self.prepare(inputs, training)
        after = self.core.advance(self.drive(context), states)
        output = self.read(after, context, training)
        return output, halves(after)

    def get_initial_state(self, batch_size=None):
        return self.core.get_initial_state(batch_size)

    def get_config(self):
        core = self.core.get_config()
        return {
            **super().get_config(),
            **{
                name: core[name]
                for name in ("units", "state_units", "r_min", "r_max", "max_phase")
            },
            "dropout": self.dropout,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable("keras_nonnormal")
class LRUBlock(ScannedLayer):
    r"""A residual block around a linear recurrent unit; deep networks are stacks of it.

    $$ s = \mathrm{gelu}(\mathrm{LRU}(\mathrm{LN}(u))), \qquad
       y = u + σ(s W_1 + b_1) ⊙ (s W_3 + b_3) $$

    with dropout of $s$ and of the product, element by element. Where the input has
    another size than the block, a linear map without bias comes first.

    Args:
        units: Positive integer, dimensionality of the output.
        state_units: Positive integer, size of the unit's state. Defaults to twice the
            units.
        dropout: Float between 0 and 1. Defaults to 0.1.
        r_min: As for `LRU`, also `r_max`, `max_phase` and `scan`.
        seed: Optional integer, for the dropout.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.RNN`, but that `return_sequences` is `True` by
            default.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of two tensors `(batch, state_units)`: real and
            imaginary part.
        mask: Optional boolean tensor `(batch, time)`; as for `LRU`.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, time, units)`, or `(batch, units)` without `return_sequences`;
        with `return_state` followed by the two final states.

    Raises:
        ValueError: As for `LRU`.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import LRUBlock
    >>> tuple(LRUBlock(4)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 5, 4)

    Reference:
        - [Orvieto et al. 2023](https://arxiv.org/abs/2303.06349), appendix;
          [arXiv 2308.12075](https://arxiv.org/abs/2308.12075)
    """

    cell_class = LRUBlockCell

    def __init__(
        self,
        units: int,
        state_units: int | None = None,
        dropout: float = 0.1,
        r_min: float = 0.4,
        r_max: float = 0.99,
        max_phase: float = 0.314,
        scan: str = "loop",
        seed: int | None = None,
        **kwargs: Unpack[LoopArguments],
    ):
        super().__init__(
            units,
            state_units=state_units,
            dropout=dropout,
            r_min=r_min,
            r_max=r_max,
            max_phase=max_phase,
            scan=scan,
            seed=seed,
            **{"return_sequences": True, **kwargs},
        )
