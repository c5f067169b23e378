"""The default way to local stability: scale what each radius depends on, no gradients."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SMOOTHING = 0.8  # of the radii that the factors are made of
AVERAGING = 0.95  # of the radii by which a state is judged
GAIN = 0.3
LARGEST_FACTOR = 1.1
SETTLED = 10  # frames on target before the gain falls, and after that before the end


@dataclass
class Course:
    """What happened on the way.

    Attributes:
        radii: For each iteration the mean radius of every transition, by key.
        losses: For each iteration the mean over transitions of the batch mean of
            (radius - target)^2.
        failures: How many iterations were rejected because a radius was not finite.
        best: Index of the iteration whose weights were kept.
        means: The last mean input of each layer.
    """

    radii: list[dict] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    failures: int = 0
    best: int = 0


def control(
    stack: Any,
    frames: Iterator,
    measure: Any,
    targets: dict[str, float],
    steps: int,
    tolerance: float,
    progress: Any,
) -> Course:
    """Moves a model's weights until every radius is on its target.

    At each frame every weight is multiplied by (target / radius)^η, with the radius
    averaged over the last frames, at most by 1.1 and at least by its inverse. Once all
    radii are within twice the tolerance η falls as 1 / n, so that what remains is the
    mean over frames.

    Args:
        stack: The `FrameStack` or `BlockStack` whose `move` is called.
        frames: Yields pairs of a frame and a function that takes what `measure` gives
            and remembers the states.
        measure: `measure(frame)`, the radii by key, each `(B,)`, and mean inputs.
        targets: Target of each transition by key.
        steps: The most frames.
        tolerance: How near the averaged radii shall come.
        progress: Called with the iteration and its mean radius.

    Returns:
        The `Course`; the weights are those of its best iteration.
    """
    course = Course()
    judged = [t.key for t in stack.transitions if stack.movable(t)]
    fast, slow = _Average(SMOOTHING), _Average(AVERAGING)
    best, kept = math.inf, _values(stack)
    start, settled, annealed = kept, 0, 0
    for iteration in range(steps):
        radii, inputs = measure(next(frames))
        broken = [key for key, r in radii.items() if not np.isfinite(r).all()]
        if broken:
            course.failures += 1
            if course.failures > MOST_FAILURES or not course.radii:
                restore(stack, start)
                raise ValueError(_not_finite(stack, broken))
            restore(stack, kept)
            continue
        mean = {key: float(r.mean()) for key, r in radii.items()}
        course.radii.append(mean)
        course.losses.append(loss(radii, targets))
        fast.add(mean)
        slow.add(mean)
        distance = max((abs(slow.of(k) - targets[k]) for k in judged), default=0.0)
        if distance < best and slow.count >= SETTLED:
            best, kept, course.best = distance, _values(stack), iteration
        near = 2 if annealed == 0 else 1
        settled = settled + 1 if distance < near * tolerance else 0
        if annealed == 0 and (settled >= SETTLED or iteration > steps // 2):
            annealed, settled, best = 1, 0, math.inf
            slow.count = min(slow.count, SETTLED)
        elif annealed and settled >= HOLDING:
            break
        gain = GAIN / (1 + annealed / SETTLED)
        annealed += annealed > 0
        stack.move(
            {k: _factor(targets[k], fast.of(k), gain) for k in targets}, targets, inputs
        )
        progress(iteration + 1, float(np.mean(list(mean.values()))))
    restore(stack, kept)
    return course


HOLDING = 30
MOST_FAILURES = 10


def loss(radii: dict, targets: dict) -> float:
    """The mean over transitions of the batch mean of squared distances."""
    return float(np.mean([np.mean((r - targets[k]) ** 2) for k, r in radii.items()]))


def restore(stack: Any, values: list) -> None:
    """Gives the model's weights the values they had."""
    for variable, value in zip(stack.model.weights, values, strict=True):
        variable.assign(value)


def _values(stack: Any) -> list:
    return [np.array(w) for w in stack.model.get_weights()]


def _factor(target: float, radius: float, gain: float) -> float:
    ratio = (target / max(radius, 1e-6)) ** gain
    return min(max(ratio, 1 / LARGEST_FACTOR), LARGEST_FACTOR)


def _not_finite(stack, broken):
    names = {t.key: t.name for t in stack.transitions}
    listed = ", ".join(f"'{names[key]}' ({key})" for key in broken)
    return (
        f"The Jacobian of layer {listed} is not finite. Expected data and weights for "
        "which it is; the weights are those from before the call"
    )


class _Average:
    """A mean that forgets, unbiased from its first value on."""

    def __init__(self, momentum: float):
        self.momentum, self.count = momentum, 0
        self.values: dict[str, float] = {}

    def add(self, new: dict[str, float]) -> None:
        self.count += 1
        weight = max(1 - self.momentum, 1 / self.count)
        for key, value in new.items():
            old = self.values.get(key, value)
            self.values[key] = old + weight * (value - old)

    def of(self, key: str) -> float:
        return self.values[key]
