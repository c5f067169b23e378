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
        strategy = current_strategy()
        for number, generator in enumerate(_generators(self.model)):
            pair = (self.seed + 7919 * number, epoch << 20)  # draws count upwards
            state = np.array([n % 2**32 for n in pair], np.uint32)
            if strategy is None:
                generator.state.assign(state)
            else:
                strategy.run(_assign_in_replica, (generator.state, state))


def _assign_in_replica(variable, state):
    import tensorflow as tf

    context: Any = tf.distribute.get_replica_context()
    number = tf.cast(context.replica_id_in_sync_group, tf.uint32)
    variable.assign(state + tf.stack([number * tf.constant(104_729, tf.uint32), 0]))


def _generators(model: keras.Model) -> list[Any]:
    """The generators of all layers, in the order of the layers, each once."""
    layers = model._flatten_layers()
    found = (getattr(layer, "seed_generator", None) for layer in layers)
    return list({id(each): each for each in found if each is not None}.values())
