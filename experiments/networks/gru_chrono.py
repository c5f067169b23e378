"""The GRU from chrono biases: Tallec and Ollivier (2018)."""

from dataclasses import dataclass

from experiments.networks.chrono import FromChrono
from experiments.networks.gru import GatedUnits


@dataclass(frozen=True)
class ChronoGRU(FromChrono, GatedUnits):
    """GRU-chrono: the GRU, but for its biases."""

    names, recipes = ("GRU-chrono",), ("nnrnn", "gamma")

    def layer(self, features, **loop):
        return self.start_biases(super().layer(features, **loop), "GRU")
