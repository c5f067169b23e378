"""What networks of gates from chrono biases share: Tallec and Ollivier (2018).

https://arxiv.org/abs/1804.11188
"""

import dataclasses
from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Recurrent


@dataclass(frozen=True)
class FromChrono(Recurrent):
    """A network of gates whose biases start from spans of time."""

    chrono_steps: int | None = option(
        None,
        "longest dependency in steps that LSTM-chrono and GRU-chrono start for "
        "(default: the length of a sequence)",
        low=2,
        group="starts",
    )

    def settled(self, program):
        network = super().settled(program)
        if network.chrono_steps is None:
            longest = max(2, program.task.longest)
            network = dataclasses.replace(network, chrono_steps=longest)
        return network

    def start_biases(self, layer, cell):
        """The same layer, not built yet, with chrono biases.

        Args:
            layer: The layer.
            cell: `"LSTM"` or `"GRU"`.
        """
        from keras_nonnormal.initializers import ChronoBias
        from keras_nonnormal.layers.stair_cell import bare

        biases = ChronoBias(self.units, self.chrono_steps, cell)
        bare(layer.cell).bias_initializer = biases
        return layer
