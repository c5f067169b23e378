"""The adaptive leaky integrate-and-fire network, and its cell."""

import math
from typing import Any, Unpack

import keras
from keras import ops

from keras_nonnormal._precision import precise
from keras_nonnormal.activations.surrogate import spike, surrogate_slope
from keras_nonnormal.constraints import AtLeast
from keras_nonnormal.layers.arguments import (
    KernelArguments,
    RecurrentArguments,
    StairArguments,
    arguments_of,
)
from keras_nonnormal.layers.layer_of_cell import LayerOfCell
from keras_nonnormal.layers.stair_cell import bare
from keras_nonnormal.recurrence import Adjoint


class ALIFArguments(StairArguments, KernelArguments, RecurrentArguments, total=False):
    """The further arguments of `ALIF`, which has no bias."""


@keras.saving.register_keras_serializable("keras_nonnormal")
class ALIFCell(keras.layers.SimpleRNNCell):
    """One step of `ALIF`; takes the same arguments, but for those of the loop.

    Its states are the spikes z, the voltages v and the adaptations a. The spikes are a
    function of the other two: `compact` leaves them out, `expand` puts them back.

    Args:
        units: Positive integer, neurons.
        **kwargs: As for `ALIF`.
    """

    def __init__(
        self,
        units: int,
        tau: Any = 0.1,
        tau_adaptation: Any = 100.0,
        threshold: Any = 0.01,
        beta: Any = 1.8,
        signed_beta: bool = False,
        dampening: float = 0.5,
        sharpness: float = 1.0,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "glorot_uniform",
        **kwargs: Unpack[ALIFArguments],
    ):
        super().__init__(
            units,
            activation="linear",
            use_bias=False,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            **kwargs,
        )
        self._starts = {
            "tau": _number_or_initializer(tau),
            "tau_adaptation": _number_or_initializer(tau_adaptation),
            "threshold": _number_or_initializer(threshold),
            "beta": _number_or_initializer(beta),
        }
        for name, start in self._starts.items():
            if name in _LEAST and isinstance(start, float) and not start > 0:
                raise ValueError(
                    f"Expected `{name}` to be a positive number or an initializer. "
                    f"Received: {name}={start!r}"
                )
        self.signed_beta = bool(signed_beta)
        self.dampening, self.sharpness = float(dampening), float(sharpness)
        self.state_size: Any = [units, units, units]
        self.output_size = units

    def build(self, input_shape):
        for name in self._starts:
            weight = self.add_weight(
                name=name,
                shape=(self.units,),
                initializer=self._vector_initializer(name, input_shape[-1]),
                constraint=AtLeast(_LEAST[name]) if name in _LEAST else None,
                autocast=False,
            )
            setattr(self, name, weight)
        super().build(input_shape)

    def _vector_initializer(self, name, features):
        start = self._starts[name]
        if not isinstance(start, float):
            return start
        if name == "beta" and self.signed_beta:
            return keras.initializers.RandomNormal(0.0, start / math.sqrt(features))
        return keras.initializers.TruncatedNormal(start, abs(start) * 3 / 7)

    def call(self, sequence, states, training=False):
        spikes = states[0]
        dropout = self.get_dropout_mask(sequence)
        recurrent_dropout = self.get_recurrent_dropout_mask(spikes)
        if training and dropout is not None:
            sequence = sequence * dropout
        if training and recurrent_dropout is not None:
            spikes = spikes * recurrent_dropout
        drive = ops.matmul(sequence, self.kernel)
        drive = drive + ops.matmul(spikes, self.recurrent_matrix())
        states = self.advance(drive, states, self.constants())
        return states[0], list(states)

    def recurrent_matrix(self):
        """The recurrent kernel without its diagonal: no neuron drives itself."""
        kernel: Any = ops.convert_to_tensor(self.recurrent_kernel)
        return kernel * (1 - ops.eye(self.units, dtype=kernel.dtype))

    def constants(self) -> tuple:
        """Decays of voltage and adaptation per step, threshold and beta, `(units,)`."""
        decays = (ops.exp(-1 / precise(t)) for t in (self.tau, self.tau_adaptation))
        return tuple(
            ops.cast(each, self.compute_dtype)
            for each in (*decays, self.threshold, self.beta)
        )

    def advance(self, drive, states, constants) -> tuple:
        """The states after a step.

        Args:
            drive: Tensor `(..., units)`, from the input and the other neurons.
            states: The three states, tensors `(..., units)`.
            constants: See `constants`.
        """
        decay, adaptation_decay, threshold, beta = constants
        z, v, a = states
        a = adaptation_decay * a + (1 - adaptation_decay) * z
        level = threshold + beta * a
        v = decay * v + drive - ops.stop_gradient(level * z)
        return self._spike(v - level), v, a

    def retreat(self, drive, after, constants, d_after):
        """`advance` backwards; see `keras_nonnormal.recurrence.Adjoint`."""
        decay, adaptation_decay, threshold, beta = constants
        _, v, a = after
        d_z, d_v, d_a = d_after
        d_distance = d_z * self._slope(v - (threshold + beta * a))
        d_v, d_a = d_v + d_distance, d_a - beta * d_distance
        before = ((1 - adaptation_decay) * d_a, decay * d_v, adaptation_decay * d_a)
        return d_v, before, (d_v, d_a, d_distance)

    def compact(self, states) -> tuple:
        """The states that determine the others, (v, a)."""
        return tuple(states[1:])

    def expand(self, states) -> list:
        """All states from `(v, a)`, the spikes with their surrogate gradient."""
        v, a = states
        return [self._spike(self._distance(v, a)), v, a]

    def output_slopes(self, v, a) -> tuple:
        """The slopes of the spikes by `v` and by `a`, tensors `(..., units)`."""
        slope = self._slope(self._distance(v, a))
        return slope, -slope * ops.cast(self.beta, slope.dtype)

    def _distance(self, v, a):
        threshold, beta = (ops.cast(x, v.dtype) for x in (self.threshold, self.beta))
        return v - (threshold + beta * a)

    def _spike(self, distance):
        return spike(distance, self.dampening, self.sharpness)

    def _slope(self, distance):
        return surrogate_slope(distance, self.dampening, self.sharpness)

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, n), self.compute_dtype) for n in self.state_size]

    def get_config(self):
        config = super().get_config()
        for name in ("activation", "use_bias", *_OF_BIAS):
            del config[name]
        for name, start in self._starts.items():
            number = isinstance(start, float)
            config[name] = start if number else keras.initializers.serialize(start)
        return {
            **config,
            "signed_beta": self.signed_beta,
            "dampening": self.dampening,
            "sharpness": self.sharpness,
        }


@keras.saving.register_keras_serializable("keras_nonnormal")
class ALIF(LayerOfCell):
    r"""A network of adaptive leaky integrate-and-fire neurons, whose output is spikes.

    $$ a_t = κ_a a_{t-1} + (1 - κ_a) z_{t-1}, \qquad θ_t = θ + β a_t $$
    $$ v_t = κ_v v_{t-1} + x_t W + z_{t-1} V - θ_t z_{t-1}, \qquad
       z_t = [v_t > θ_t], $$

    with $κ_v = e^{-1/τ}$ and $κ_a = e^{-1/τ_a}$. A neuron that has spiked is reset by
    its threshold, and the threshold rises with every spike and decays again. The
    gradient passes a spike by `keras_nonnormal.activations.spike`, and does not pass
    the reset. The diagonal of $V$ counts as zero. $τ$, $τ_a$, $θ$ and $β$ are learned,
    one number per neuron.

    Args:
        units: Positive integer, neurons: dimensionality of the output space.
        tau: Start of $τ$, in time steps. A number m means a normal draw of mean m
            and standard deviation 3m/7, none further off than two of these; or any
            Keras initializer. Defaults to 0.1: hardly any memory of the voltage.
        tau_adaptation: Start of $τ_a$, likewise. Half the length of the sequences in
            the paper. Defaults to 100.
        threshold: Start of $θ$, likewise. Defaults to 0.01.
        beta: Start of $β$, likewise. Defaults to 1.8.
        signed_beta: Whether a number for `beta` means a normal draw of mean 0 and of
            this standard deviation over the root of the number of features: spikes
            then raise some thresholds and lower others. Defaults to `False`.
        dampening: Float, height of the surrogate gradient. Defaults to 0.5.
        sharpness: Float, how fast it falls off. Defaults to 1.
        kernel_initializer: Start of $W$, `(features, units)`: any Keras initializer.
        recurrent_initializer: Start of $V$, `(units, units)`, likewise.
        stair: A `Stair` or the name of its schedule, but exp-alpha: a factor of the
            spikes for every time step. Keras's own loop then runs.
        reset_step: Whether the stair begins anew at every call, also where the state
            is carried on. Defaults to `False`.
        fused: `"auto"`, `True` or `False`: whether the compiled recurrence runs or
            Keras's own loop; see `fused_loops`. Defaults to `"auto"`.
        **kwargs: As for `keras.layers.SimpleRNN`, but for `activation` and those of
            the bias.

    Call arguments:
        sequences: Tensor `(batch, time, features)`.
        initial_state: Optional list of three tensors `(batch, units)`: z, v and a.
        mask: Optional boolean tensor `(batch, time)`; `False` skips a time step.
        training: Whether dropout is applied.

    Returns:
        Tensor `(batch, units)`, or `(batch, time, units)` with `return_sequences`;
        with `return_state` followed by the three final states.

    Raises:
        ValueError: If a time constant or the threshold is not positive.

    Example:

    >>> import numpy as np
    >>> from keras_nonnormal.layers import ALIF
    >>> spikes = ALIF(8, return_sequences=True)(np.ones((2, 5, 3), "float32"))
    >>> tuple(spikes.shape), sorted(set(map(float, np.ravel(spikes))))
    ((2, 5, 8), [0.0, 1.0])

    Reference:
        - [arXiv 2308.12075](https://arxiv.org/abs/2308.12075), where this is "ALIF+",
          and "ALIF±" with `signed_beta`; [Bellec et al.
          2018](https://arxiv.org/abs/1803.09574) for the neuron
    """

    cell_class = ALIFCell

    @arguments_of(cell_class)
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    @property
    def fusible(self):
        # The recurrence has a stair act through the recurrent matrix alone, but here
        # spikes have more effects than this.
        return not self.stair

    def affine(self):
        return (self.cell.kernel,)

    def recurrent_matrix(self, training=False):
        return self.cell.recurrent_matrix()

    def step_parameters(self):
        return self.cell.constants()

    def step(self, z, state, inputs, parameters):
        return self.cell.advance(z, state, parameters)

    @property
    def adjoint(self):
        return Adjoint(bare(self.cell).retreat, _constant_cotangents, _emitted_like)


_LEAST = {"tau": 1e-3, "tau_adaptation": 1e-3, "threshold": 1e-4}
_OF_BIAS = ("bias_initializer", "bias_regularizer", "bias_constraint")


def _number_or_initializer(start):
    if isinstance(start, (int, float)):
        return float(start)
    return keras.initializers.get(start)


def _constant_cotangents(drive, first, after, emitted):
    """The cotangents of the constants, summed over time and samples."""

    def total(values, d_after):
        return ops.sum(values * d_after, axis=(0, 1))

    def total_before(index, d_after):
        at_first = ops.sum(first[index] * d_after[0], axis=0)
        return at_first + total(after[index][:-1], d_after[1:])

    d_v, d_a, d_distance = emitted
    return (
        total_before(1, d_v),
        total_before(2, d_a) - total_before(0, d_a),
        -ops.sum(d_distance, axis=(0, 1)),
        -total(after[2], d_distance),
    )


def _emitted_like(drive, after):
    return drive, drive, drive
