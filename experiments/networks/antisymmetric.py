"""AntisymmetricRNN: Chang et al. (2019), https://arxiv.org/abs/1902.09689."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class AntisymmetricNetwork(Recurrent):
    """AntisymmetricRNN: the state follows a stable differential equation."""

    names, group = ("AntisymmetricRNN",), "AntisymmetricRNN"
    demo = {"learning_rate": 1e-3, "epsilon": 0.1}

    epsilon: float = option(0.01, "step size", above=0)
    diffusion: float = option(0.01, "decay of the state, gamma", low=0)
    gated: bool = option(False, "multiply the change of the state by a gate")

    def count(self, features, units):
        affine = features * units + units
        return units * units + (1 + self.gated) * affine

    def extras(self):
        return ["gated"] if self.gated else []

    def settings(self, features):
        step = {"epsilon": self.epsilon, "diffusion": self.diffusion}
        return {**step, "gated": self.gated}
