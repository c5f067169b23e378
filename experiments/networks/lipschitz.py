"""LipschitzRNN: Erichson et al. (2021), https://arxiv.org/abs/2006.12070."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class LipschitzNetwork(Recurrent):
    """LipschitzRNN: a linear and a bounded field, of two split matrices."""

    names, group = ("LipschitzRNN",), "LipschitzRNN"
    demo = {"learning_rate": 1e-3, "euler_step": 0.1}

    euler_step: float = option(0.01, "step size, epsilon", above=0)
    beta_a: float = option(0.8, "skew-symmetric share of A", low=0, high=1)
    beta_w: float = option(0.8, "skew-symmetric share of W", low=0, high=1)
    gamma_a: float = option(0.001, "decay by A", low=0)
    gamma_w: float = option(0.001, "decay by W", low=0)

    def count(self, features, units):
        return 2 * units * units + features * units + units

    def settings(self, features):
        betas = {"beta_a": self.beta_a, "beta_w": self.beta_w}
        gammas = {"gamma_a": self.gamma_a, "gamma_w": self.gamma_w}
        return {"epsilon": self.euler_step, **betas, **gammas}
