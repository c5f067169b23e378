import keras
import numpy as np
import pytest

from keras_nonnormal.datasets import Examples, Splits, Task, copying_task
from keras_nonnormal.training import (
    RunDirectory,
    optimizer_by_name,
    simple_recurrent_network,
    train,
)
from tests.helpers import compiled_recurrences
from tests.training.schedules import scheduled


@pytest.fixture(scope="session")
def small_task():
    """A copy task that trains in a second."""
    return copying_task(21, train=320, validation=64, test=64, seed=1)


@pytest.fixture(scope="session")
def digits_task():
    """Noise in the shape of permuted sequential MNIST."""
    import tensorflow as tf

    draw = np.random.default_rng(0)

    def examples(count):
        return Examples(
            draw.integers(0, 256, (count, 784), dtype=np.uint8),
            draw.integers(0, 10, count, dtype=np.uint8),
        )

    return Task(
        name="psmnist",
        splits=Splits(examples(32), examples(16), examples(16)),
        encode=lambda x, y: (
            tf.cast(x, tf.float32)[..., None] / 255,
            tf.cast(y, tf.int32),
        ),
        input_width=1,
        output_width=10,
        per_step=False,
        length=784,
        trivial_loss=float(np.log(10)),
    )


@pytest.fixture(scope="session")
def train_small(small_task):
    """Trains a small network into a folder: `(model, result)`.

    With `compiled=True` XLA compiles all of it, which takes longer than training.
    """

    def run(folder, compiled=False, **settings):
        with compiled_recurrences(compiled):
            return training(folder, **{"jit_compile": compiled, **settings})

    def training(folder, resume=False, learning_rate=1e-3, optimizer=None, **settings):
        directory = RunDirectory(folder)
        directory.claim({}, resume)
        keras.utils.set_random_seed(3)
        model = simple_recurrent_network(small_task, 12, activation="elu", seed=3)
        settings = {"epochs": 2, "batch_size": 16, "seed": 3, "verbose": 0, **settings}
        settings["optimizer"] = optimizer or optimizer_by_name(
            "rmsprop-keras2", learning_rate, clip_norm=10.0
        )
        result = train(model, small_task, directory, **scheduled(settings))
        return model, result

    return run
