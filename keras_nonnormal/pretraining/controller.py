"""The default method: scales the weights that each radius depends on."""

from keras_nonnormal.pretraining.frame_stream import FrameStream
from keras_nonnormal.pretraining.loop import SETTLED, Average

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

    def measure(self, stream: FrameStream) -> tuple[dict, list]:
        """Radii at a frame, and the mean input of each layer."""
        radii, stream.states, inputs = self.jacobians.radii(stream.frame, stream.states)
        return radii, inputs

    def update(self, means: dict, inputs: list, calm: int) -> None:
        """Scales the weights; see `loop.run`."""
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
