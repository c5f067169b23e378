from typing import Any

import keras
import numpy as np

from keras_nonnormal.training.strategy import current_strategy


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

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        generators = _generators(self.model)
        numbers = range(len(generators))
        pairs = [(self.seed + 7919 * n, epoch << 20) for n in numbers]  # counts upwards
        states = [np.array([n % 2**32 for n in pair], np.uint32) for pair in pairs]
        strategy = current_strategy()
        if strategy is not None:
            _assign_in_replicas(strategy, generators, states)
            return
        for generator, state in zip(generators, states, strict=True):
            generator.state.assign(state)


def _assign_in_replicas(strategy, generators, states):
    """Other states in every replica; in the first those that one device would have."""
    import tensorflow as tf

    def assign():
        context: Any = tf.distribute.get_replica_context()
        number = tf.cast(context.replica_id_in_sync_group, tf.uint32)
        change = number * tf.constant([104_729, 0], tf.uint32)
        for generator, state in zip(generators, states, strict=True):
            generator.state.assign(state + change)

    tf.function(lambda: strategy.run(assign), autograph=False)()


def _generators(model: keras.Model) -> list[Any]:
    """The generators of all layers, in the order of the layers, each once."""
    layers = model._flatten_layers()
    found = (getattr(layer, "seed_generator", None) for layer in layers)
    return list({id(each): each for each in found if each is not None}.values())
