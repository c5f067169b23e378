"""Gradient steps towards local stability."""

import numpy as np

from keras_nonnormal.optimizers import AdaBelief, Lookahead
from keras_nonnormal.pretraining.frame_stream import FrameStream
from keras_nonnormal.pretraining.loop import SETTLED
from keras_nonnormal.pretraining.radius import norms_and_gradients, radii_and_gradients
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

    def measure(self, stream: FrameStream) -> tuple[dict, list]:
        """Radii at a frame, and the gradient of the loss."""
        dense, after, _ = self.jacobians.dense(stream.frame, stream.states)
        radii, cotangents = {}, []
        for transition, tensor in zip(self.stack.transitions, dense, strict=True):
            jacobian = as_array(tensor)
            if not np.isfinite(jacobian).all():
                return {transition.key: np.array([np.nan])}, []
            square = jacobian.shape[1] == jacobian.shape[2]
            sizes = radii_and_gradients if square else norms_and_gradients
            values, slopes = sizes(jacobian.astype("float64"))
            away = 2 * (values - self.targets[transition.key])
            away /= len(values) * len(dense)
            cotangents.append((away[:, None, None] * slopes).astype(jacobian.dtype))
            radii[transition.key] = values
        gradients = self.jacobians.gradient(stream.frame, stream.states, cotangents)
        stream.states = after
        return radii, gradients

    def update(self, means: dict, gradients: list, calm: int) -> None:
        """One step of the optimizer, shorter and shorter once it is calm."""
        self._optimizer.learning_rate = self.learning_rate / (1 + calm / SETTLED)
        self._optimizer.apply(gradients, self.variables)
