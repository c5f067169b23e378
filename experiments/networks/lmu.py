"""LMU: Voelker et al. (2019), https://github.com/nengo/keras-lmu."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class LegendreNetwork(Recurrent):
    """LMU: a window of the past in Legendre polynomials, and a network that reads it.

    From the start `window`, that of the published psMNIST, the input goes into the
    window alone, and the network sees nothing but the window.
    """

    names = ("LMU",)
    demo = {"learning_rate": 1e-3, "order": 32}

    order: int = option(64, "polynomials in the window", low=1, group="LMU")
    theta: float | None = option(
        None,
        "time steps in the window (default: those of a sequence)",
        above=0,
        group="LMU",
    )
    lmu_start: str = option(
        "drawn",
        "start of the weights: all drawn, or those that are not about the window zero",
        choices=("drawn", "window"),
        group="LMU",
    )

    def settled(self, program):
        network = super().settled(program)
        if network.theta is None:
            longest = float(program.task.longest)
            network = dataclasses.replace(network, theta=longest)
        return network

    def count(self, features, units):
        encoders = features + units + self.order
        return encoders + (features + units + self.order) * units

    def layer(self, features, **loop):
        from keras_nonnormal.layers import LMU

        starts: dict[str, Any] = {}
        if self.lmu_start == "window":
            names = ("kernel", "recurrent", "hidden_encoder")
            starts = {f"{name}_initializer": "zeros" for name in names}
            starts["input_encoder_initializer"] = "ones"
        return LMU(self.units, self.order, self.theta, **starts, **loop)
