"""Jacobians of the transitions of a model, compiled, and the radii of these."""


import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.pretraining.krylov import krylov_radius, largest_singular_value
from keras_nonnormal.pretraining.radius import scalars

DENSE_WIDTH = 64
"""Up to this width Jacobians are made whole; beyond it products with them do."""


class Jacobians:
    """The compiled measurements of a `FrameStack` or a `BlockStack`.

    Args:
        stack: Offers `transitions`, `variables`, `weights()` and `functions(...)`.
    """

    def __init__(self, stack):
        self.stack = stack
        self._dense = _backend.jit(self._all_dense)
        self._sizes = _backend.jit(self._all_sizes)
        self._states = _backend.jit(self._new_states)
        # XLA makes the gradient of Jacobians fifty times as slow on a CPU.
        self._gradient = _backend.jit(self._weighted_gradient, xla=False)

    def dense(self, frame: list, states: list) -> tuple[list, list, list]:
        """All Jacobians at a frame.

        Returns:
            A tensor `(B, out, in)` for each transition, the new states, the mean input
            of each layer.
        """
        return self._dense(self.stack.weights(), frame, states)

    def radii(self, frame: list, states: list) -> tuple[dict, list, list]:
        """How far each transition stretches at a frame.

        The spectral radius where it is square, the largest singular value where it is
        not.

        Returns:
            An array `(B,)` for the key of each transition, the new states, the mean
            input of each layer.
        """
        sizes, after, means = self._sizes(self.stack.weights(), frame, states)
        radii = {}
        for transition, size in zip(self.stack.transitions, sizes, strict=True):
            value = ops.convert_to_numpy(size)
            if value.ndim == 3:
                square = value.shape[1] == value.shape[2]
                value = _sizes_of(value, square)
            radii[transition.key] = value
        return radii, after, means

    def advance(self, frame: list, states: list) -> list:
        """The states after a frame, nothing measured."""
        return self._states(self.stack.weights(), frame, states)

    def gradient(self, frame: list, states: list, cotangents: list) -> list:
        r"""The gradient of $\sum_k \langle G_k, J_k \rangle$ for constant $G_k$.

        Args:
            frame: As for `dense`.
            states: As for `dense`.
            cotangents: The $G_k$, shaped like the Jacobians.

        Returns:
            One tensor per trainable variable of the model.
        """
        return self._gradient(self.stack.weights(), frame, states, cotangents)

    def _scope(self, weights):
        pairs = zip(self.stack.variables, weights, strict=True)
        return keras.StatelessScope(state_mapping=list(pairs))

    def _all_dense(self, weights, frame, states):
        with self._scope(weights):
            pairs, after, means = self.stack.functions(frame, states)
            return [_backend.batch_jacobian(f, at) for f, at in pairs], after, means

    def _all_sizes(self, weights, frame, states):
        """Narrow Jacobians whole; of wide ones their size, `(B,)`."""
        with self._scope(weights):
            pairs, after, means = self.stack.functions(frame, states)
            return [_measured(f, at) for f, at in pairs], after, means

    def _new_states(self, weights, frame, states):
        with self._scope(weights):
            return self.stack.functions(frame, states)[1]

    def _weighted_gradient(self, weights, frame, states, cotangents):
        trainable = {id(v) for v in self.stack.model.trainable_variables}
        moved = [id(v) in trainable for v in self.stack.variables]

        def total(*values):
            values = iter(values)
            all_weights = [
                next(values) if moves else weight
                for moves, weight in zip(moved, weights, strict=True)
            ]
            jacobians, _, _ = self._all_dense(all_weights, frame, states)
            terms = zip(jacobians, cotangents, strict=True)
            return (sum(ops.sum(j * ops.cast(g, j.dtype)) for j, g in terms),)

        learned = [w for w, moves in zip(weights, moved, strict=True) if moves]
        _, pullback = _backend.vjp(total, *learned)
        return list(pullback((ops.ones((), learned[0].dtype),)))


def _measured(function, at):
    output = function(at)
    width_in, width_out = at.shape[-1], output.shape[-1]
    if max(width_in, width_out) <= DENSE_WIDTH:
        return _backend.batch_jacobian(function, at)

    def transposed(rows):
        (columns,) = _backend.vjp(function, at)[1](rows)
        return columns

    def product(columns):
        # The transposed product is linear, so its own pullback is the product.
        (rows,) = _backend.vjp(transposed, ops.zeros_like(output))[1](columns)
        return rows

    start = np.random.default_rng(0).standard_normal((1, width_in))
    start = ops.cast(start, at.dtype) + ops.zeros_like(at)
    if width_in == width_out:
        return krylov_radius(transposed, start)
    return largest_singular_value(product, transposed, start)


def _sizes_of(jacobians, square):
    """Radii or norms; not a number where a Jacobian is none."""
    finite = np.isfinite(jacobians).all(axis=(1, 2))
    sizes = np.full(len(jacobians), np.nan)
    if finite.any():
        sizes[finite] = scalars(jacobians[finite], "radius" if square else "norm2")
    return sizes
