"""What the recurrent networks of the recipes nnrnn and gamma have in common."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.core.options import OptionError, option
from experiments.core.parts import NETWORKS, Network, presets_of
from experiments.core.program import Program

# Where XLA's products outside the recurrence are no longer the faster ones on a CPU.
FEWEST_UNITS_FOR_PARTS = 256
MOST_UNITS = 2**15  # more than any budget asks for that fits into a memory

FIXED = ("expn", "n2", "n", "log2n", "logn", "sqrtlogn")
LEARNED = ("alpha", "expalpha")
STAIRS = ("none", *FIXED, *LEARNED)
# A row of the tables that leaves the schedule "open" has the first.
STAIR_SPELLINGS = {"1n": "n", "1n2": "n2", "n^2": "n2", "exp-alpha": "expalpha"}
STAIR_SPELLINGS["open"] = FIXED[0]

SKEW_STARTS = (
    *("henaff", "cayley", "random", "haar", "haar_diag", "normal_diag"),
    *("normal_squeeze_diag", "exp_uniform"),
)
DENSE_STARTS = (
    *("xavier", "kaiming", "normal", "np_rnn", "hippo"),
    *("chain", "fbchain", "identity"),
)
START_SPELLINGS = {
    "random orth.": "random",
    "Glorot": "xavier",
}
# One shape for all units of a layer, and one for each.
GAMMAS = ("gamma", "gamma2")
NONLINEARITIES = ("none", "modrelu", "tanh", "relu", "sigmoid", *GAMMAS)


def _names() -> tuple[str, ...]:
    networks = [each for each in NETWORKS if each.selector == "net_type"]
    return tuple(name for each in networks for name in each.names)


@dataclass(frozen=True)
class Recurrent(Network):
    """An embedding where the task has tokens, a recurrent layer, a linear read-out."""

    recipes = ("nnrnn", "gamma")
    selector = "net_type"
    kind: ClassVar[str] = ""  # the layer's class; by default it has the network's name

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
        if self.budget is not None:

            def size(units):
                return count_parameters(self, units, **program.task.widths)

            self.settle(units=closest(self.sizes(), size, self.budget))
        self.check_size()
        return self

    def check_size(self) -> None:
        """Raises an `OptionError` for a number of units that it cannot have."""

    def sizes(self) -> Iterable[int]:
        """The numbers of units that it can have, in order."""
        return range(1, MOST_UNITS)

    def count(self, features: int, units: int) -> int:
        """How many numbers the recurrent layer trains, given the width of its input."""
        raise NotImplementedError

    def settings(self, features: int) -> dict[str, Any]:
        """Arguments of the recurrent layer, given the width of its input."""
        return {}

    def layer(self, features: int, **loop: Any) -> Any:
        """The recurrent layer.

        Args:
            features: Width of its input.
            **loop: Further arguments of the layer, such as `return_sequences`.
        """
        from keras_nonnormal import layers

        kind: Any = getattr(layers, self.kind or self.names[0])
        return kind(self.units, **self.settings(features), **loop)

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

    def idle(self, program):
        if self.budget is not None:
            yield "units", f"--budget chose {self.units}"


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


@dataclass(frozen=True)
class WithStair(Recurrent):
    """A network whose non-linearity may have a factor for every time step.

    "Stair Recurrent Neural Networks" (2021), and the programs released with it.
    """

    group = "stair"
    no_exp_alpha: ClassVar[str] = ""  # why it has no room for exp-alpha

    stair: str = option(
        "none",
        "factor of the non-linearity for every time step; the last two are learned",
        choices=STAIRS,
        spellings=STAIR_SPELLINGS,
        alias="nvar",
    )
    max_steps: int | None = option(
        None,
        "time steps that a learned stair has numbers for (default: those of a "
        "sequence)",
        low=1,
        alias="bptt",
    )
    clip_exponent: float | None = option(
        None,
        "largest exponent of exp-alpha, which overflows without, as published",
        low=0,
    )

    def settled(self, program):
        reason = f"{self.net_type} {self.no_exp_alpha}; expected another one"
        self.refuse_if(self.no_exp_alpha and self.stair == "expalpha", "stair", reason)
        if self.stair in LEARNED:
            self._check_steps(program)
        return super().settled(program)

    def _check_steps(self, program: Program) -> None:
        """Sees to it that a learned stair has a number for every time step."""
        longest = program.task.longest
        if self.max_steps is None and getattr(program.task, "carry_step", False):
            raise OptionError(
                "--carry-step: a learned stair that goes on through a text needs a "
                "number for each of its rows, expected --max-steps"
            )
        self.fill(max_steps=longest)
        self.refuse_if(
            self.max_steps < longest,
            "max_steps",
            "a learned stair needs a number for every time step, expected at least the "
            f"{longest} steps of a sequence",
        )

    @property
    def learned_steps(self):
        return (self.max_steps or 0) if self.stair in LEARNED else 0

    def extras(self):
        stairs = [] if self.stair == "none" else [f"stair {self.stair}"]
        return [*super().extras(), *stairs]

    def idle(self, program):
        yield from super().idle(program)
        if self.stair not in LEARNED and self.max_steps is not None:
            yield "max_steps", f"the stair {self.stair} is not learned"
        if self.stair != "expalpha":
            yield "clip_exponent", "the stair is not expalpha"

    def remarks(self, program, given):
        rows = presets_of(program.script, program.recipe.name)
        row = rows.get(program.run.preset)
        if row and row.settings.get("stair") == "open" and "stair" not in given:
            yield f"--stair: the row {row.preset} leaves it open; this is expn"
