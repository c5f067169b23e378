from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
class ModReLU(keras.layers.Layer):
    r"""Shifts the magnitude by a learned offset and cuts it off at zero.

    $$ φ(z) = \frac{z}{|z|} \max(|z| + ε + b, 0), \qquad φ(0) = 0 $$

    with one offset $b$ per unit. The sign (of a complex number, the direction) stays,
    so orthogonal and unitary networks keep what they know of it. In the complex form
    the quotient is $z / (|z| + ε)$.

    Args:
        offset_initializer: Start of the offsets. Defaults to uniform in
            [-0.01, 0.01].
        epsilon: Float, at least 0, the $ε$ above. EURNN has 0.01, with offsets that
            start at zero.
        complex: Whether the last axis holds the real parts and then the imaginary
            parts of complex units.
        **kwargs: The arguments every Keras layer takes.

    Input shape:
        Any, `(..., units)`; `(..., 2 * units)` if complex.

    Output shape:
        That of the input.

    Example:

    >>> modrelu = ModReLU(offset_initializer=keras.initializers.Constant(-0.5))
    >>> y = modrelu(keras.ops.convert_to_tensor([[2.0, -0.25, -1.0]]))
    >>> [float(v) for v in y[0]]
    [1.5, -0.0, -0.5]

    Reference:
        - [Arjovsky, Shah and Bengio 2016](https://arxiv.org/abs/1511.06464), eq. (8);
          the real form as in [Kerg et al. 2019](https://arxiv.org/abs/1905.12080)
    """

    changes_no_state = True
    """Whether calls leave all variables as they are, fixed ones included."""

    def __init__(self, offset_initializer=None, epsilon=0.0, complex=False, **kwargs):
        super().__init__(**kwargs)
        self.offset_initializer = keras.initializers.get(
            offset_initializer or keras.initializers.RandomUniform(-0.01, 0.01)
        )
        if not epsilon >= 0:
            raise ValueError(
                f"Expected `epsilon` to be at least 0. Received: epsilon={epsilon!r}"
            )
        self.epsilon = float(epsilon)
        self.complex = bool(complex)
        self.supports_masking = True

    def build(self, input_shape):
        width = input_shape[-1]
        if self.complex and width % 2:
            raise ValueError(
                "Expected a real and an imaginary half: a last axis of even size. "
                f"Received: shape {tuple(input_shape)}"
            )
        self.offset = self.add_weight(
            name="offset",
            shape=(width // 2 if self.complex else width,),
            initializer=self.offset_initializer,
        )

    def call(self, inputs):
        offset = ops.convert_to_tensor(self.offset)
        if not self.complex:
            magnitude = ops.relu(ops.abs(inputs) + (offset + self.epsilon))
            return ops.sign(inputs) * magnitude
        halves: Any = ops.split(inputs, 2, axis=-1)
        real, imaginary = halves
        square = ops.square(real) + ops.square(imaginary)
        # The slope of a root is infinite at zero; nothing must flow back from there.
        zero = ops.equal(square, 0)
        length = ops.where(zero, 0.0, ops.sqrt(ops.where(zero, 1.0, square)))
        length = length + self.epsilon
        kept = ops.relu(length + offset)
        factor = kept / (length if self.epsilon else ops.where(zero, 1.0, length))
        return ops.concatenate([factor * real, factor * imaginary], axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape

    def slope(self, outputs):
        """The derivative by the input, from the outputs; of the real form."""
        return ops.cast(ops.not_equal(outputs, 0), outputs.dtype)

    def parameter_cotangents(self, outputs, input_cotangents):
        """The cotangents of the offset, from those of the input; of the real form.

        Args:
            outputs: Tensor `(..., units)`.
            input_cotangents: Tensor of the same shape.
        """
        by_sample = ops.sign(outputs) * input_cotangents
        axes = tuple(range(len(outputs.shape) - 1))
        return (ops.sum(by_sample, axis=axes),)

    def get_config(self):
        return {
            **super().get_config(),
            "offset_initializer": keras.initializers.serialize(self.offset_initializer),
            "epsilon": self.epsilon,
            "complex": self.complex,
        }
