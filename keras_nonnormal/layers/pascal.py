"""The Pascal network, the exact test case of gradients in time and depth."""

from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_nonnormal.layers.arguments import StairArguments, arguments_of
from keras_nonnormal.layers.layer_of_cell import LayerOfCell


@keras.saving.register_keras_serializable("keras_nonnormal")
class PascalRNNCell(keras.layers.SimpleRNNCell):
    """One step of `PascalRNN`, of all layers at once; takes the same arguments.

    Args:
        layers: Positive integer, number of layers.
        rho: Float, the factor of every edge.
        **kwargs: The arguments every Keras layer takes.
    """

    def __init__(self, layers: int, rho: float = 0.5, **kwargs: Unpack[StairArguments]):
        super().__init__(layers, activation="linear", use_bias=False, **kwargs)
        self.rho = float(rho)
        self.output_size = 1

    def build(self, input_shape):
        if input_shape[-1] != 1:
            raise ValueError(
                "A Pascal network has one unit per layer: expected 1 feature. "
                f"Received: {input_shape[-1]}"
            )
        depth: Any = np.arange(self.units)
        # Up from layer k to layer l it takes l - k edges, and one more in time.
        edges = depth - depth[:, None]
        powers = np.where(edges < 0, 0.0, self.rho ** np.maximum(edges + 1.0, 0))
        # Constants, not variables: there is nothing to learn.
        self.kernel = powers[:1].astype(self.compute_dtype)
        self.recurrent_kernel = powers.astype(self.compute_dtype)
        self.bias = None

    def call(self, sequence, states, training=False):
        h: Any
        h, states = super().call(sequence, states, training)
        return h[..., -1:], states

    def get_config(self):
        config = keras.layers.Layer.get_config(self)
        return {**config, "layers": self.units, "rho": self.rho}


@keras.saving.register_keras_serializable("keras_nonnormal")
class PascalRNN(LayerOfCell):
    r"""Linear layers of one unit each, with one factor everywhere.

    $$ y_{t,l} = ρ (y_{t,l-1} + y_{t-1,l}), \qquad y_{t,0} = x_t $$

    The gradient from $(T, L)$ back to $x_t$ is a sum over all paths in the grid of time
    and depth, and each path counts the same. At $ρ = 1$ it grows like the number of
    paths, $\sum_s ∂y_{s,L} / ∂x_t = \binom{T-1-t+L}{L}$ with t from 0; at $ρ = 1/2$ it
    is 1, but near the end of the sequence. There is nothing to learn.

    Args:
        layers: Positive integer, the $L$ above.
        rho: Float, the $ρ$. Defaults to 0.5.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.RNN`.

    Call arguments:
        sequences: Tensor `(batch, time, 1)`.
        initial_state: Optional list of one tensor `(batch, layers)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.

    Returns:
        Tensor `(batch, 1)`, or `(batch, time, 1)` with `return_sequences`: the last
        layer's unit; with `return_state` followed by the units of all layers.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import PascalRNN
    >>> impulse = np.eye(1, 5, dtype="float32")[..., None]
    >>> [int(y) for y in PascalRNN(3, rho=1.0, return_sequences=True)(impulse)[0, :, 0]]
    [1, 3, 6, 10, 15]

    Reference:
        - [arXiv 2308.12075](https://arxiv.org/abs/2308.12075), figure 1
    """

    cell_class = PascalRNNCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def affine(self):
        return (self.cell.kernel,)

    def recurrent_matrix(self, training=False):
        return self.cell.recurrent_kernel

    def step(self, z, state, inputs, parameters):
        return (z,)

    @property
    def slope(self):
        return ops.ones_like

    def output_of(self, state):
        return state[..., -1:]
