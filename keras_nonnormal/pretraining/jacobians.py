"""Jacobians of the transitions of a model, compiled, and the radii of these."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.pretraining import krylov

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
        self._gradient = _backend.jit(self._weighted_gradient)

    def dense(self, frame: list, states: list) -> tuple[list, list, list]:
        """All Jacobians at a frame.

        Returns:
            A tensor `(B, out, in)` for each transition, the new states, the mean inputs.
        """
        return self._dense(self.stack.weights(), frame, states)

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
