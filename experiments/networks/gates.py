"""LSTM and GRU, started as in the published programs or from chrono biases.

Those are of Tallec and Ollivier (2018), https://arxiv.org/abs/1804.11188.
"""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent, WithStair


@dataclass(frozen=True)
class GatedNetwork(WithStair):
    """LSTM with Glorot's start of every gate."""

    names, kind = ("LSTM",), "FusedLSTM"
    no_exp_alpha = "has gates, exp-alpha is for one non-linearity"
    before = {"rinit": "xavier"}

    def count(self, features, units):
        return 4 * (units * units + features * units + units)

    def settings(self, features):
        from keras_nonnormal.initializers import lstm_glorot_initializers

        starts = _starts(lstm_glorot_initializers(self.units, features))
        return {**starts, "unit_forget_bias": False}


@dataclass(frozen=True)
class GatedUnits(Recurrent):
    """GRU; all of its weights are drawn alike, biases or not, as PyTorch does."""

    names, recipes, kind = ("GRU",), ("gamma",), "FusedGRU"
    refused = {"stair": "is a network without stairs"}
    before = {"rinit": None}

    def count(self, features, units):
        return 3 * (units * units + features * units + 2 * units)

    def settings(self, features):
        from keras_nonnormal.initializers import bias_initializer

        return _starts([bias_initializer(self.units) for _ in range(3)])


@dataclass(frozen=True)
class FromChrono(Recurrent):
    """A network of gates whose biases start from spans of time."""

    group = "starts"

    chrono_steps: int | None = option(
        None,
        "longest dependency in steps that LSTM-chrono and GRU-chrono start for "
        "(default: the length of a sequence)",
        low=2,
    )

    def settled(self, program):
        self.fill(chrono_steps=max(2, program.task.longest))
        return super().settled(program)

    def layer(self, features, **loop):
        from keras_nonnormal.initializers import ChronoBias
        from keras_nonnormal.layers.stair_cell import bare

        layer, cell = super().layer(features, **loop), self.kind.removeprefix("Fused")
        bias = ChronoBias(self.units, self.chrono_steps, cell)
        bare(layer.cell).bias_initializer = bias
        return layer


@dataclass(frozen=True)
class ChronoLSTM(FromChrono, GatedNetwork):
    """LSTM-chrono: the LSTM, but for its biases."""

    names = ("LSTM-chrono",)


@dataclass(frozen=True)
class ChronoGRU(FromChrono, GatedUnits):
    """GRU-chrono: the GRU, but for its biases."""

    names, recipes = ("GRU-chrono",), ("nnrnn", "gamma")


def _starts(initializers) -> dict:
    """Arguments of a layer of gates: initializers of kernels and bias."""
    names = ("kernel", "recurrent", "bias")
    named = zip(names, initializers, strict=True)
    return {f"{name}_initializer": each for name, each in named}
