"""The simple recurrent network, and the same started from an orthogonal matrix."""

from dataclasses import dataclass
from typing import Any

from experiments.networks.nonlinear import Nonlinear


@dataclass(frozen=True)
class SimpleNetwork(Nonlinear):
    """RNN and RNN-orth: all entries of the recurrent matrix are trained."""

    names, kind = ("RNN", "RNN-orth"), "FusedSimpleRNN"
    spellings = {
        "RNN1": {"net_type": "RNN"},
        "RNN-Orth": {"net_type": "RNN-orth"},
        "RNN2": {"net_type": "RNN", "stair": "expalpha"},
    }

    @property
    def needs_orthogonal(self):
        return self.net_type == "RNN-orth"

    def start_of(self, program):
        return "random" if self.needs_orthogonal else "xavier"

    @property
    def paired_biases(self):
        return ("recurrent/*/bias",) if self.has_shape else ()

    def count(self, features, units):
        kernels = units * units + features * units
        return kernels + units + self.count_activation(units)

    def settings(self, features):
        from keras_nonnormal import initializers

        recurrent: Any = self.rinit  # settled by now
        return {
            "activation": self.activation(),
            "kernel_initializer": initializers.kernel_initializer(self.iinit),
            "recurrent_initializer": initializers.recurrent_initializer(recurrent),
            "bias_initializer": initializers.bias_initializer(features),
        }
