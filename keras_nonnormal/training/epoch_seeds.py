from typing import Any

import keras
import numpy as np


class EpochSeeds(keras.callbacks.Callback):
    """Begins every epoch with random numbers of its own in layers such as dropout.

    What a layer draws in an epoch then depends on the seed, the layer and the epoch
    alone, so that a run that goes on after a break draws what it would have drawn
    without it: the state of generators is in no checkpoint.

    Args:
        seed: Non-negative integer.
    """

    model: Any

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        for number, generator in enumerate(_generators(self.model)):
            pair = (self.seed + 7919 * number, epoch << 20)  # draws count upwards
            generator.state.assign(np.array([n % 2**32 for n in pair], np.uint32))


def _generators(model: keras.Model) -> list[Any]:
    """The generators of all layers, in the order of the layers, each once."""
    layers = model._flatten_layers()
    found = (getattr(layer, "seed_generator", None) for layer in layers)
    return list({id(each): each for each in found if each is not None}.values())
