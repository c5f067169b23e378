"""Recurrent layers whose gates do not see the state: one scan, decays that change."""

from typing import Any

import keras
from keras import ops

from keras_nonnormal._precision import precise
from keras_nonnormal.initializers._checks import whole_number
from keras_nonnormal.initializers.named_kernels import kernel_of
from keras_nonnormal.layers.gated_scan import gated_scan, log_scan
from keras_nonnormal.layers.scanned_layer import ScannedLayer


class GatedCell(keras.layers.Layer):
    r"""Base of cells $h_t = a_t ⊙ h_{t-1} + b_t$ with decays and drives of the input.

    A subclass says:

    - `prepare(inputs, training)`: tuple of tensors `(..., any)`, all products of the
      input;
    - `gates(context)`: from this tuple to the decays $a_t$ and the drives $b_t$,
      `(..., units)`, at least in float32.

    Args:
        units: Positive integer, size of the state and of the output.
        **kwargs: The arguments every Keras layer takes.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = whole_number("units", units, at_least=1)
        self.state_size: Any = self.units
        self.output_size = self.units

    def prepare(self, inputs, training=False) -> tuple:
        """The products of the input that the gates need, a tuple of tensors."""
        raise NotImplementedError

    def gates(self, context) -> tuple:
        """Decays and drives, two tensors `(..., units)`."""
        raise NotImplementedError

    def read(self, states, context, training=False):
        """The outputs for states `(..., units)`."""
        return states

    def call(self, inputs, states, training=False):
        h = states[0] if isinstance(states, (list, tuple)) else states
        decay, drive = self.gates(self.prepare(inputs, training))
        after = decay * ops.cast(h, decay.dtype) + drive
        after = ops.cast(after, self.compute_dtype)
        return after, [after]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.units), self.compute_dtype)]


class AffineGatedCell(GatedCell):
    """Base of gated cells with one affine map of the input, in `parts` of equal width.

    Args:
        units: Positive integer, size of the state and of the output.
        use_bias: Whether there is a bias.
        kernel_initializer: Start of the kernel, `(features, parts * units)`.
        bias_initializer: Start of the bias, `(parts * units,)`.
        **kwargs: The arguments every Keras layer takes.
    """

    parts: int

    def __init__(
        self,
        units,
        use_bias=True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs,
    ):
        super().__init__(units, **kwargs)
        self.use_bias = bool(use_bias)
        self.kernel_initializer: Any = kernel_of(kernel_initializer)
        self.bias_initializer: Any = keras.initializers.get(bias_initializer)
        self.bias: Any = None

    def build(self, input_shape):
        width = self.parts * self.units
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], width),
            initializer=self.kernel_initializer,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias", shape=(width,), initializer=self.bias_initializer
            )

    def prepare(self, inputs, training=False):
        z = ops.matmul(inputs, self.kernel)
        return (z if self.bias is None else z + self.bias,)

    def split(self, context) -> Any:
        """The parts of the affine map, a list of tensors `(..., units)`."""
        return ops.split(precise(context[0]), self.parts, axis=-1)

    def get_config(self):
        serialize = keras.initializers.serialize
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
        }


class GatedLayer(ScannedLayer):
    """Base of the layers of a `GatedCell`; see `ScannedLayer`.

    With `scan="log"`, where a layer has it in its `scans`, the cell says by
    `log_gates(context)` what the logarithms of decays and drives are.
    """

    cell_class: Any = GatedCell

    def scanned(self, context, initial_state, mask):
        logarithms = self.scan == "log"
        gates = self.cell.log_gates if logarithms else self.cell.gates
        decays, drives = gates(context)
        first = ops.cast(initial_state[0], decays.dtype)
        if logarithms:
            states = log_scan(decays, drives, first, mask)
        else:
            associative = self.scan == "associative"
            states = gated_scan(decays, drives, first, mask, associative)
        return states, [states[-1]]
