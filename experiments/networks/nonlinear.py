"""What networks have in common that have a start and a non-linearity to choose."""

from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.core.options import option
from experiments.core.program import Program
from experiments.networks.recurrent import (
    DENSE_STARTS,
    GAMMAS,
    NONLINEARITIES,
    SKEW_STARTS,
    START_SPELLINGS,
    Recurrent,
    WithStair,
)


@dataclass(frozen=True)
class Started(Recurrent):
    """A network whose recurrent matrix and input map have starts to choose."""

    group = "starts"

    rinit: str | None = option(
        None,
        "start of the recurrent matrix (default: xavier for RNN, random for RNN-orth, "
        "else that of the published script)",
        choices=(*SKEW_STARTS, *DENSE_STARTS),
        spellings=START_SPELLINGS,
    )
    iinit: str = option(
        "xavier",
        "start of the input map; torch_default is what released nnRNNs had, source "
        "feeds a chain",
        choices=("xavier", "kaiming", "torch_default", "normal", "source"),
    )


@dataclass(frozen=True)
class Shaped(Recurrent):
    """Options of a non-linearity whose shape, n and s of gamma, starts somewhere."""

    group = "gamma"

    gain: float | None = option(None, "n to start from (default: 1)", alias=("n", "-n"))
    saturation: float | None = option(
        None, "s to start from (default: 1)", alias=("s", "-s")
    )
    random: bool | None = option(
        None,
        "start from an n drawn from [5, 7) and from s = 0 (default: unless --gain or "
        "--saturation is given)",
    )

    def __post_init__(self):
        super().__post_init__()
        self.fill(random=(self.gain, self.saturation) == (None, None))
        self.fill(gain=1.0, saturation=1.0)
        pole = "gamma has a pole at n = 0, expected another number"
        self.refuse_if(self.gain == 0, "gain", pole)

    @property
    def has_shape(self) -> bool:
        """Whether the non-linearity has a shape."""
        return True

    def shape(self) -> tuple[Any, Any]:
        """Initializers of gain and saturation."""
        from keras.initializers import Constant

        from keras_nonnormal.initializers import UniformOnce

        if self.random:
            return UniformOnce(5, 7), Constant(0.0)
        starts: Any = self.gain, self.saturation
        return Constant(starts[0]), Constant(starts[1])

    def shape_words(self) -> list[str]:
        """Where the shape starts, in words, unless it is drawn."""
        return [] if self.random else [f"n {self.gain:g}", f"s {self.saturation:g}"]

    def idle(self, program):
        yield from super().idle(program)
        if self.has_shape and self.random:
            yield "gain saturation", "--random draws where to start"


@dataclass(frozen=True)
class Nonlinear(Shaped, Started, WithStair):
    """A network with one non-linearity, which may be gamma, and starts to choose."""

    orthogonal_start: ClassVar[bool] = False  # whether the matrix has to be orthogonal

    nonlin: str = option(
        "modrelu",
        "non-linearity of RNN, RNN-orth, expRNN and nnRNN; gamma has one shape for all "
        "units, gamma2 one for each",
        choices=NONLINEARITIES,
        spellings={"None": "none"},
    )
    learn_params: bool = option(
        True,
        "train n and s; else they stay where they start",
        alias="-lp",
    )

    def settled(self, program):
        self.fill(rinit=self.start_of(program))
        self.refuse_if(
            self.rinit in DENSE_STARTS and self.needs_orthogonal,
            "rinit",
            f"{self.net_type} starts from an orthogonal matrix, expected one of "
            f"{', '.join(SKEW_STARTS)}",
        )
        return super().settled(program)

    @property
    def needs_orthogonal(self) -> bool:
        """Whether the recurrent matrix has to start orthogonal."""
        return self.orthogonal_start

    def start_of(self, program: Program) -> str:
        """Where the recurrent matrix starts if nothing is said."""
        return program.task.skew_start

    @property
    def has_shape(self):
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

        shared, learned = self.nonlin == "gamma", self.learn_params
        return Gamma(*self.shape(), shared=shared, trainable=learned)

    def extras(self):
        words = [] if self.nonlin == "modrelu" else [self.nonlin]
        if self.has_shape:
            words += self.shape_words()
            words += [] if self.learn_params else ["fixed"]
        return [*words, *super().extras()]

    def idle(self, program):
        yield from super().idle(program)
        if not self.has_shape:
            reason = f"the non-linearity is {self.nonlin}"
            yield "learn_params gain saturation random", reason
