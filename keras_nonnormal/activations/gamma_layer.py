import math
import numbers
from typing import Any

import keras

from keras_nonnormal.activations.gamma_family import gamma


@keras.saving.register_keras_serializable("keras_nonnormal")
class Gamma(keras.layers.Layer):
    r"""The gamma nonlinearity with a gain n and a saturation s that can be learned.

    $$ γ(x; n, s) = (1 - s) \frac{\ln(1 + e^{n x})}{n} + s σ(n x) $$

    Three ways to use it have names: *static* (`trainable=False`), *homogeneous*
    (`shared=True`, one learned pair for all neurons) and *heterogeneous* (a learned
    pair for each neuron, all starting alike). As an activation, `"gamma"` is the
    homogeneous and `"gamma2"` the heterogeneous one.

    Args:
        gain: Start of n: a number other than 0, or an initializer. Defaults to 1. The
            published program draws it once for a whole layer from [5, 7):
            `keras_nonnormal.initializers.UniformOnce(5, 7)`.
        saturation: Start of s: a number or an initializer. Defaults to 0.
        shared: Whether all neurons share one pair. Defaults to `False`.
        gain_constraint: Keras constraint on n. By default there is none, as published:
            training may move n and s anywhere.
        saturation_constraint: Keras constraint on s.
        **kwargs: The arguments every Keras layer takes. `trainable=False` fixes both.

    Call arguments:
        inputs: Tensor `(..., units)`.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If `gain` is 0, or a start is not finite.

    Example:

    >>> from keras_nonnormal import FusedSimpleRNN, Gamma
    >>> layer = FusedSimpleRNN(400, activation=Gamma(gain=10.0, saturation=0.0))

    Reference:
        - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253)
    """

    changes_no_state = True
    """Whether calls leave all variables as they are, fixed ones included."""

    def __init__(
        self,
        gain: Any = 1.0,
        saturation: Any = 0.0,
        shared=False,
        gain_constraint=None,
        saturation_constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.gain_initializer = _start("gain", gain)
        self.saturation_initializer = _start("saturation", saturation)
        if isinstance(gain, numbers.Real) and gain == 0:
            raise ValueError(
                "Expected `gain` to be other than 0, because gamma divides by it. "
                f"Received: gain={gain!r}"
            )
        self.shared = bool(shared)
        self.gain_constraint = keras.constraints.get(gain_constraint)
        self.saturation_constraint = keras.constraints.get(saturation_constraint)
        self.supports_masking = True

    def build(self, input_shape):
        shape = () if self.shared else (input_shape[-1],)
        self.gain = self.add_weight(
            name="gain",
            shape=shape,
            initializer=self.gain_initializer,
            constraint=self.gain_constraint,
        )
        self.saturation = self.add_weight(
            name="saturation",
            shape=shape,
            initializer=self.saturation_initializer,
            constraint=self.saturation_constraint,
        )

    def call(self, inputs):
        return gamma(inputs, self.gain, self.saturation)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "gain": keras.initializers.serialize(self.gain_initializer),
            "saturation": keras.initializers.serialize(self.saturation_initializer),
            "shared": self.shared,
            "gain_constraint": keras.constraints.serialize(self.gain_constraint),
            "saturation_constraint": keras.constraints.serialize(
                self.saturation_constraint
            ),
        }


def _start(name, value):
    if not isinstance(value, numbers.Real):
        return keras.initializers.get(value)
    if not math.isfinite(value):
        raise ValueError(f"Expected a finite `{name}`. Received: {name}={value!r}")
    return keras.initializers.Constant(float(value))
