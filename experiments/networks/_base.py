"""What all recurrent networks of the recipes nnrnn and gamma have: a size, a layer."""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.core.options import option
from experiments.core.parts import NETWORKS, Network
from experiments.core.program import Program

# Where XLA's products outside the recurrence are no longer the faster ones on a CPU.
FEWEST_UNITS_FOR_PARTS = 256
MOST_UNITS = 2**15  # more than any budget asks for that fits into a memory


def _names() -> tuple[str, ...]:
    networks = [each for each in NETWORKS if each.selector == "net_type"]
    return tuple(name for each in networks for name in each.names)


@dataclass(frozen=True)
class Recurrent(Network):
    """An embedding where the task has tokens, a recurrent layer, a linear read-out."""

    recipes = ("nnrnn", "gamma")
    selector = "net_type"

    net_type: str = option(
        "nnRNN",
        "network to train; RNN2, expRNN2 and nnRNN2 are those with --stair expalpha",
        choices=_names,
    )
    units: int = option(128, "recurrent units", low=1, alias=("nhid", "hidden_units"))
    budget: int | None = option(
        None, "choose --units so that so many parameters are trained, or closest", low=1
    )

    def settled(self, program):
        network = self
        if self.budget is not None:

            def size(units):
                return count_parameters(self, units, **program.task.widths)

            units = closest(self.sizes(), size, self.budget)
            network = dataclasses.replace(self, units=units)
        network.check_size()
        return network

    def check_size(self) -> None:
        """Raises an `OptionError` for a number of units that it cannot have."""

    def sizes(self) -> Iterable[int]:
        """The numbers of units that it can have, in order."""
        return range(1, MOST_UNITS)

    def count(self, features: int, units: int) -> int:
        """How many numbers the recurrent layer trains.

        Args:
            features: Width of its input.
            units: Hidden units, N.
        """
        raise NotImplementedError

    def layer(self, features: int, **loop: Any) -> Any:
        """The recurrent layer.

        Args:
            features: Width of its input.
            **loop: Further arguments of the layer, such as `return_sequences`.
        """
        raise NotImplementedError

    def readout(self, features: int, classes: int) -> dict[str, Any]:
        """Initializers of its own for the read-out; empty for those of the task."""
        return {}

    @property
    def learned_steps(self) -> int:
        """Time steps that a learned stair has numbers for; 0 if none is learned."""
        return 0

    @property
    def learns_shape(self) -> bool:
        """Whether it trains gain and saturation of a gamma."""
        return False

    @property
    def paired_biases(self) -> tuple[str, ...]:
        """Patterns of the biases that are the sum of two in the published programs."""
        return ()

    def rates(self, recipe: Any) -> dict[str, Any]:
        """Arguments of `two_rate_optimizer` that are about its parameters."""
        return {}

    def extras(self) -> list[str]:
        """What there is to say of it besides its name and size."""
        return []

    def words(self, program):
        return [self.net_type, f"{self.units} units", *self.extras()]

    def label(self, program):
        words = [self.net_type, str(self.units), *self.extras()]
        return "-".join(word.removeprefix("stair ").replace(" ", "") for word in words)

    def model(self, program, task):
        from experiments.networks.stack import build

        return build(program, task)

    def parameters(self, program, task):
        widths = program.task.widths
        if task is not None and task.stateful:  # a text of the user's own
            widths = {**widths, "output_width": task.output_width}
            widths |= {"vocabulary": task.input_width}
        return count_parameters(self, self.units, **widths)

    def compiles_steps(self, program):
        jit = program.run.jit
        return self.units < FEWEST_UNITS_FOR_PARTS if jit is None else jit

    def remarks(self, program: Program, given: Mapping[str, Any]) -> Iterator[str]:
        if "units" in given and self.budget is not None:
            yield f"--units has no effect: --budget chose {self.units}"


def closest(sizes: Iterable[int], count: Any, budget: int) -> int:
    """The size whose count is closest to the budget; counts grow with the size."""
    best, distance = 0, math.inf
    for size in sizes:
        now = abs(count(size) - budget)
        if now >= distance:
            break
        best, distance = size, now
    return best


def count_parameters(
    network: Recurrent,
    units: int,
    input_width: int,
    output_width: int,
    vocabulary: int = 0,
    tied: bool = False,
) -> int:
    """Trained numbers: recurrent layer, stair, linear read-out, embedding."""
    recurrent = network.count(input_width, units) + network.learned_steps
    readout = (0 if tied else units * output_width) + output_width
    return recurrent + readout + vocabulary * input_width
