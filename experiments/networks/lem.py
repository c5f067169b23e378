"""LEM: Rusch et al. (2022), https://arxiv.org/abs/2110.04744."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class LongExpressiveMemory(Recurrent):
    """LEM: two coupled states, every unit at a pace of its own."""

    names, group = ("LEM",), "LEM"
    demo = {"learning_rate": 3e-3}

    longest_step: float = option(1.0, "longest time step, dt", above=0)

    def count(self, features, units):
        return 4 * (units * units + features * units + units)

    def settings(self, features):
        from keras_nonnormal.initializers import bias_initializer

        bias = bias_initializer(self.units)
        return {"dt": self.longest_step, "bias_initializer": bias}
