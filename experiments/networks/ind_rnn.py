"""IndRNN: Li et al. (2018), https://arxiv.org/abs/1803.04831."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import WithStair


@dataclass(frozen=True)
class IndependentNetwork(WithStair):
    """IndRNN with relu: units that are fed back to themselves alone, one layer."""

    names, group = ("IndRNN",), "IndRNN"
    demo = {"learning_rate": 1e-3}

    recurrent_bound: float | None = option(
        None,
        "largest recurrent weight (default: with it a signal doubles in a sequence)",
        above=0,
    )

    def settled(self, program):
        self.fill(recurrent_bound=2 ** (1 / program.task.longest))
        return super().settled(program)

    def count(self, features, units):
        return features * units + 2 * units

    def settings(self, features):
        return {"recurrent_bound": self.recurrent_bound}
