import math
from typing import Any

import keras
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal._precision import precise
from keras_nonnormal.parametrizations.parametrization import Parametrization


@keras.saving.register_keras_serializable("keras_nonnormal")
class Givens(Parametrization):
    r"""A unitary matrix as a product of stages of plane rotations.

    A stage turns disjoint pairs of units $(a, b)$, each by its own angle:

    $$ a' = \cos θ \, a - \sin θ \, e^{iφ} b, \qquad
       b' = \sin θ \, a + \cos θ \, e^{iφ} b $$

    with $φ = 0$ in the real form. In the tunable style, stages alternate between the
    pairs (0, 1), (2, 3), ... and the pairs (1, 2), (3, 4), ...; in the FFT style, stage
    $i$ pairs units $n / 2^{i+1}$ apart. The complex form ends with a phase $e^{iω}$ for
    every unit.

    The stages are multiplied out once per call. A complex state of n units is the real
    row [real | imaginary], so the matrix is then real of shape (2n, 2n).

    Args:
        capacity: Even integer from 2 to the number of units: the number of stages of
            the tunable style.
        fft: Whether to use the FFT style, which has log2(n) stages.
        complex: Whether the matrix is complex.
        initializer: Start of all angles, in radians. Defaults to uniform in [-π, π].
        **kwargs: The arguments every Keras layer takes.

    Raises:
        ValueError: If `capacity` is odd; when built, if it exceeds the number of units,
            if that is odd, or no power of two in the FFT style.

    Example:

    >>> import numpy as np
    >>> givens = Givens(capacity=2, complex=False)
    >>> givens.build((4, 4))
    >>> w = keras.ops.convert_to_numpy(givens.matrix())
    >>> bool(np.allclose(w @ w.T, np.eye(4), atol=1e-6))
    True

    Reference:
        - [Jing et al. 2017](https://arxiv.org/abs/1612.05231), "Tunable Efficient
          Unitary Neural Networks (EUNN) and their application to RNNs", section 3
    """

    def __init__(self, capacity=2, fft=False, complex=True, initializer=None, **kwargs):
        super().__init__(**kwargs)
        if not fft:
            check_capacity(capacity)
        self.capacity = capacity
        self.fft = bool(fft)
        self.complex = bool(complex)
        self.initializer = keras.initializers.get(
            initializer or keras.initializers.RandomUniform(-math.pi, math.pi)
        )

    def build(self, shape):
        super().build(shape)
        self.units = self.built_size // 2 if self.complex else self.built_size
        if self.fft:
            check_power_of_two(self.units)
            shapes = {"": (int(math.log2(self.units)), self.units // 2)}
        else:
            check_capacity(self.capacity, self.units)
            half = self.units // 2
            shapes = {
                "_a": (self.capacity // 2, half),
                "_b": (self.capacity // 2, half - 1),
            }
        names = ["rotation", "phase"] if self.complex else ["rotation"]
        self.angles = [
            self.add_variable(name + style, shape, self.initializer)
            for name in names
            for style, shape in shapes.items()
        ]
        if self.complex:
            self.omega = self.add_variable("omega", (self.units,), self.initializer)

    def matrix(self, training=False):
        angles: list[Any] = [precise(angle) for angle in self.angles]
        identity = ops.eye(self.units, dtype=angles[0].dtype)
        start = (identity, ops.zeros_like(identity)) if self.complex else (identity,)
        run = self._fft_stages if self.fft else _tunable_stages
        parts: Any = run(start, angles)
        if not self.complex:
            return parts[0]
        omega = precise(self.omega)
        real, imaginary = _times_phase(parts[0], parts[1], omega)
        return ops.concatenate(
            [
                ops.concatenate([real, imaginary], axis=1),
                ops.concatenate([-imaginary, real], axis=1),
            ]
        )

    def _fft_stages(self, parts, angles):
        for stage in range(angles[0].shape[0]):
            blocks, inner = 2**stage, self.units // 2 ** (stage + 1)
            # The angle of the pair that starts at unit f of block k is number
            # (f mod block size) * blocks + k.
            of_stage = [
                ops.transpose(ops.reshape(a[stage], (inner, blocks))) for a in angles
            ]
            parts = _rotate(parts, of_stage, (blocks, 2, inner))
        return parts

    def get_config(self):
        return {
            **super().get_config(),
            "capacity": self.capacity,
            "fft": self.fft,
            "complex": self.complex,
            "initializer": keras.initializers.serialize(self.initializer),
        }


def check_capacity(capacity, units: int | None = None) -> None:
    """Raises a ValueError for an odd number of stages, or one above `units`."""
    if not isinstance(capacity, int) or capacity < 2 or capacity % 2:
        raise ValueError(
            "Expected `capacity` to be a positive even number of stages. "
            f"Received: capacity={capacity!r}"
        )
    if units is None:
        return
    if units % 2:
        raise ValueError(
            "Rotations pair units: expected an even number of units. "
            f"Received: units={units}"
        )
    if capacity > units:
        raise ValueError(
            f"Expected `capacity` of at most the number of units, {units}. "
            f"Received: capacity={capacity}"
        )


def check_power_of_two(units: int) -> None:
    """Raises a ValueError for a size that has no FFT style."""
    if units < 2 or units & (units - 1):
        raise ValueError(
            "The FFT style halves the units down to pairs: expected a power of two. "
            f"Received: units={units}"
        )


def _tunable_stages(parts, angles):
    """All pairs of stages, one after the other.

    The gradient undoes the stages on the way back, so that the memory it takes does not
    grow with their number.
    """
    count = len(parts)

    def forward(*tensors):
        parts, _ = _backend.scan(
            lambda parts, angles: (_pair_of_stages(parts, angles), ()),
            tensors[:count],
            tensors[count:],
            (),
        )
        return parts

    def backward(parts, cotangents, angles):
        def body(carry, angles):
            parts, cotangents = carry[:count], carry[count:]
            before = _pair_of_stages(parts, angles, undo=True)
            _, pullback = _backend.vjp(
                lambda *rest: _pair_of_stages(rest[:count], rest[count:]),
                *before,
                *angles,
            )
            gradients = pullback(tuple(cotangents))
            return (*before, *gradients[:count]), tuple(gradients[count:])

        carry, d_angles = _backend.scan(
            body,
            (*parts, *cotangents),
            angles,
            tuple((a.shape[1:], a.dtype) for a in angles),
            reverse=True,
        )
        return (*carry[count:], *d_angles)

    @_backend.custom_gradient
    def run(*tensors):
        outputs = forward(*tensors)
        angles = tensors[count:]
        return outputs, lambda cotangents: backward(outputs, tuple(cotangents), angles)

    return run(*parts, *angles)


def _pair_of_stages(parts, angles, undo=False):
    """One stage of each of the two kinds, or its inverse."""
    first, second = angles[::2], angles[1::2]
    n = parts[0].shape[1]
    even = (n // 2, 2, 1)
    odd = (n // 2 - 1, 2, 1)

    def at_even(parts):
        return _rotate(parts, [ops.reshape(a, (-1, 1)) for a in first], even, undo)

    def at_odd(parts):
        if n == 2:
            return parts
        inner = tuple(p[:, 1:-1] for p in parts)
        inner = _rotate(inner, [ops.reshape(a, (-1, 1)) for a in second], odd, undo)
        return tuple(
            ops.concatenate([p[:, :1], i, p[:, -1:]], axis=1)
            for p, i in zip(parts, inner, strict=True)
        )

    return at_even(at_odd(parts)) if undo else at_odd(at_even(parts))


def _rotate(parts, angles, pairs, undo=False):
    """Rotates pairs of columns, given by the middle axis of `pairs`.

    Args:
        parts: Real and, if there is one, imaginary part, `(rows, columns)`.
        angles: Rotations and, with an imaginary part, phases, `(blocks, inner)`.
        pairs: `(blocks, 2, inner)` with the product `columns`.
        undo: Whether to apply the inverse.
    """
    shape = parts[0].shape
    views = [ops.reshape(p, (shape[0], *pairs)) for p in parts]
    a = tuple(v[:, :, 0] for v in views)
    b = tuple(v[:, :, 1] for v in views)
    cosine, sine = ops.cos(angles[0]), ops.sin(angles[0])
    if undo:
        a, b = _turned(a, b, cosine, -sine)
        b = _times_phase(*b, -angles[1]) if len(parts) == 2 else b
    else:
        b = _times_phase(*b, angles[1]) if len(parts) == 2 else b
        a, b = _turned(a, b, cosine, sine)
    return tuple(
        ops.reshape(ops.stack([x, y], axis=2), shape) for x, y in zip(a, b, strict=True)
    )


def _turned(a, b, cosine, sine):
    pairs = tuple(zip(a, b, strict=True))
    return (
        tuple(cosine * x - sine * y for x, y in pairs),
        tuple(sine * x + cosine * y for x, y in pairs),
    )


def _times_phase(real, imaginary, phase):
    cosine, sine = ops.cos(phase), ops.sin(phase)
    return real * cosine - imaginary * sine, real * sine + imaginary * cosine
