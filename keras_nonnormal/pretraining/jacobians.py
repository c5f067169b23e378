"""Jacobians of the transitions of a model, compiled, and the radii of these."""

import contextlib
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.pretraining.krylov import (
    gelfand_radius,
    krylov_radius,
    largest_singular_value,
)
from keras_nonnormal.pretraining.variables import as_array

DENSE_WIDTH = 128
"""Up to this width Jacobians are made whole; beyond it products with them do."""
DOUBLINGS = 10
"""Of the power of a whole Jacobian: radii are within a few tenths of a per cent."""


class Jacobians:
    """The compiled measurements of a `FrameStack` or a `BlockStack`.

    Args:
        stack: Offers `transitions`, `variables`, `weights()` and `functions(...)`.
    """

    def __init__(self, stack):
        self.stack = stack
        # XLA takes longer to compile, which narrow cells do not make up for.
        self._dense = _backend.jit(self._all_dense, xla=not stack.narrow)
        self._sizes = _backend.jit(self._all_sizes, xla=not stack.narrow)
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
        keys = [transition.key for transition in self.stack.transitions]
        radii = dict(zip(keys, map(as_array, sizes), strict=True))
        return radii, after, [as_array(mean) for mean in means]

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

    def _functions(self, frame, states):
        pairs, after, means = self.stack.functions(frame, states)
        means = [ops.cast(mean, _wide(mean)) for mean in means]
        return [(*_widened(f, at), width) for f, at, width in pairs], after, means

    def _all_dense(self, weights, frame, states):
        with self._scope(weights):
            pairs, after, means = self._functions(frame, states)
            return [self._jacobian(pairs, i) for i in range(len(pairs))], after, means

    def _jacobian(self, pairs, i):
        with self._naming(i):
            return _backend.batch_jacobian(*pairs[i][:2])

    @contextlib.contextmanager
    def _naming(self, i):
        """Says which layer it is that cannot be differentiated."""
        try:
            yield
        except LookupError as error:
            raise ValueError(
                f"Layer '{self.stack.transitions[i].name}', or what is between it and "
                f"the next, cannot be differentiated: {error}"
            ) from error

    def _all_sizes(self, weights, frame, states):
        with self._scope(weights):
            pairs, after, means = self._functions(frame, states)
            widths = [(width, at.shape[-1]) for _, at, width in pairs]
            alike: dict[tuple, list[int]] = {}
            sizes: list[Any] = [None] * len(pairs)
            for i, (function, at, _) in enumerate(pairs):
                if max(widths[i]) <= DENSE_WIDTH:
                    alike.setdefault(widths[i], []).append(i)
                else:
                    with self._naming(i):
                        sizes[i] = _size_by_products(function, at)
            for members in alike.values():
                # Those of one shape at once: one loop to compile instead of many.
                dense = [self._jacobian(pairs, i) for i in members]
                found: Any = ops.split(_size(ops.concatenate(dense)), len(members))
                for i, size in zip(members, found, strict=True):
                    sizes[i] = size
            return sizes, after, means

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
            products: Any = [ops.sum(j * ops.cast(g, j.dtype)) for j, g in terms]
            return (sum(products),)

        learned = [w for w, moves in zip(weights, moved, strict=True) if moves]
        outputs, pullback = _backend.vjp(total, *learned)
        return list(pullback((ops.ones_like(outputs[0]),)))


def _wide(tensor) -> str:
    """The dtype to measure in where a layer computes in that of a tensor."""
    double = keras.backend.standardize_dtype(tensor.dtype) == "float64"
    return "float64" if double else "float32"


def _widened(function, at) -> tuple[Any, Any]:
    """A function and its argument, with a Jacobian in float32 or wider.

    In half precision the iterations that find radii and norms give wrong numbers.
    """
    inner, wide = at.dtype, _wide(at)

    def outer(argument):
        return ops.cast(function(ops.cast(argument, inner)), wide)

    return outer, ops.cast(at, wide)


def _size(jacobians):
    """Radii of square Jacobians `(B, n, n)`, norms of others."""

    def transposed(rows):
        return ops.einsum("bij,bi->bj", jacobians, rows)

    def product(columns):
        return ops.einsum("bij,bj->bi", jacobians, columns)

    if jacobians.shape[1] == jacobians.shape[2]:
        return gelfand_radius(jacobians, DOUBLINGS)
    return largest_singular_value(product, transposed, _start(jacobians[:, 0]))


def _size_by_products(function, at):
    """Radii or norms of a function's Jacobians, which are never made."""
    output = function(at)

    def transposed(rows):
        (columns,) = _backend.vjp(function, at)[1](rows)
        return columns

    def product(columns):
        # The transposed product is linear, so its own pullback is the product.
        (rows,) = _backend.vjp(transposed, ops.zeros_like(output))[1](columns)
        return rows

    if output.shape[-1] == at.shape[-1]:
        return krylov_radius(transposed, _start(at))
    return largest_singular_value(product, transposed, _start(at))


def _start(like):
    """The same random vector for every sample, shaped like a tensor `(B, n)`."""
    start = np.random.default_rng(0).standard_normal((1, like.shape[-1]))
    return ops.cast(start, like.dtype) + ops.zeros_like(like)
