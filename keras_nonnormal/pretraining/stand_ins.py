"""Inputs that stand in for the training data in pre-training."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


class StandIns:
    """Inputs of training batches, or noise of their shape, as often as asked for.

    Args:
        task: A `keras_nonnormal.datasets.Task`.
        inputs: `"data"` (the default), as they are; `"gaussian"`, standard normal;
            `"bernoulli"`, coin flips; `"shuffled"`, the entries of each batch in
            another order; or `"random"`, entries of the batch drawn anew. In the place
            of tokens all but the shuffled ones are random tokens of the vocabulary.
        batch_size: Samples per batch.
        seed: Non-negative integer.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075), and its
          program.
    """

    def __init__(
        self, task: Any, inputs: str = "data", batch_size: int = 16, seed: int = 0
    ):
        if inputs not in NOISES:
            raise ValueError(
                f"Expected `inputs` to be one of {', '.join(NOISES)}. Received: "
                f"inputs={inputs!r}"
            )
        self.task, self.inputs = task, inputs
        self.batch_size, self.seed = batch_size, seed

    def __iter__(self) -> Iterator[np.ndarray]:
        draw = np.random.default_rng(self.seed)
        batches = self.task.training_batches(self.batch_size, seed=self.seed)
        for batch in batches.take(self.task.steps_per_epoch(self.batch_size)):
            inputs = np.asarray(batch[0])
            tokens = inputs.dtype.kind in "iu"
            if tokens and self.inputs not in ("data", "shuffled"):
                drawn = draw.integers(0, self.task.input_width, inputs.shape)
            else:
                drawn = NOISES[self.inputs](draw, inputs)
            yield drawn.astype(inputs.dtype, copy=False)


NOISES: dict[str, Callable[[np.random.Generator, np.ndarray], np.ndarray]] = {
    "data": lambda draw, x: x,
    "gaussian": lambda draw, x: draw.normal(size=x.shape),
    "bernoulli": lambda draw, x: draw.integers(0, 2, x.shape),
    "shuffled": lambda draw, x: draw.permuted(x.ravel()).reshape(x.shape),
    "random": lambda draw, x: draw.choice(x.ravel(), x.shape),
}
