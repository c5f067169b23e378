"""What networks have in common whose matrices are block-diagonal."""

from dataclasses import dataclass

from experiments.core.options import OptionError, option
from experiments.networks.recurrent import MOST_UNITS, Recurrent


@dataclass(frozen=True)
class WithHeads(Recurrent):
    """A network of units in heads of equal size."""

    heads: int = option(
        1, "heads: blocks of the matrices of SLSTM and RGLRU", low=1, group="heads"
    )

    def check_size(self):
        if self.units % self.heads:
            raise OptionError(
                f"--heads: expected a divisor of the {self.units} units, received "
                f"{self.heads}"
            )

    def sizes(self):
        return range(self.heads, MOST_UNITS, self.heads)
