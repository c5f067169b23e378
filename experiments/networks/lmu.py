"""LMU: Voelker et al. (2019), https://github.com/nengo/keras-lmu."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class LegendreNetwork(Recurrent):
    """LMU: a window of the past in Legendre polynomials, and a network that reads it.

    From the start `window`, that of the published psMNIST, the input goes into the
    window alone, and the network sees nothing but the window.
    """

    names, group = ("LMU",), "LMU"
    demo = {"learning_rate": 1e-3, "order": 32}

    order: int = option(64, "polynomials in the window", low=1)
    theta: float | None = option(
        None, "time steps in the window (default: those of a sequence)", above=0
    )
    lmu_start: str = option(
        "drawn",
        "start of the weights: all drawn, or those that are not about the window zero",
        choices=("drawn", "window"),
    )

    def settled(self, program):
        self.fill(theta=float(program.task.longest))
        return super().settled(program)

    def count(self, features, units):
        encoders = features + units + self.order
        return encoders + (features + units + self.order) * units

    def settings(self, features):
        window = {"order": self.order, "theta": self.theta}
        if self.lmu_start == "drawn":
            return window
        names = ("kernel", "recurrent", "hidden_encoder")
        zeros = {f"{name}_initializer": "zeros" for name in names}
        return {**window, **zeros, "input_encoder_initializer": "ones"}
