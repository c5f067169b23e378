"""Training on some batches that are not what they were."""

from dataclasses import dataclass
from typing import Any

from keras_nonnormal.datasets.mnist import PIXELS
from keras_nonnormal.datasets.stream_task import uniform
from keras_nonnormal.datasets.transforms import sin_transform


@dataclass(frozen=True, kw_only=True)
class SineAugmentation:
    """Transforms a batch now and then by a sine of random frequency.

    It is an `augment` of a `Task`: every training batch is transformed, as a whole,
    with the probability `ratio`, by `sin_transform` with phase 0.

    Args:
        ratio: Probability, 0 to 1.
        amplitude: Float, the amplitude of the sine.
        highest_frequency: Float; frequencies are uniform from 0 to it.
        period: Steps after which the sine begins anew.

    Raises:
        ValueError: If the ratio is no probability.

    Example:

    ```python
    task = split_mnist_task(seed=400)
    task = dataclasses.replace(task, augment=SineAugmentation(ratio=0.25))
    ```

    Reference:
        - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253), published code
    """

    ratio: float
    amplitude: float = 0.2
    highest_frequency: float = 2.0
    period: int = PIXELS

    def __post_init__(self):
        if not 0 <= self.ratio <= 1:
            raise ValueError(
                f"Expected a probability, 0 to 1. Received: ratio={self.ratio}"
            )

    def __call__(self, seed: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """Transforms a batch or leaves it as it is, as the seed says."""
        import tensorflow as tf

        chosen = tf.cast(uniform(seed, 0, ()) < self.ratio, "float32")
        transformed = sin_transform(
            x,
            frequency=self.highest_frequency * uniform(seed, 1, ()),
            amplitude=self.amplitude * chosen,
            period=self.period,
        )
        return transformed, y
