"""MinGRU: Feng et al. (2024), https://arxiv.org/abs/2410.01201."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.scanned import Scanned


@dataclass(frozen=True)
class Minimal(Scanned):
    """A network whose gates do not see the state."""

    demo = {"learning_rate": 3e-3}

    positive_candidate: bool = option(
        True, "make the candidate of MinGRU and MinLSTM positive", group="scans"
    )


@dataclass(frozen=True)
class MinimalGRU(Minimal):
    """MinGRU: an update gate and a candidate."""

    names = ("MinGRU",)

    def count(self, features, units):
        return 2 * units * (features + 1)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import MinGRU

        return MinGRU(
            self.units, positive=self.positive_candidate, scan=self.scan, **loop
        )
