from functools import partial
from typing import Any

import keras
import numpy as np

from keras_nonnormal.datasets.mnist import PIXELS
from keras_nonnormal.datasets.task import Task
from keras_nonnormal.datasets.transformed_task import transformed_task
from keras_nonnormal.datasets.transforms import sin_transform


class TransformedValidation(keras.callbacks.Callback):
    """Validates on sequences transformed by a sine, another one after every epoch.

    All sequences of the validation split are transformed by `sin_transform` with phase
    0 and a frequency that is drawn anew after every epoch. What the model is evaluated
    for is logged as `val_transformed_loss`, `val_transformed_accuracy` and so on, if
    this callback comes before those that keep the logs.

    The frequency is a pure function of the seed and the epoch, so that a run that goes
    on sees what it would have seen without the break.

    Args:
        task: A `keras_nonnormal.datasets.Task`, not transformed itself.
        seed: Non-negative integer.
        amplitude: Float, the amplitude of the sine.
        highest_frequency: Float; frequencies are uniform from 0 to it.
        period: Steps after which the sine begins anew.

    Example:

    ```python
    watch = TransformedValidation(task, seed=400)
    train(model, task, directory, callbacks=[watch], ...)
    ```

    Reference:
        - [Geadah et al. 2020](https://arxiv.org/abs/2006.12253), published code
    """

    model: Any

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        amplitude: float = 0.5,
        highest_frequency: float = 2.0,
        period: int = PIXELS,
    ):
        super().__init__()
        self.task = task
        self.seed = seed
        self.amplitude = amplitude
        self.highest_frequency = highest_frequency
        self.period = period

    def frequency(self, epoch: int) -> float:
        """The frequency after an epoch; the first is 0."""
        generator = np.random.default_rng([self.seed, epoch])
        return generator.uniform(0, self.highest_frequency)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        transform = partial(
            sin_transform,
            frequency=self.frequency(epoch),
            amplitude=self.amplitude,
            period=self.period,
        )
        batches = transformed_task(self.task, transform).evaluation_batches(
            "validation"
        )
        values = self.model.evaluate(batches, verbose=0, return_dict=True)
        if logs is not None:
            logs.update({f"val_transformed_{k}": v for k, v in values.items()})
