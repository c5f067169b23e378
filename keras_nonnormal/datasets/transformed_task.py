"""Tasks on sequences that are not what they were."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_nonnormal.datasets.task import Task


def transformed_task(task: Task, transform: Callable[[Any], Any]) -> Task:
    """The same task, with all its sequences transformed.

    Training batches are transformed as well; to train on sequences as they are and to
    evaluate on others, keep both tasks.

    Args:
        task: A `Task`.
        transform: Maps a tensor of shape `(batch, length, input_width)` to another,
            inside `tf.data`. Those of `keras_nonnormal.datasets.transforms` do.

    Returns:
        A `Task` with the same examples, targets and name.

    Example:

    >>> from keras_nonnormal.datasets import copying_task
    >>> from keras_nonnormal.datasets.transforms import local_linear
    >>> task = copying_task(length=100, train=10, validation=5, test=5)
    >>> clean, _ = next(iter(task.evaluation_batches("test")))
    >>> task = transformed_task(task, lambda x: local_linear(x, period=100))
    >>> changed, _ = next(iter(task.evaluation_batches("test")))
    >>> float(clean[0, 50].numpy().max()), float(changed[0, 50].numpy().max())
    (1.0, 0.5)
    """

    def encode(inputs, targets):
        x, y = task.encode(inputs, targets)
        return transform(x), y

    return dataclasses.replace(task, encode=encode)


def driven_task(task: Task, drive: Any) -> Task:
    """The same task, with a drive from outside as one more feature, the last.

    It is for networks that add it to their pre-activations, such as
    `keras_nonnormal.layers.driven` makes of any.

    Args:
        task: A `Task`.
        drive: Array of shape `(length,)`, such as `step_drive` makes. All sequences
            have the same.

    Returns:
        A `Task` with one input feature more.

    Raises:
        ValueError: If the drive has another length than the sequences.
    """
    drive = np.asarray(drive, "float64")
    if drive.shape != (task.length,):
        raise ValueError(
            f"Expected a drive of shape ({task.length},), a number for every step of "
            f"the task. Received: shape {drive.shape}"
        )

    def encode(inputs, targets):
        import tensorflow as tf

        x, y = task.encode(inputs, targets)
        column = tf.broadcast_to(drive[:, None], tf.shape(x[..., :1]))
        return tf.concat([x, tf.cast(column, x.dtype)], axis=-1), y

    return dataclasses.replace(task, encode=encode, input_width=task.input_width + 1)
