"""ANRU: a controller shapes the non-linearity, https://arxiv.org/abs/2006.12253."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.nonlinear import Shaped, Started


@dataclass(frozen=True)
class AdaptiveNetwork(Shaped, Started):
    """ANRU, which the last release of its programs also calls ARUN."""

    names, recipes = ("ANRU",), ("gamma",)
    spellings = {"ARUN": {"net_type": "ANRU"}}
    refused = {"stair": "has a controller that shapes its non-linearity at every step"}

    controller: int = option(50, "units of the controller", low=1, group="ANRU")

    def settled(self, program):
        self.fill(rinit="henaff")
        return super().settled(program)

    @property
    def paired_biases(self):
        return ("recurrent/*/bias", "recurrent/*/controller_bias")

    def count(self, features, units):
        g = self.controller  # which reads out gain and saturation
        own = units * units + features * units + units
        return own + (g * g + g + g) + 2 * (g + 1)

    def extras(self):
        return self.shape_words()

    def compiles_steps(self, program):
        # The long products of its backward pass are slow in XLA.
        return program.run.jit is not None and super().compiles_steps(program)

    def settings(self, features):
        gain, saturation = self.shape()
        return {
            "controller_units": self.controller,
            "kernel_initializer": self.iinit,
            "recurrent_initializer": self.rinit,
            "controller_initializer": self.iinit,
            "controller_recurrent_initializer": self.rinit,
            "gain_initializer": gain,
            "saturation_initializer": saturation,
        }
