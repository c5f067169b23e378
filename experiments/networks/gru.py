"""The GRU, started as PyTorch does."""

from dataclasses import dataclass
from typing import Any

from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class GatedUnits(Recurrent):
    """GRU; all of its weights are drawn alike, biases or not."""

    names, recipes = ("GRU",), ("gamma",)
    refused = {"stair": "is a network without stairs"}
    before = {"rinit": None}

    def count(self, features, units):
        return 3 * (units * units + features * units + 2 * units)

    def layer(self, features, **loop):
        from keras_nonnormal.initializers import bias_initializer
        from keras_nonnormal.layers import FusedGRU

        starts: Any = [bias_initializer(self.units) for _ in range(3)]
        kernel, recurrent, bias = starts
        return FusedGRU(
            self.units,
            kernel_initializer=kernel,
            recurrent_initializer=recurrent,
            bias_initializer=bias,
            **loop,
        )
