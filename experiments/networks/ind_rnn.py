"""IndRNN: Li et al. (2018), https://arxiv.org/abs/1803.04831."""

import dataclasses
from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import WithStair


@dataclass(frozen=True)
class IndependentNetwork(WithStair):
    """IndRNN with relu: units that are fed back to themselves alone, one layer."""

    names = ("IndRNN",)
    demo = {"learning_rate": 1e-3}

    recurrent_bound: float | None = option(
        None,
        "largest recurrent weight (default: with it a signal doubles in a sequence)",
        above=0,
        group="IndRNN",
    )

    def settled(self, program):
        network = self
        if self.recurrent_bound is None:
            bound = 2 ** (1 / program.task.longest)
            network = dataclasses.replace(self, recurrent_bound=bound)
        return super(IndependentNetwork, network).settled(program)

    def count(self, features, units):
        return features * units + 2 * units

    def layer(self, features, **loop):
        from keras_nonnormal.layers import IndRNN

        return IndRNN(self.units, recurrent_bound=self.recurrent_bound, **loop)
