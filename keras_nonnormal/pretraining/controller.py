"""The default way to local stability: scale what each radius depends on."""

from typing import Any

from keras_nonnormal.pretraining.course import SETTLED, Average

SMOOTHING = 0.8  # of the radii that the factors are made of
INPUT_SMOOTHING = 0.95  # of the mean inputs
GAIN = 0.3
LARGEST_FACTOR = 1.1


class Controller:
    """Multiplies weights by (target / radius)^η, the radius averaged over some frames.

    A factor is at most 1.1 and at least its inverse. Once the radii are near their
    targets η falls as 1 / n, so that what remains is the mean over frames.

    Args:
        stack: The `FrameStack` or `BlockStack` whose `move` is called.
        jacobians: The `Jacobians` of the stack.
        targets: Target of each transition by key.
    """

    def __init__(self, stack, jacobians, targets):
        self.stack, self.jacobians, self.targets = stack, jacobians, targets
        self._radii = Average(SMOOTHING)
        self._inputs = Average(INPUT_SMOOTHING)

    def look(self, walk: Any) -> tuple[dict, list]:
        """Radii at a frame and the mean input of each layer; the walk goes on."""
        radii, walk.states, inputs = self.jacobians.radii(walk.frame, walk.states)
        return radii, inputs

    def move(self, means: dict, inputs: list, calm: int) -> None:
        """Scales the weights; see `course.pursue`."""
        self._radii.add(means)
        self._inputs.add(dict(enumerate(inputs)))
        gain = GAIN / (1 + calm / SETTLED)
        factors = {
            key: _factor(target, self._radii.of(key), gain)
            for key, target in self.targets.items()
        }
        arriving = [self._inputs.of(i) for i in range(len(inputs))]
        self.stack.move(factors, self.targets, arriving)


def _factor(target: float, radius: float, gain: float) -> float:
    ratio = (target / max(radius, 1e-6)) ** gain
    return min(max(ratio, 1 / LARGEST_FACTOR), LARGEST_FACTOR)
