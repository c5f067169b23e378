"""The adaptive nonlinear recurrent unit, and its cell."""

from typing import Any, Unpack

import keras
from keras import ops
from keras.initializers import VarianceScaling

from keras_nonnormal.activations import gamma
from keras_nonnormal.activations.gamma_family import gamma_partials
from keras_nonnormal.initializers import UniformOnce
from keras_nonnormal.initializers.named_kernels import kernel_of, recurrent_of
from keras_nonnormal.layers.arguments import SimpleRNNArguments, arguments_of
from keras_nonnormal.layers.layer_of_cell import LayerOfCell
from keras_nonnormal.layers.stair_cell import bare
from keras_nonnormal.recurrence import Adjoint


@keras.saving.register_keras_serializable("keras_nonnormal")
class ANRUCell(keras.layers.SimpleRNNCell):
    """One step of `ANRU`; takes the same arguments, but for those of the loop.

    Args:
        units: Positive integer, neurons.
        controller_units: Positive integer, size of the controller of a neuron.
        return_shapes: Whether the output is `[h, n, s]` instead of h alone.
        **kwargs: As for `ANRU`.
    """

    def __init__(
        self,
        units: int,
        controller_units: int = 50,
        kernel_initializer: Any = "kaiming",
        recurrent_initializer: Any = "henaff",
        controller_initializer: Any = "kaiming",
        controller_recurrent_initializer: Any = "henaff",
        gain_initializer: Any = None,
        saturation_initializer: Any = "zeros",
        return_shapes: bool = False,
        **kwargs: Unpack[SimpleRNNArguments],
    ):
        super().__init__(
            units,
            activation="linear",
            kernel_initializer=kernel_of(kernel_initializer),
            recurrent_initializer=recurrent_of(recurrent_initializer),
            **kwargs,
        )
        if controller_units != int(controller_units) or controller_units < 1:
            raise ValueError(
                "Expected `controller_units` to be a positive integer. "
                f"Received: controller_units={controller_units!r}"
            )
        self.controller_units = int(controller_units)
        self.controller_initializer: Any = kernel_of(controller_initializer)
        self.controller_recurrent_initializer: Any = recurrent_of(
            controller_recurrent_initializer
        )
        self.gain_initializer: Any = keras.initializers.get(
            gain_initializer or UniformOnce(5, 7)
        )
        self.saturation_initializer: Any = keras.initializers.get(
            saturation_initializer
        )
        self.return_shapes = bool(return_shapes)
        self.state_size: Any = [units, units * self.controller_units]
        self.output_size = 3 * units if self.return_shapes else units

    def build(self, input_shape):
        super().build(input_shape)
        size = self.controller_units
        decoders = {"gain": 0.1, "saturation": 0.01}
        starts = {
            "controller_kernel": ((1, size), self.controller_initializer),
            "controller_recurrent_kernel": (
                (size, size),
                self.controller_recurrent_initializer,
            ),
            "controller_bias": ((size,), "zeros"),
            **{
                f"{name}_kernel": ((size, 1), _xavier(scale))
                for name, scale in decoders.items()
            },
            "gain_bias": ((1,), self.gain_initializer),
            "saturation_bias": ((1,), self.saturation_initializer),
        }
        for name, (shape, initializer) in starts.items():
            weight = self.add_weight(name=name, shape=shape, initializer=initializer)
            setattr(self, name, weight)

    @property
    def controller(self) -> tuple:
        """The weights that all neurons share, as `advance` takes them."""
        return tuple(
            getattr(self, name)
            for name in (
                *("controller_kernel", "controller_recurrent_kernel"),
                *("controller_bias", "gain_kernel", "gain_bias"),
                *("saturation_kernel", "saturation_bias"),
            )
        )

    def advance(self, z, g, controller):
        """A step after the pre-activations: output, controllers, gains, saturations.

        Args:
            z: Tensor `(..., units)`.
            g: Tensor `(..., units * controller_units)`.
            controller: Tuple of tensors, see `controller`.
        """
        kernel, recurrent, bias, *decoders = controller
        rows = ops.reshape(g, (-1, self.controller_units))
        own = ops.reshape(z, (-1, 1)) * kernel + bias
        rows = ops.tanh(own + ops.matmul(rows, recurrent))
        n, s = _shapes(rows, decoders, ops.shape(z))
        return gamma(z, n, s), ops.reshape(rows, ops.shape(g)), n, s

    def retreat(self, z, after, controller, d_after):
        """`advance` backwards; see `keras_nonnormal.recurrence.Adjoint`."""
        kernel, recurrent, _, *decoders = controller
        rows = ops.reshape(after[1], (-1, self.controller_units))
        n, s = _shapes(rows, decoders, ops.shape(z))
        d_h, d_g = d_after
        by_z, by_n, by_s = (d_h * each for each in gamma_partials(z, n, s))
        d_rows = ops.reshape(d_g, ops.shape(rows))
        for each, weights in ((by_n, decoders[0]), (by_s, decoders[2])):
            d_rows = d_rows + ops.reshape(each, (-1, 1)) * ops.transpose(weights)
        d_own = d_rows * (1 - rows * rows)
        d_z = by_z + ops.reshape(ops.matmul(d_own, ops.transpose(kernel)), ops.shape(z))
        d_g = ops.reshape(ops.matmul(d_own, ops.transpose(recurrent)), ops.shape(d_g))
        return (
            d_z,
            (ops.zeros_like(d_h), d_g),
            (ops.reshape(d_own, ops.shape(d_g)), by_n, by_s),
        )

    def controller_cotangents(self, z, first, after, emitted):
        """The cotangents of `controller`, summed over time, samples and neurons."""

        def rows(tensor, width=self.controller_units):
            return ops.reshape(tensor, (-1, width))

        def product(left, right):
            return ops.matmul(ops.transpose(left), right)

        d_own, by_n, by_s = emitted
        g, d_rows = after[1], rows(d_own)
        d_recurrent = product(rows(first[1]), rows(d_own[0]))
        d_recurrent = d_recurrent + product(rows(g[:-1]), rows(d_own[1:]))
        ones = ops.ones_like(rows(z, 1))
        d_affine: Any = product(ops.concatenate([rows(z, 1), ones], 1), d_rows)
        d_shapes = ops.concatenate([rows(by_n, 1), rows(by_s, 1)], 1)
        d_decoder: Any = product(rows(g), d_shapes)
        d_biases: Any = ops.sum(d_shapes, axis=0)
        return (
            d_affine[:1],
            d_recurrent,
            d_affine[1],
            d_decoder[:, :1],
            d_biases[:1],
            d_decoder[:, 1:],
            d_biases[1:],
        )

    def call(self, sequence, states, training=False):
        z, _ = super().call(sequence, states[:1], training)
        controller = tuple(
            ops.cast(each, self.compute_dtype) for each in self.controller
        )
        h, g, n, s = self.advance(z, states[1], controller)
        output = ops.concatenate([h, n, s], axis=-1) if self.return_shapes else h
        return output, [h, g]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, n), self.compute_dtype) for n in self.state_size]

    def get_config(self):
        config = super().get_config()
        del config["activation"]
        return {
            **config,
            "controller_units": self.controller_units,
            **{
                name: keras.initializers.serialize(getattr(self, name))
                for name in (
                    *("controller_initializer", "controller_recurrent_initializer"),
                    *("gain_initializer", "saturation_initializer"),
                )
            },
            "return_shapes": self.return_shapes,
        }


@keras.saving.register_keras_serializable("keras_nonnormal")
class ANRU(LayerOfCell):
    r"""A recurrent network whose neurons adapt their nonlinearity at every time step.

    $$ a_t = x_t K + b + h_{t-1} V, \qquad
       g_t^i = \tanh(a_t^i u + c + g_{t-1}^i W), $$
    $$ n_t^i = g_t^i w_n + b_n, \quad s_t^i = g_t^i w_s + b_s, \qquad
       h_t^i = γ(a_t^i; n_t^i, s_t^i) $$

    Beside each neuron i runs a small recurrent network, its controller, which sees the
    neuron's own pre-activation and sets gain and saturation of its `gamma`. Its weights
    are shared by all neurons, its state is each neuron's own. Where these are more than
    2^28 numbers, `time * batch * units * controller_units`, the backward pass makes
    them again rather than keep them.

    The published program has a second bias in each of the two affine maps; two that
    are always added are one here. Adam moves the pair by twice the step: for the same
    course give this bias twice the rate (`rate_factors` of `AdamTorch`).

    Args:
        units: Positive integer, neurons: dimensionality of the output space.
        controller_units: Positive integer, size of the controller of a neuron.
            Defaults to 50.
        kernel_initializer: Start of $K$, `(features, units)`: any Keras initializer, or
            a name that `keras_nonnormal.initializers.kernel_initializer` knows.
            Defaults to `"kaiming"`.
        recurrent_initializer: Start of $V$, `(units, units)`: any Keras initializer, or
            a name that `keras_nonnormal.initializers.recurrent_initializer` knows.
            Defaults to `"henaff"`.
        controller_initializer: Start of $u$, `(1, controller_units)`, likewise.
        controller_recurrent_initializer: Start of $W$, `(controller_units,
            controller_units)`, likewise.
        gain_initializer: Start of $b_n$. Defaults to `UniformOnce(5, 7)`.
        saturation_initializer: Start of $b_s$. Defaults to zero. ($w_n$ and $w_s$ are
            normal draws of Glorot's variance, times 0.1 and 0.01.)
        return_shapes: Whether the output is `[h, n, s]`, three times as wide; Keras's
            own loop then runs. Defaults to `False`.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of h for
            every time step. There is then one more state, the time step `(batch, 1)`.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, but for `activation`.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of two tensors: h, `(batch, units)`, and the
            controllers' states, `(batch, units * controller_units)`.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the two final states.

    Raises:
        ValueError: If a size is not a positive integer.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal import ANRU
    >>> tuple(ANRU(8, controller_units=5)(np.zeros((2, 5, 3), "float32")).shape)
    (2, 8)

    Reference:
        - [arXiv 2006.12253](https://arxiv.org/abs/2006.12253), and the code published
          with it
    """

    cell_class = ANRUCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    most_kept = 2**28  # a GiB of float32

    @property
    def fusible(self):
        return not self.cell.return_shapes

    def affine(self):
        cell = self.cell
        return (cell.kernel,) if cell.bias is None else (cell.kernel, cell.bias)

    def recurrent_matrix(self, training=False):
        return self.cell.recurrent_kernel

    def step_parameters(self):
        return self.cell.controller

    def step(self, z, state, inputs, parameters):
        h, g, _, _ = self.cell.advance(z, state[1], parameters)
        return h, g

    @property
    def adjoint(self):
        cell = self.cell
        return Adjoint(
            bare(cell).retreat, bare(cell).controller_cotangents, _emitted_like
        )


ARUN = ANRU
"""The name that the last published revision gives to ANRU."""


def _xavier(scale):
    return VarianceScaling(scale * scale, "fan_avg", "untruncated_normal")


def _shapes(rows, decoders, shape):
    """Gains and saturations from controller states, `(..., controller_units)`."""
    gain_kernel, gain_bias, saturation_kernel, saturation_bias = decoders
    kernels = ops.concatenate([gain_kernel, saturation_kernel], axis=1)
    both: Any = ops.matmul(rows, kernels)
    n, s = (ops.reshape(both[:, column], shape) for column in (0, 1))
    return n + gain_bias, s + saturation_bias


def _emitted_like(z, after):
    return after[1], z, z
