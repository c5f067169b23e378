"""Networks whose recurrence is one linear scan, as their gates do not see the state.

MinGRU and MinLSTM: Feng et al. (2024), https://arxiv.org/abs/2410.01201. RGLRU: De et
al. (2024), https://arxiv.org/abs/2402.19427.
"""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.heads import WithHeads
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class Scanned(Recurrent):
    """A network whose states are one scan."""

    group = "scans"
    demo = {"learning_rate": 3e-3}

    scan: str = option(
        "loop",
        "way of the scan: one step after the other, or pairs of steps at a time, which "
        "is for accelerators",
        choices=("loop", "associative"),
        role="numerics",
    )


@dataclass(frozen=True)
class MinimalGRU(Scanned):
    """MinGRU: an update gate and a candidate."""

    names = ("MinGRU",)

    positive_candidate: bool = option(
        True, "make the candidate of MinGRU and MinLSTM positive"
    )

    def count(self, features, units):
        return 2 * units * (features + 1)

    def settings(self, features):
        return {"positive": self.positive_candidate, "scan": self.scan}


@dataclass(frozen=True)
class MinimalLSTM(MinimalGRU):
    """MinLSTM: a forget gate, an input gate and a candidate."""

    names = ("MinLSTM",)

    def count(self, features, units):
        return 3 * units * (features + 1)


@dataclass(frozen=True)
class RealGatedNetwork(WithHeads, Scanned):
    """RGLRU: linear units, whose decay and input have gates."""

    names = ("RGLRU",)

    def count(self, features, units):
        return units * (features + 2 * units // self.heads + 3)

    def settings(self, features):
        return {"heads": self.heads, "scan": self.scan, "input_projection": True}
