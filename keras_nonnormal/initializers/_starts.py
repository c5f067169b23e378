"""The starts that the paper compares, one row each, and the matrices they name."""

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keras.initializers import (
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
)

from keras_nonnormal.initializers.chain import Chain
from keras_nonnormal.initializers.fbchain import FBChain
from keras_nonnormal.initializers.ramp import Ramp
from keras_nonnormal.initializers.source import Source


@dataclass(frozen=True)
class Settings:
    """Settings that a matrix may depend on besides its seed."""

    units: int
    direction: str
    gains: Mapping[str, float]


Matrix = Callable[[Settings, int | None], Initializer]


@dataclass(frozen=True)
class Start:
    """One named start.

    `gains` are its options with their defaults: an option that is not there does
    not apply. `update` fills the tanh update of a gated layer and the only matrix
    of a simple one, `gate` the other gates where they differ.
    """

    layers: tuple[str, ...]
    gains: Mapping[str, float]
    kernel: Matrix
    update: Matrix
    gate: Matrix | None = None


def chain(settings: Settings, seed: int | None) -> Initializer:
    return Chain(alpha=settings.gains["scale"], direction=settings.direction)


def fbchain(settings: Settings, seed: int | None) -> Initializer:
    return FBChain(
        beta=settings.gains["scale"],
        alpha=settings.gains["forward_gain"],
        direction=settings.direction,
    )


def ramp(settings: Settings, seed: int | None) -> Initializer:
    return Ramp(end_gain=settings.gains["end_gain"], direction=settings.direction)


def orthogonal(settings: Settings, seed: int | None) -> Initializer:
    return Orthogonal(gain=settings.gains["scale"], seed=seed)


def identity(settings: Settings, seed: int | None) -> Initializer:
    # keras.initializers.Identity leaves its gain out of its config, so that a reloaded
    # or cloned model would start from gain 1.
    return Chain(alpha=0.0, diag_gain=settings.gains["scale"])


def source(settings: Settings, seed: int | None) -> Initializer:
    return Source(scale=settings.gains["input_scale"])


def normal(settings: Settings, seed: int | None) -> Initializer:
    deviation = settings.gains["input_scale"] / math.sqrt(settings.units)
    return RandomNormal(stddev=deviation, seed=seed)


def uniform(settings: Settings, seed: int | None) -> Initializer:
    bound = 1 / math.sqrt(settings.units)
    return RandomUniform(-bound, bound, seed=seed)


ALL = ("SimpleRNN", "LSTM", "GRU")
GATED = ("LSTM", "GRU")


def _default(kind: type, argument: str) -> float:
    return inspect.signature(kind).parameters[argument].default


# Defaults are those of the initializers. `scale` means something else in each name:
# that of "chain" as the feedback of "fbchain" would explode.
_INPUT = {"input_scale": _default(Source, "scale")}
_CHAIN = {"scale": _default(Chain, "alpha"), **_INPUT}
STARTS = {
    "chain": Start(
        layers=ALL,
        gains=_CHAIN,
        kernel=source,
        update=chain,
    ),
    "fbchain": Start(
        layers=ALL,
        gains={
            "scale": _default(FBChain, "beta"),
            "forward_gain": _default(FBChain, "alpha"),
            **_INPUT,
        },
        kernel=source,
        update=fbchain,
    ),
    "mixed": Start(
        layers=GATED,
        gains={**_CHAIN, "end_gain": _default(Ramp, "end_gain")},
        kernel=source,
        update=chain,
        gate=ramp,
    ),
    "orthogonal": Start(
        layers=ALL,
        gains={"scale": 1.0, **_INPUT},
        kernel=normal,
        update=orthogonal,
    ),
    "identity": Start(
        layers=("SimpleRNN",),
        gains={"scale": 1.0, **_INPUT},
        kernel=normal,
        update=identity,
    ),
    "plain": Start(layers=ALL, gains={}, kernel=uniform, update=uniform),
}
