from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
class ActivationRegularization(keras.layers.Layer):
    r"""A penalty on large activations (AR), and on fast changes of them (TAR).

    $$ \alpha\,\langle h_t^2 \rangle + \beta\,\langle (h_t - h_{t-1})^2 \rangle $$

    with means over samples, time steps and units. The layer gives out what it gets, and
    adds the penalty to the losses of the model while training. As published, AR sees
    the last layer's output after dropout and TAR sees it before: two layers.

    Args:
        alpha: Weight of AR, at least 0.
        beta: Weight of TAR, at least 0.
        **kwargs: The arguments every Keras layer takes.

    Call arguments:
        inputs: Tensor `(batch, time, units)`.
        mask: Optional boolean tensor `(batch, time)`: which steps count. A change
            counts if both its steps do.
        training: Whether to add the penalty.

    Returns:
        `inputs`.

    Raises:
        ValueError: If a weight is negative.

    Example:

    >>> import numpy as np
    >>> layer = ActivationRegularization(alpha=2.0, beta=1.0)
    >>> _ = layer(np.array([[[1.0], [4.0]]]), training=True)
    >>> float(sum(layer.losses))  # 2 (1 + 16) / 2 + (4 - 1) ** 2
    26.0

    Reference:
        - [Merity et al., 2017](https://arxiv.org/abs/1708.01009)
    """

    def __init__(self, alpha=0.0, beta=0.0, **kwargs):
        super().__init__(**kwargs)
        if min(alpha, beta) < 0:
            raise ValueError(
                "Expected `alpha` and `beta` to be at least 0. "
                f"Received: alpha={alpha!r}, beta={beta!r}"
            )
        self.alpha, self.beta = alpha, beta
        self.supports_masking = True

    def call(self, inputs, mask=None, training=False):
        if training:
            dtype = keras.backend.result_type(inputs.dtype, "float32")
            h: Any = ops.cast(inputs, dtype)
            weight: Any = ops.ones_like(h[..., :1])
            if mask is not None:
                weight = ops.cast(ops.expand_dims(mask, -1), dtype)
            if self.alpha:
                self.add_loss(self.alpha * _mean_square(h, weight))
            if self.beta:
                both = weight[:, 1:] * weight[:, :-1]
                self.add_loss(self.beta * _mean_square(h[:, 1:] - h[:, :-1], both))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}


def _mean_square(x, weight):
    """The weighted mean of squares, 0 of nothing; weights are `(batch, time, 1)`."""
    count = ops.sum(weight) * x.shape[-1]
    return ops.divide_no_nan(ops.sum(weight * ops.square(x)), count)
