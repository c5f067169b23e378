"""AntisymmetricRNN: Chang et al. (2019), https://arxiv.org/abs/1902.09689."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class AntisymmetricNetwork(Recurrent):
    """AntisymmetricRNN: the state follows a stable differential equation."""

    names = ("AntisymmetricRNN",)
    demo = {"learning_rate": 1e-3, "epsilon": 0.1}

    epsilon: float = option(0.01, "step size", above=0, group="AntisymmetricRNN")
    diffusion: float = option(
        0.01, "decay of the state, gamma", low=0, group="AntisymmetricRNN"
    )
    gated: bool = option(
        False, "multiply the change of the state by a gate", group="AntisymmetricRNN"
    )

    def count(self, features, units):
        affine = features * units + units
        return units * units + (1 + self.gated) * affine

    def extras(self):
        return ["gated"] if self.gated else []

    def layer(self, features, **loop):
        from keras_nonnormal.layers import AntisymmetricRNN

        return AntisymmetricRNN(
            self.units,
            epsilon=self.epsilon,
            diffusion=self.diffusion,
            gated=self.gated,
            **loop,
        )
