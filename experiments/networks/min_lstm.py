"""MinLSTM: Feng et al. (2024), https://arxiv.org/abs/2410.01201."""

from dataclasses import dataclass

from experiments.networks.min_gru import Minimal


@dataclass(frozen=True)
class MinimalLSTM(Minimal):
    """MinLSTM: a forget gate, an input gate and a candidate."""

    names = ("MinLSTM",)

    def count(self, features, units):
        return 3 * units * (features + 1)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import MinLSTM

        return MinLSTM(
            self.units, positive=self.positive_candidate, scan=self.scan, **loop
        )
