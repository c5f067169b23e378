"""ScoRNN: Helfrich et al. (2018), https://arxiv.org/abs/1707.09520."""

from dataclasses import dataclass

from experiments.core.options import OptionError, option
from experiments.networks.recurrent import Nonlinear


@dataclass(frozen=True)
class ScaledCayleyNetwork(Nonlinear):
    """ScoRNN: the recurrent matrix is a Cayley map, some of its columns negated."""

    names = ("ScoRNN",)
    orthogonal_start = True
    demo = {"learning_rate": 1e-3, "lr_orth": 1e-4}

    negative_ones: int | None = option(
        None, "columns to negate (default: half of the units)", low=0, group="ScoRNN"
    )
    lr_orth: float = option(
        2e-5, "their learning rate", above=0, group="orthogonal parameters"
    )

    def start_of(self, program):
        return "cayley"

    def check_size(self):
        if self.negative_ones is not None and self.negative_ones > self.units:
            raise OptionError(
                f"--negative-ones: expected at most --units, {self.units}, received "
                f"{self.negative_ones}"
            )

    def rates(self, recipe):
        return {"orthogonal_rate": self.lr_orth}

    def count(self, features, units):
        skew = units * (units - 1) // 2
        return skew + features * units + self.count_activation(units)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import ScoRNN

        return ScoRNN(
            self.units,
            negative_ones=self.negative_ones,
            activation=self.activation(),
            kernel_initializer=self.iinit,
            skew_initializer=self.rinit,
            **loop,
        )
