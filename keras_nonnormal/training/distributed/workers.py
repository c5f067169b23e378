"""Messages between workers, processes that train one network together."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from keras_nonnormal.training.device import DeviceError
from keras_nonnormal.training.distributed.strategy import current_strategy


class WorkerLost(ConnectionError):
    """Another worker is gone, and training cannot go on without it."""


class EndTogether(keras.callbacks.Callback):
    """Ends training in all workers where it ends in the first, on whose clock it may.

    It comes after all callbacks that may end it.
    """

    model: Any

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        self.model.stop_training = bool(told_by_all(int(self.model.stop_training))[0])


@contextlib.contextmanager
def needing_all() -> Iterator[None]:
    """A context in which the loss of another worker is a `WorkerLost`."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        if "ollective" not in str(error):
            raise
        raise WorkerLost("another worker was lost or has ended") from error


def is_chief() -> bool:
    """Whether this process is the one that keeps the results: the first worker."""
    strategy = _of_workers()
    return strategy is None or strategy.extended.should_checkpoint


def told_by_all(number: int) -> list[int]:
    """The values of all workers, in the same order everywhere. It waits for all."""
    strategy = _of_workers()
    if strategy is None:
        return [number]
    import tensorflow as tf

    numbers = _gathered(strategy)(tf.constant(number, tf.int32))
    return [int(each) for each in numbers]


def _of_workers() -> Any:
    """The strategy of this context if it is one of several workers, or None."""
    import tensorflow as tf

    strategy = current_strategy()
    several = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return strategy if several else None


@functools.cache
def _gathered(strategy):
    import tensorflow as tf

    @tf.function(autograph=False)
    def gathered(number):
        here = strategy.run(lambda: tf.reshape(number, (1,)))
        return strategy.gather(here, axis=0)

    return gathered


def wait_for_all() -> None:
    """Returns when all workers have called it."""
    told_by_all(0)


def check_same_state(epochs_done: int) -> None:
    """Raises a `DeviceError` unless all workers are to go on after the same epoch."""
    if len(there := set(told_by_all(epochs_done))) > 1:
        raise DeviceError(
            "Expected workers that see the same run directory, in a folder that they "
            f"share. Received: states after {', '.join(map(str, sorted(there)))} epochs"
        )


def take_from_first(variables: Iterable[Any]) -> None:
    """Gives variables that hold floats the values that they have in the first worker.

    Workers make them alike, but on unlike machines not to the last bit.
    """
    strategy = _of_workers()
    if strategy is None:
        return
    import tensorflow as tf

    floats = [each for each in variables if "float" in each.dtype]

    @tf.function(autograph=False)
    def first():
        return strategy.run(lambda: [summed(only_of_first(v.value)) for v in floats])

    def summed(value):
        context: Any = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, value)

    for variable, value in zip(floats, first(), strict=True):
        variable.assign(strategy.experimental_local_results(value)[0])


def only_of_first(value: Any) -> Any:
    """In a replica: the value for the first of them, zeros for the others."""
    import tensorflow as tf

    context: Any = tf.distribute.get_replica_context()
    first = tf.equal(context.replica_id_in_sync_group, 0)
    return tf.where(first, value, tf.zeros_like(value))
