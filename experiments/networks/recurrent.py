"""What the recurrent networks of the recipes nnrnn and gamma have in common."""

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.core.options import OptionError, flag, option
from experiments.core.parts import Network, presets_of
from experiments.core.program import Program
from experiments.networks._base import (  # noqa: F401 - for the networks
    MOST_UNITS,
    Recurrent,
    closest,
    count_parameters,
)

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


@dataclass(frozen=True)
class WithStair(Recurrent):
    """A network whose non-linearity may have a factor for every time step.

    "Stair Recurrent Neural Networks" (2021), and the programs released with it.
    """

    no_exp_alpha: ClassVar[str] = ""  # why it has no room for exp-alpha

    stair: str = option(
        "none",
        "factor of the non-linearity for every time step; the last two are learned",
        choices=STAIRS,
        spellings=STAIR_SPELLINGS,
        alias="nvar",
        group="stair",
    )
    max_steps: int | None = option(
        None,
        "time steps that a learned stair has numbers for (default: those of a "
        "sequence)",
        low=1,
        alias="bptt",
        group="stair",
    )

    clip_exponent: float | None = option(
        None,
        "largest exponent of exp-alpha, which overflows without, as published",
        low=0,
        group="stair",
    )

    def settled(self, program):
        network, longest = self, program.task.longest
        if self.stair == "expalpha" and self.no_exp_alpha:
            raise OptionError(
                f"--stair: {self.net_type} {self.no_exp_alpha}; expected "
                f"another one, received {self.stair!r}"
            )
        if self.stair in LEARNED and self.max_steps is None:
            if getattr(program.task, "carry_step", False):
                raise OptionError(
                    "--carry-step: a learned stair that goes on through a text needs a "
                    "number for each of its rows, expected --max-steps"
                )
            network = dataclasses.replace(self, max_steps=longest)
        elif self.stair in LEARNED and self.max_steps < longest:
            raise OptionError(
                f"--max-steps: a learned stair needs a number for every time step, "
                f"expected at least the {longest} steps of a sequence, "
                f"received {self.max_steps}"
            )
        return super(WithStair, network).settled(program)

    @property
    def learned_steps(self):
        return (self.max_steps or 0) if self.stair in LEARNED else 0

    def extras(self):
        stairs = [] if self.stair == "none" else [f"stair {self.stair}"]
        return [*super().extras(), *stairs]

    def remarks(self, program, given):
        yield from super().remarks(program, given)
        rows = presets_of(program.script, program.recipe.name)
        row = rows.get(program.run.preset)
        if row and row.settings.get("stair") == "open" and "stair" not in given:
            yield f"--stair: the row {row.preset} leaves it open; this is expn"
        if given.get("max_steps") is not None and self.stair not in LEARNED:
            yield f"--max-steps has no effect: the stair {self.stair} is not learned"
        if "clip_exponent" in given and self.stair != "expalpha":
            yield "--clip-exponent has no effect: the stair is not expalpha"


@dataclass(frozen=True)
class Shaped(Network):
    """Options of a non-linearity whose shape, n and s of gamma, starts somewhere."""

    gain: float | None = option(
        None, "n to start from (default: 1)", alias=("n", "-n"), group="gamma"
    )
    saturation: float | None = option(
        None, "s to start from (default: 1)", alias=("s", "-s"), group="gamma"
    )
    random: bool | None = option(
        None,
        "start from an n drawn from [5, 7) and from s = 0 (default: unless --gain or "
        "--saturation is given)",
        group="gamma",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.random is None:
            self.settle(random=(self.gain, self.saturation) == (None, None))
        for name in ("gain", "saturation"):
            if getattr(self, name) is None:
                self.settle(**{name: 1.0})
        if self.gain == 0:
            raise OptionError(
                "--gain: gamma has a pole at n = 0, expected another number, received 0"
            )

    def shape(self) -> tuple[Any, Any]:
        """Initializers of gain and saturation."""
        from keras.initializers import Constant

        from keras_nonnormal.initializers import UniformOnce

        if self.random:
            return UniformOnce(5, 7), Constant(0.0)
        assert self.gain is not None
        assert self.saturation is not None
        return Constant(self.gain), Constant(self.saturation)

    def shape_words(self) -> list[str]:
        """Where the shape starts, in words, unless it is drawn."""
        return [] if self.random else [f"n {self.gain:g}", f"s {self.saturation:g}"]


def dense_start(choices: tuple[str, ...] = (*SKEW_STARTS, *DENSE_STARTS)) -> Any:
    """The option of where the recurrent matrix starts."""
    return option(
        None,
        "start of the recurrent matrix (default: xavier for RNN, random for RNN-orth, "
        "else that of the published script)",
        choices=choices,
        spellings=START_SPELLINGS,
        group="starts",
    )


def input_start() -> Any:
    """The option of where the input map starts."""
    return option(
        "xavier",
        "start of the input map; torch_default is what released nnRNNs had, source "
        "feeds a chain",
        choices=("xavier", "kaiming", "torch_default", "normal", "source"),
        group="starts",
    )


@dataclass(frozen=True)
class Nonlinear(Shaped, WithStair):
    """A network with one non-linearity, which may be gamma, and starts to choose."""

    orthogonal_start: ClassVar[bool] = False  # whether the matrix has to be orthogonal

    rinit: str | None = dense_start()
    iinit: str = input_start()
    nonlin: str = option(
        "modrelu",
        "non-linearity of RNN, RNN-orth, expRNN and nnRNN; gamma has one shape for all "
        "units, gamma2 one for each",
        choices=NONLINEARITIES,
        spellings={"None": "none"},
        group="gamma",
    )
    learn_params: bool = option(
        True,
        "train n and s; else they stay where they start",
        alias="-lp",
        group="gamma",
    )

    def settled(self, program):
        start = self.rinit or self.start_of(program)
        network = dataclasses.replace(self, rinit=start)
        if network.rinit in DENSE_STARTS and network.needs_orthogonal:
            raise OptionError(
                f"--rinit: {self.net_type} starts from an orthogonal matrix, expected "
                f"one of {', '.join(SKEW_STARTS)}, received {network.rinit!r}"
            )
        return super(Nonlinear, network).settled(program)

    @property
    def needs_orthogonal(self) -> bool:
        """Whether the recurrent matrix has to start orthogonal."""
        return self.orthogonal_start

    def start_of(self, program: Program) -> str:
        """Where the recurrent matrix starts if nothing is said."""
        return program.task.skew_start

    @property
    def has_shape(self) -> bool:
        """Whether the non-linearity is gamma."""
        return self.nonlin in GAMMAS

    @property
    def learns_shape(self):
        return self.has_shape and self.learn_params

    def count_activation(self, units: int) -> int:
        """How many numbers the non-linearity trains."""
        shapes = {"gamma": 2, "gamma2": 2 * units}
        shape = shapes[self.nonlin] if self.learns_shape else 0
        return shape + (units if self.nonlin == "modrelu" else 0)

    def activation(self) -> Any:
        """The non-linearity by name or as a layer."""
        if not self.has_shape:
            return "linear" if self.nonlin == "none" else self.nonlin
        from keras_nonnormal.activations import Gamma

        return Gamma(
            *self.shape(),
            shared=self.nonlin == "gamma",
            trainable=self.learn_params,
        )

    def extras(self):
        words = [] if self.nonlin == "modrelu" else [self.nonlin]
        if self.has_shape:
            words += self.shape_words()
            words += [] if self.learn_params else ["fixed"]
        return [*words, *super().extras()]

    def remarks(self, program, given):
        yield from super().remarks(program, given)
        lacking = f"the non-linearity is {self.nonlin}"
        for name in ("learn_params", "gain", "saturation", "random"):
            if name not in given:
                continue
            if not self.has_shape:
                yield f"{flag(name)} has no effect: {lacking}"
            elif name in ("gain", "saturation") and self.random:
                yield f"{flag(name)} has no effect: --random draws where to start"
