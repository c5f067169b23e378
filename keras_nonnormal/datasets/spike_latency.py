"""MNIST digits as spikes: the brighter a pixel, the earlier it fires."""

import numpy as np

from keras_nonnormal.datasets._draws import check_integer
from keras_nonnormal.datasets._layout import check_layout, repeated_steps
from keras_nonnormal.datasets.mnist import (
    CLASSES,
    PIXELS,
    TRIVIAL_LOSS,
    sequential_mnist,
)
from keras_nonnormal.datasets.task import Task

STEPS = 100
VALIDATION = 12_000
# A pixel of full intensity is a current of 50 into a leaky neuron with a time constant
# of 500 steps and a threshold of 0.2.
CURRENT, TIME_CONSTANT, THRESHOLD = 50.0, 500.0, 0.2


def SpikeLatencyMNIST(*, layout: str = "corrected", repeat: int = 1) -> Task:
    """Spike-latency MNIST, ready for training.

    Every pixel fires at most once in 100 steps, at the step that `spike_latencies`
    gives for its intensity; one that would fire later stays silent. The digits are
    those of `sequential_mnist`: 48,000 to train on, the last 12,000 training digits to
    validate, 10,000 to test. Evaluations show each of them once, in either layout.

    Encoded inputs are spikes, float32 zeros and ones of shape
    `(batch, 100 * repeat, 784)`; targets are the digit at every step, int32 of shape
    `(batch, 100 * repeat)`.

    Args:
        layout: `"corrected"` has a feature for every pixel. `"published"` is the layout
            of the published accuracies: there the array of shape (pixels, steps) was
            reshaped, not transposed, to (steps, pixels), so that a digit is in fact
            scanned row by row, some eight pixels a step. It also draws the examples of
            an epoch with replacement.
        repeat: How many steps in a row show the same spikes.

    Returns:
        A `Task` named `"sl_mnist"`. Its trivial loss is log(10) = 2.3026.

    Raises:
        DatasetError: If the digits are missing, damaged, or out of reach.
        ValueError: If an argument is out of range.

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075)
    """
    check_layout(layout)
    check_integer("repeat", repeat, minimum=1)
    published = layout == "published"

    def encode(inputs, targets):
        return encode_latencies(inputs, targets, layout=layout, repeat=repeat)

    return Task(
        name="sl_mnist",
        splits=sequential_mnist(permute=False, validation=VALIDATION),
        encode=encode,
        replacement=published,
        input_width=PIXELS,
        output_width=CLASSES,
        per_step=True,
        length=STEPS * repeat,
        trivial_loss=TRIVIAL_LOSS,
    )


def spike_latencies() -> np.ndarray:
    """The step at which a pixel fires, for each of its 256 intensities.

    It is the time that a leaky neuron needs to reach its threshold, rounded. The four
    darkest intensities that fire at all, 2 to 5, do so after the 100 steps of the task.

    Returns:
        int32 array of shape `(256,)`, -1 where a pixel never fires.

    Example:

    >>> spike_latencies()[[0, 1, 2, 5, 6, 255]]
    array([ -1,  -1, 357, 114,  93,   2], dtype=int32)
    """
    currents = CURRENT * np.arange(256) / 255
    latencies = np.full(256, -1, np.int32)
    fires = currents > THRESHOLD
    charged = currents[fires] / (currents[fires] - THRESHOLD)
    latencies[fires] = np.round(TIME_CONSTANT * np.log(charged))
    return latencies


def encode_latencies(inputs, targets, *, layout: str = "corrected", repeat: int = 1):
    """Encodes a batch of digits as spikes.

    Args:
        inputs: uint8 tensor of shape `(batch, 784)`.
        targets: Integer tensor of shape `(batch,)`.
        layout: `"corrected"` or `"published"`.
        repeat: How many steps in a row show the same spikes.

    Returns:
        float32 spikes of shape `(batch, 100 * repeat, 784)`, and int32 targets of shape
        `(batch, 100 * repeat)`.
    """
    import tensorflow as tf

    latencies = tf.gather(tf.constant(spike_latencies()), tf.cast(inputs, tf.int32))
    # A latency out of range makes no spike.
    if layout == "published":
        spikes = tf.reshape(tf.one_hot(latencies, STEPS), (-1, STEPS, PIXELS))
    else:
        spikes = tf.one_hot(latencies, STEPS, axis=1)
    return repeated_steps(spikes, targets, repeat)
