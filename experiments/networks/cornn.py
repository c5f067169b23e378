"""CoRNN: Rusch and Mishra (2021), https://arxiv.org/abs/2010.00951."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class OscillatorNetwork(Recurrent):
    """CoRNN: coupled oscillators, driven and damped."""

    names, group = ("CoRNN",), "CoRNN"
    demo = {"learning_rate": 1e-3}

    oscillator_step: float = option(0.076, "time step, dt", above=0)
    stiffness: float = option(0.4, "gamma, the square of the frequency", low=0)
    damping: float = option(8.0, "epsilon, damping", low=0)

    def count(self, features, units):
        return 2 * units * units + features * units + units

    def settings(self, features):
        forces = {"gamma": self.stiffness, "epsilon": self.damping}
        return {"dt": self.oscillator_step, **forces}
