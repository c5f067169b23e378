"""The LSTM, started as in the published programs."""

from dataclasses import dataclass
from typing import Any

from experiments.networks.recurrent import WithStair


@dataclass(frozen=True)
class GatedNetwork(WithStair):
    """LSTM with Glorot's start of every gate."""

    names = ("LSTM",)
    no_exp_alpha = "has gates, exp-alpha is for one non-linearity"
    before = {"rinit": "xavier"}

    def count(self, features, units):
        return 4 * (units * units + features * units + units)

    def layer(self, features, **loop):
        from keras_nonnormal.initializers import lstm_glorot_initializers
        from keras_nonnormal.layers import FusedLSTM

        start: Any = lstm_glorot_initializers(self.units, features)
        kernel, recurrent, bias = start
        return FusedLSTM(
            self.units,
            kernel_initializer=kernel,
            recurrent_initializer=recurrent,
            bias_initializer=bias,
            unit_forget_bias=False,
            **loop,
        )
