"""Gradient steps towards local stability."""

from typing import Any

import numpy as np

from keras_nonnormal.optimizers import AdaBelief, Lookahead
from keras_nonnormal.pretraining.course import SETTLED
from keras_nonnormal.pretraining.radius import scalars_and_gradients
from keras_nonnormal.pretraining.variables import as_array

LEARNING_RATE = 7.2e-3


class Descent:
    r"""Steps of Lookahead(AdaBelief) on the mean of $(ρ - ρ^*)^2$.

    The loss is that of the published procedure, for all transitions at once; without
    its shuffles and rescalings, and with moments that last.

    Args:
        stack: The `FrameStack` or `BlockStack`.
        jacobians: The `Jacobians` of the stack.
        targets: Target of each transition by key.
        learning_rate: Float. Defaults to `7.2e-3`.
    """

    def __init__(self, stack, jacobians, targets, learning_rate=None):
        self.stack, self.jacobians, self.targets = stack, jacobians, targets
        self.learning_rate = learning_rate or LEARNING_RATE
        self.variables = list(stack.model.trainable_variables)
        self._optimizer = Lookahead(AdaBelief(self.learning_rate))
        self._optimizer.build(self.variables)

    def look(self, walk: Any) -> tuple[dict, list]:
        """Radii at a frame, and the gradient of the loss; the walk goes on."""
        dense, after, _ = self.jacobians.dense(walk.frame, walk.states)
        radii, cotangents = {}, []
        for transition, tensor in zip(self.stack.transitions, dense, strict=True):
            jacobian = as_array(tensor)
            if not np.isfinite(jacobian).all():
                return {transition.key: np.array([np.nan])}, []
            square = jacobian.shape[1] == jacobian.shape[2]
            variant = "radius" if square else "norm2"
            values, slopes = scalars_and_gradients(jacobian, variant)
            away = 2 * (values - self.targets[transition.key])
            away /= len(values) * len(dense)
            cotangents.append((away[:, None, None] * slopes).astype(jacobian.dtype))
            radii[transition.key] = values
        gradients = self.jacobians.gradient(walk.frame, walk.states, cotangents)
        walk.states = after
        return radii, gradients

    def move(self, means: dict, gradients: list, calm: int) -> None:
        """One step of the optimizer, shorter and shorter once it is calm."""
        self._optimizer.learning_rate = self.learning_rate / (1 + calm / SETTLED)
        self._optimizer.apply(gradients, self.variables)
