from typing import Any

import keras
import numpy as np

from keras_nonnormal.training.distributed.strategy import current_strategy


class EpochSeeds(keras.callbacks.Callback):
    """Begins every epoch with random numbers of its own in layers such as dropout.

    What a layer draws in an epoch then depends on the seed, the layer and the epoch
    alone, so that a run that goes on after a break draws what it would have drawn
    without it: the state of generators is in no checkpoint. Every replica draws numbers
    of its own.

    Args:
        seed: Non-negative integer.
    """

    model: Any

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed

    def set_model(self, model):
        """Called by Keras."""
        super().set_model(model)
        self._states = [each.state for each in _generators(self.model)]
        strategy = current_strategy()
        self._assign = self._start if strategy is None else self._of_replicas(strategy)

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        if self._states:
            numbers = range(len(self._states))
            pairs = [(self.seed + 7919 * n, epoch << 20) for n in numbers]  # count up
            starts = [[number % 2**32 for number in pair] for pair in pairs]
            self._assign(np.array(starts, np.uint32))

    def _start(self, starts):
        for number, state in enumerate(self._states):
            state.assign(starts[number])

    def _of_replicas(self, strategy):
        """Starts each elsewhere, and the first where one device would start."""
        import tensorflow as tf

        def start(starts):
            context: Any = tf.distribute.get_replica_context()
            number = tf.cast(context.replica_id_in_sync_group, tf.uint32)
            self._start(starts + number * tf.constant([104_729, 0], tf.uint32))

        run = tf.function(lambda starts: strategy.run(start, (starts,)))
        return lambda starts: run(tf.constant(starts))


def _generators(model: keras.Model) -> list[Any]:
    """The generators of all layers, in the order of the layers, each once."""
    layers = model._flatten_layers()
    found = (getattr(layer, "seed_generator", None) for layer in layers)
    return list({id(each): each for each in found if each is not None}.values())
