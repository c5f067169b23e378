"""SLSTM: Beck et al. (2024), https://arxiv.org/abs/2405.04517; units in heads."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import MOST_UNITS, Recurrent


@dataclass(frozen=True)
class WithHeads(Recurrent):
    """A network of units in heads of equal size: its matrices are block-diagonal."""

    group = "heads"

    heads: int = option(1, "heads: blocks of the matrices of SLSTM and RGLRU", low=1)

    def check_size(self):
        expected = f"expected a divisor of the {self.units} units"
        self.refuse_if(self.units % self.heads, "heads", expected)

    def sizes(self):
        return range(self.heads, MOST_UNITS, self.heads)


@dataclass(frozen=True)
class ExponentialLSTM(WithHeads):
    """SLSTM: an LSTM with exponential gates and a normalizer."""

    names = ("SLSTM",)
    demo = {"learning_rate": 3e-3}

    forget_gate: str = option(
        "sigmoid", "forget gate of SLSTM", choices=("sigmoid", "exponential")
    )

    def count(self, features, units):
        return 4 * units * (features + units // self.heads + 1)

    def settings(self, features):
        return {"heads": self.heads, "forget_gate": self.forget_gate}
