"""The simple recurrent network, and the same started from an orthogonal matrix."""

from dataclasses import dataclass

from experiments.core.program import Program
from experiments.networks.recurrent import Nonlinear


@dataclass(frozen=True)
class SimpleNetwork(Nonlinear):
    """RNN and RNN-orth: all entries of the recurrent matrix are trained."""

    names = ("RNN", "RNN-orth")
    spellings = {
        "RNN1": {"net_type": "RNN"},
        "RNN-Orth": {"net_type": "RNN-orth"},
        "RNN2": {"net_type": "RNN", "stair": "expalpha"},
    }

    @property
    def needs_orthogonal(self):
        return self.net_type == "RNN-orth"

    def start_of(self, program: Program):
        return {"RNN": "xavier", "RNN-orth": "random"}[self.net_type]

    @property
    def paired_biases(self):
        return ("recurrent/*/bias",) if self.has_shape else ()

    def count(self, features, units):
        kernels = units * units + features * units
        return kernels + units + self.count_activation(units)

    def layer(self, features, **loop):
        from keras_nonnormal.initializers import (
            bias_initializer,
            kernel_initializer,
            recurrent_initializer,
        )
        from keras_nonnormal.layers import FusedSimpleRNN

        assert self.rinit is not None
        return FusedSimpleRNN(
            self.units,
            activation=self.activation(),
            kernel_initializer=kernel_initializer(self.iinit),
            recurrent_initializer=recurrent_initializer(self.rinit),
            bias_initializer=bias_initializer(features),
            **loop,
        )
