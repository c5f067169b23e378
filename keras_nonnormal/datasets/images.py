"""Pictures as vectors, for networks without time: MNIST, CIFAR-10, CIFAR-100."""

import math

import numpy as np

from keras_nonnormal.datasets._cifar import CIFAR10, CIFAR100
from keras_nonnormal.datasets._digits import load_digits
from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.task import Task

CLASSES = {"mnist": 10, "cifar10": 10, "cifar100": 100}
SPLIT_SEED = 42


def ImageVectors(name: str, *, validation: float = 0.1, seed: int = SPLIT_SEED) -> Task:
    """Naming what is in a picture that is given as one vector, ready for training.

    Vectors have the pixels row by row, with the channels of a pixel side by side. They
    are standardized by two numbers: mean and standard deviation of all pixels of all
    pictures to train on.

    Encoded inputs are float32 of shape `(batch, pixels)`: there is no axis of time, and
    the `length` of the task is 1. Targets are int32 of shape `(batch,)`.

    Args:
        name: `"mnist"` (784 pixels), `"cifar10"` or `"cifar100"` (3072).
        validation: Share of the training pictures to hold out at random, between 0
            and 1. See `held_out`.
        seed: Seed of that split, 0 to 2^32 - 1.

    Returns:
        A `Task` with one target. Its trivial loss is the logarithm of the number of
        classes.

    Raises:
        DatasetError: If the pictures are missing, damaged, or out of reach. What to put
            where is in the message; with the environment variable
            `KERAS_NONNORMAL_DATA` unset, they come through tensorflow-datasets (which
            orders MNIST differently, so that other digits are held out).
        ValueError: If an argument is out of range.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    if name not in CLASSES:
        raise ValueError(
            f"Expected `name` to be one of {', '.join(CLASSES)}. "
            f"Received: name={name!r}"
        )
    check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    _check_share(validation)
    train, test = map(_vectors, _load(name))
    kept, held = held_out(len(train), share=validation, seed=seed)
    splits = Splits(
        train=Examples(train.inputs[kept], train.targets[kept]),
        validation=Examples(train.inputs[held], train.targets[held]),
        test=test,
    )
    mean, deviation = mean_and_deviation(splits.train.inputs)

    def encode(inputs, targets):
        import tensorflow as tf

        pixels = (tf.cast(inputs, tf.float32) - mean) / deviation
        return pixels, tf.cast(targets, tf.int32)

    return Task(
        name=name,
        splits=splits,
        encode=encode,
        input_width=train.inputs.shape[1],
        output_width=CLASSES[name],
        per_step=False,
        length=1,
        trivial_loss=math.log(CLASSES[name]),
    )


def held_out(
    examples: int, *, share: float = 0.1, seed: int = SPLIT_SEED
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of examples to train on and to hold out, drawn as scikit-learn does.

    The split is that of `sklearn.model_selection.train_test_split` with `test_size` as
    the share and `random_state` as the seed: of one permutation, the first examples are
    held out.

    Args:
        examples: How many there are.
        share: Share to hold out, between 0 and 1; rounded up.
        seed: Integer, 0 to 2^32 - 1.

    Returns:
        A tuple `(train, validation)` of integer arrays.

    Raises:
        ValueError: If an argument is out of range, or nothing would be left.

    Example:

    >>> train, validation = held_out(10, share=0.3)
    >>> train.tolist(), validation.tolist()
    ([0, 7, 2, 9, 4, 3, 6], [8, 1, 5])
    """
    check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    _check_share(share)
    held = math.ceil(share * examples)
    if held >= examples:
        raise ValueError(
            "Expected a share that leaves examples to train on. "
            f"Received: {share} of {examples} examples"
        )
    order = np.random.RandomState(seed).permutation(examples)
    return order[held:], order[:held]


def mean_and_deviation(pixels: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of all pixels, exactly.

    Args:
        pixels: uint8 array.

    Raises:
        ValueError: If all pixels are equal.
    """
    counts = np.zeros(256, np.int64)
    for rows in np.array_split(pixels, max(1, pixels.size // 10_000_000)):
        counts += np.bincount(rows.ravel(), minlength=256)
    shares, levels = counts / pixels.size, np.arange(256)
    mean = shares @ levels
    deviation = math.sqrt(shares @ (levels - mean) ** 2)
    if not deviation:
        raise ValueError(f"Expected pixels that differ. Received: all of them {mean:g}")
    return float(mean), deviation


def _load(name):
    if name == "mnist":
        return load_digits()
    return (CIFAR10 if name == "cifar10" else CIFAR100).load()


def _vectors(split):
    images, labels = split
    return Examples(images.reshape(len(images), -1), labels)


def _check_share(share):
    if not 0 < share < 1:
        raise ValueError(
            f"Expected a share between 0 and 1 to hold out. Received: {share!r}"
        )
