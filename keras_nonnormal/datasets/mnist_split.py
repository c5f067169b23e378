"""Sequential MNIST with order of pixels and held-out digits drawn from one seed."""

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets.examples import Examples, Splits
from keras_nonnormal.datasets.mnist import PIXELS, pixel_sequences, task_of_digits
from keras_nonnormal.datasets.task import Task


def split_mnist_task(
    *,
    permute: bool = True,
    seed: int = 1234,
    validation: int = 10_000,
    shuffle: bool = False,
    one_split: bool = True,
) -> Task:
    """Sequential MNIST as nnRNN and ANRU were trained on, permuted or not.

    It differs from `psmnist_task` in what the seed decides, which never is that of the
    run: the order of the pixels, and which training digits are held out at random. The
    published programs show the same batches in the same order every epoch.

    Encoded inputs are the pixels as steps, float32 in [0, 1] of shape
    `(batch, 784, 1)`; targets are the digits, int32 of shape `(batch,)`.

    Args:
        permute: Whether to shuffle the pixels, by one fixed permutation. Without it
            the task is named `"smnist"`.
        seed: Seed of order and split, 0 to 2^32 - 1: 1234 is that of the nnRNN
            program, 400 the usual one of the ANRU program, 92916 that of the expRNN
            program (which holds no digits out, and shuffles).
        validation: Number of training digits to hold out. 0 validates on the test
            split.
        shuffle: Whether every epoch has an order of its own.
        one_split: Whether the same digits are held out with and without `permute`, as
            in the nnRNN program. The ANRU program (False) draws the order of the pixels
            only to use it, so that without it other digits are held out.

    Returns:
        A `Task` with one target after the last step. Its trivial loss is the
        cross-entropy of ten equally likely classes, log(10) = 2.3026.

    Raises:
        DatasetError: If the digits are missing, damaged, or out of reach.
        ValueError: If an argument is out of range.

    Reference:
        - [Kerg et al., 2019](https://arxiv.org/abs/1905.12080), section 4.2
        - [Lezcano-Casado and Martinez-Rubio, 2019](https://arxiv.org/abs/1901.08428),
          section 5.2
        - [Geadah et al., 2020](https://arxiv.org/abs/2006.12253), published code
    """
    check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    check_integer("validation", validation, minimum=0)
    train, test = pixel_sequences(np.arange(PIXELS))
    order, kept, held_out = mnist_order_and_split(
        seed,
        digits=len(train),
        validation=validation,
        permute=permute or one_split,
    )

    def arranged(examples, rows):
        inputs = examples.inputs[rows]
        return Examples(inputs[:, order] if permute else inputs, examples.targets[rows])

    test = arranged(test, slice(None))
    splits = Splits(
        train=arranged(train, kept),
        validation=arranged(train, held_out) if validation else test,
        test=test,
    )
    return task_of_digits(splits, permute=permute, shuffle=shuffle)


def mnist_order_and_split(
    seed: int = 1234,
    *,
    digits: int = 60_000,
    validation: int = 10_000,
    permute: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The order of the pixels and the split of the training digits of a seed.

    They are the first two draws of NumPy's legacy generator after seeding: a
    permutation of the 784 pixels, then one of the training digits, whose last ones are
    held out. The first is `permutation(seed)`.

    Args:
        seed: Integer, 0 to 2^32 - 1.
        digits: Number of training digits.
        validation: How many of them are held out.
        permute: Whether the order is drawn. Without it the pixels stay where they are,
            and the split is the first draw: another one.

    Returns:
        A tuple `(order, train, validation)` of integer arrays of shapes `(784,)`,
        `(digits - validation,)` and `(validation,)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> order, train, validation = mnist_order_and_split()
    >>> order[:3].tolist(), len(train), len(validation)
    ([529, 511, 328], 50000, 10000)
    """
    check_integer("seed", seed, minimum=0, maximum=2**32 - 1)
    check_integer("digits", digits, minimum=1)
    check_integer("validation", validation, minimum=0, maximum=digits - 1)
    stream = np.random.RandomState(seed)
    order = stream.permutation(PIXELS) if permute else np.arange(PIXELS)
    shuffled = stream.permutation(digits)
    return order, shuffled[: digits - validation], shuffled[digits - validation :]
