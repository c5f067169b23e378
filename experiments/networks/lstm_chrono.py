"""The LSTM from chrono biases: Tallec and Ollivier (2018)."""

from dataclasses import dataclass

from experiments.networks.chrono import FromChrono
from experiments.networks.lstm import GatedNetwork


@dataclass(frozen=True)
class ChronoLSTM(FromChrono, GatedNetwork):
    """LSTM-chrono: the LSTM, but for its biases."""

    names = ("LSTM-chrono",)

    def layer(self, features, **loop):
        return self.start_biases(super().layer(features, **loop), "LSTM")
