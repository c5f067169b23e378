"""SLSTM: Beck et al. (2024), https://arxiv.org/abs/2405.04517."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.heads import WithHeads


@dataclass(frozen=True)
class ExponentialLSTM(WithHeads):
    """SLSTM: an LSTM with exponential gates and a normalizer."""

    names = ("SLSTM",)
    demo = {"learning_rate": 3e-3}

    forget_gate: str = option(
        "sigmoid",
        "forget gate of SLSTM",
        choices=("sigmoid", "exponential"),
        group="heads",
    )

    def count(self, features, units):
        return 4 * units * (features + units // self.heads + 1)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import SLSTM

        return SLSTM(self.units, heads=self.heads, forget_gate=self.forget_gate, **loop)
