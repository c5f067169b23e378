"""Devices or machines that train one network, each on a share of every batch."""

import contextlib
import functools
import json
import os
from collections.abc import Iterator
from typing import Any

from keras_nonnormal.training.device import DeviceError, on_device

STRATEGIES = ("none", "mirrored", "multiworker")


@contextlib.contextmanager
def placed(device: str = "auto", strategy: str = "none") -> Iterator[Any]:
    """A context in which models are built and trained: on one device, or on several.

    The devices are replicas of each other. Of every batch each gets an equal share, and
    all make the same update, with the gradient of the whole batch: the batch size is
    that of all together, and training goes as on one device, but for rounding.

    Args:
        device: As for `on_device`. With `"mirrored"`, `"cpu"` and `"gpu"` mean all of
            the kind.
        strategy: `"none"`; `"mirrored"`: all GPUs of this machine, or, where there are
            none, the CPU devices that TensorFlow was configured to have; or
            `"multiworker"`: the machines that the environment variable `TF_CONFIG`
            names. Each of them runs the same program. That one has to be entered before
            TensorFlow does anything else.

    Yields:
        The `tf.distribute.Strategy`, or None without one.

    Raises:
        DeviceError: If there is no such device, if device and strategy contradict each
            other, or if `TF_CONFIG` is missing.

    Example:

    ```python
    with placed(strategy="mirrored"):
        model = simple_recurrent_network(task, 100, activation="elu")
        train(model, task, directory, optimizer=RMSpropTorch(1e-3), ...)
    ```
    """
    if strategy not in STRATEGIES:
        raise DeviceError(
            f"Expected a strategy 'none', 'mirrored' or 'multiworker'. "
            f"Received: {strategy!r}"
        )
    if strategy == "none":
        with on_device(device):
            yield None
        return
    if ":" in device:
        raise DeviceError(
            f"Expected a device 'auto', 'cpu' or 'gpu' with the strategy {strategy!r}, "
            f"which takes all. Received: {device!r}"
        )
    on_device(device)  # that it is there, and that memory is taken as it is needed
    found = (_mirrored if strategy == "mirrored" else _multiworker)(device)
    with found.scope():
        yield found


def replica_count() -> int:
    """How many replicas share a batch, 1 outside of a strategy."""
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def current_strategy() -> Any:
    """The `tf.distribute.Strategy` of this context, or None."""
    import tensorflow as tf

    return tf.distribute.get_strategy() if tf.distribute.has_strategy() else None


def in_words(batch_size: int) -> str:
    """The devices of this context, and the share of a batch that each gets, in words.

    Raises:
        DeviceError: If there are no equal shares of it.
    """
    strategy, replicas = current_strategy(), replica_count()
    share = share_of(batch_size)
    if strategy is None:
        return "one device"
    devices = [name.rsplit("/device:")[-1] for name in strategy.extended.worker_devices]
    here = ", ".join(devices)
    workers = replicas // len(devices)
    where = here if workers == 1 else f"{workers} workers with {here} each"
    return (
        f"{where}: {share} of the {batch_size} sequences of a batch for each of "
        f"{replicas} replicas; XLA compiles recurrences but not whole steps, and steps "
        "are run one by one"
    )


def share_of(batch_size: int) -> int:
    """Sequences of a batch that each replica gets.

    Raises:
        DeviceError: If there are no equal shares.
    """
    replicas = replica_count()
    if batch_size % replicas:
        raise DeviceError(
            f"Expected a batch that {replicas} replicas can share equally. Received: "
            f"{batch_size} sequences, which are for all of them together"
        )
    return batch_size // replicas


@functools.cache
def _mirrored(device: str) -> Any:
    import tensorflow as tf

    gpus = [] if device == "cpu" else tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([each.name for each in devices])


@functools.cache
def _multiworker(device: str) -> Any:
    import tensorflow as tf

    try:
        workers = json.loads(os.environ["TF_CONFIG"])["cluster"]["worker"]
    except (KeyError, TypeError, ValueError):
        workers = None
    if not workers:  # TensorFlow would take this process for the only one
        raise DeviceError(
            "Expected the environment variable TF_CONFIG to name the workers, such as "
            '{"cluster": {"worker": ["host1:12345", "host2:12345"]}, "task": {"type": '
            f'"worker", "index": 0}}}}. Received: {os.environ.get("TF_CONFIG")!r}'
        )
    if device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    return tf.distribute.MultiWorkerMirroredStrategy()
