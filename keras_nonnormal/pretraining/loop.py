"""The loop towards the targets: measures, updates, judges and keeps weights."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_nonnormal.pretraining.frame_stream import FrameStream
from keras_nonnormal.pretraining.history import History
from keras_nonnormal.pretraining.variables import put_back, values_of

AVERAGING = 0.95  # of the radii by which weights are judged,
LONG_AVERAGING = 0.99  # and once they hardly change any more
SETTLED = 10  # frames near the targets before the updates become smaller
HOLDING = 60  # frames on them before the end, and before weights are judged
MOST_FAILURES = 10


def run(
    stack: Any,
    stream: FrameStream,
    measure: Callable,
    update: Callable,
    targets: dict[str, float],
    steps: int,
    tolerance: float,
    progress: Callable,
) -> History:
    """Measures and updates until all radii are on target, and keeps the best weights.

    Weights are judged by the largest distance of an averaged radius from its target.
    Where a layer offers nothing that would move a radius, it does not count. A step
    after which a radius is not finite is taken back.

    Args:
        stack: The `FrameStack` or `BlockStack`.
        stream: The frames to measure at, one after the other.
        measure: `measure(stream) -> radii, found`: the radii by key, each `(B,)`, and
            anything that `update` wants to know. It puts the new states in the stream.
        update: `update(means, found, calm)` changes the weights. `calm` is how many
            frames ago the radii came near; from then on the changes should become
            smaller.
        targets: Target of each transition by key.
        steps: The most frames.
        tolerance: How near the averaged radii shall come.
        progress: Called with the iteration and its mean radius.

    Returns:
        The `History`; the weights are the best ones.

    Raises:
        ValueError: If the radii are not finite at the start or again and again.
    """
    history, variables = History(), stack.model.weights
    frames = iter(stream)
    judged = [t.key for t in stack.transitions if stack.movable(t)]
    average = Average(AVERAGING)
    best, kept = math.inf, values_of(variables)
    settled = calm = 0
    for iteration in range(steps):
        next(frames)
        radii, found = measure(stream)
        broken = [key for key, r in radii.items() if not np.isfinite(r).all()]
        if broken:
            history.failures += 1
            if history.failures > MOST_FAILURES or not history.iterations:
                raise ValueError(not_finite(stack, broken))
            put_back(variables, kept)
            stream.restart()
            continue
        means = {key: float(r.mean()) for key, r in radii.items()}
        history.iterations.append({"radii": means, "loss": loss(radii, targets)})
        average.add(means)
        distance = max((abs(average.of(k) - targets[k]) for k in judged), default=0.0)
        if distance < best and average.count >= HOLDING:
            best, kept = distance, values_of(variables)
        settled = settled + 1 if distance < (1 if calm else 2) * tolerance else 0
        if not calm and (settled >= SETTLED or iteration > steps // 2):
            calm, settled, best = 1, 0, math.inf
            average = Average(LONG_AVERAGING)
        elif calm and settled >= HOLDING:
            break
        update(means, found, calm)
        calm += calm > 0
        progress(iteration + 1, float(np.mean(list(means.values()))))
    if best < math.inf:  # else there were too few frames to judge
        put_back(variables, kept)
    return history


def loss(radii: dict, targets: dict) -> float:
    """The mean over transitions of the batch mean of squared distances."""
    return float(np.mean([np.mean((r - targets[k]) ** 2) for k, r in radii.items()]))


def not_finite(stack: Any, keys: list[str]) -> str:
    """The message about transitions whose radii are not finite."""
    names = {t.key: t.name for t in stack.transitions}
    listed = ", ".join(f"'{names[key]}' ({key})" for key in keys)
    return (
        f"The Jacobian of layer {listed} is not finite. Expected data and weights for "
        "which it is; the weights are those from before the call"
    )


class Average:
    """Means that forget, unbiased from their first value on."""

    def __init__(self, momentum: float):
        self.momentum, self.count = momentum, 0
        self.values: dict[Any, Any] = {}

    def add(self, new: dict) -> None:
        """Takes a new value for every key."""
        self.count += 1
        weight = max(1 - self.momentum, 1 / self.count)
        for key, value in new.items():
            old = self.values.get(key, value)
            self.values[key] = old + weight * (value - old)

    def of(self, key: Any) -> Any:
        """The mean of a key."""
        return self.values[key]
