from typing import Any

import numpy as np


class RadiiOverTime:
    """Spectral radii of the transitions from each state of a layer to its next.

    The radii are of the Jacobians of single samples. All that is compiled is compiled
    once: the weights of the model may change between calls.

    Args:
        model: A built model with recurrent layers.

    Reference:

    - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), supplement
    """

    def __init__(self, model: Any):
        from keras_nonnormal.pretraining.frames import FrameStack
        from keras_nonnormal.pretraining.jacobians import Jacobians

        self._stack = FrameStack(model, most_outputs=0)
        self._jacobians = Jacobians(self._stack)

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Radii of a batch.

        Args:
            inputs: Array `(samples, time, features)`.

        Returns:
            For each layer an array `(samples, time - 1)`: the first step, which leads
            from zeros, is left out.
        """
        stack = self._stack
        entries = stack.entries(np.asarray(inputs, "float32"))
        states = stack.initial_states(len(inputs))
        found: list[list[np.ndarray]] = [[] for _ in range(stack.depth)]
        for step in range(stack.length(entries)):
            frame = stack.frame(entries, step)
            radii, states, _ = self._jacobians.radii(frame, states)
            for layer, each in enumerate(found):
                each.append(radii[f"rec/{layer}"])
        return [np.stack(each[1:], axis=1) for each in found]
