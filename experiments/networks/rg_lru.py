"""RGLRU: De et al. (2024), https://arxiv.org/abs/2402.19427."""

from dataclasses import dataclass

from experiments.networks.heads import WithHeads
from experiments.networks.scanned import Scanned


@dataclass(frozen=True)
class RealGatedNetwork(WithHeads, Scanned):
    """RGLRU: linear units, whose decay and input have gates."""

    names = ("RGLRU",)
    demo = {"learning_rate": 3e-3}

    def count(self, features, units):
        return units * (features + 2 * units // self.heads + 3)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import RGLRU

        return RGLRU(
            self.units,
            heads=self.heads,
            scan=self.scan,
            input_projection=True,
            **loop,
        )
