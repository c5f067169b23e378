"""The options that the gamma programs added to those of networks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.networks.effects import WITH_NONLINEARITY
from experiments.networks.options import NetworkOptions
from experiments.networks.shapes import GAMMAS
from experiments.options import OptionError, flag, option


@dataclass(frozen=True)
class GammaOptions(NetworkOptions):
    """Options of a network whose non-linearity may have a shape, and of its training.

    The shape is the gain n and the saturation s of gamma.
    """

    gain: float | None = option(
        None, "gamma, ANRU: n to start from (default: 1)", alias=("n", "-n")
    )
    saturation: float | None = option(
        None, "gamma, ANRU: s to start from (default: 1)", alias=("s", "-s")
    )
    random: bool | None = option(
        None,
        "gamma, ANRU: start from an n drawn from [5, 7) and from s = 0 (default: "
        "unless --gain or --saturation is given)",
    )
    learn_params: bool = option(
        True, "gamma: train n and s; else they stay where they start", alias="-lp"
    )
    controller: int = option(50, "ANRU: units of the controller", low=1)
    plateau_factor: float | None = option(
        None,
        "factor on the learning rate when the validation loss has stopped falling, or "
        "none",
        above=0,
        high=1,
    )
    plateau_patience: int = option(
        10, "epochs without a lower validation loss until then", low=0
    )
    weight_decay: float = option(0.0, "L2 decay of all weights", low=0)
    adam: bool | None = option(None, "short for --optimizer Adam, or RMSprop")
    note: str | None = option(None, "a text to keep in config.json", role="label")

    def __post_init__(self):
        super().__post_init__()
        if self.random is None:
            chosen = (self.gain, self.saturation) != (None, None)
            self._settle("random", not chosen)
        for name in ("gain", "saturation"):
            value = getattr(self, name)
            self._settle(name, 1.0 if value is None else value)
        if self.gain == 0:
            raise OptionError(
                "--gain: gamma has a pole at n = 0, expected another number, received 0"
            )
        if self.plateau_factor == 1:
            raise OptionError("--plateau-factor: expected less than 1, received 1.0")
        if self.weight_decay and self.Tdecay and self.net_type == "nnRNN":
            raise OptionError(
                "--weight-decay: the triangle T of nnRNN has a decay of its own, "
                f"expected --Tdecay 0 beside it, received {self.Tdecay:g}"
            )

    @classmethod
    def understood(cls, given):
        given = super().understood(given)
        adam = given.pop("adam", None)
        if adam is not None:
            given.setdefault("optimizer", "Adam" if adam else "RMSprop")
        return given

    @property
    def has_shape(self) -> bool:
        """Whether the network has the non-linearity gamma."""
        return self.net_type in WITH_NONLINEARITY and self.nonlin in GAMMAS

    @property
    def learns_shape(self) -> bool:
        """Whether it also trains gain and saturation."""
        return self.has_shape and self.learn_params

    @property
    def counted(self):
        shape = self.nonlin if self.learns_shape else None
        return {**super().counted, "shape": shape, "controller": self.controller}

    @property
    def starts_shape(self) -> bool:
        """Whether gain and saturation start somewhere, learned or controlled."""
        return self.has_shape or self.net_type == "ANRU"

    @property
    def compiles_steps(self):
        # The long products of its backward pass are slow in XLA.
        if self.net_type == "ANRU" and self.jit is None:
            return False
        return super().compiles_steps

    @property
    def paired_biases(self) -> tuple[str, ...]:
        """Patterns of the biases that are the sum of two in the published programs."""
        if self.net_type == "ANRU":
            return ("recurrent/*/bias", "recurrent/*/controller_bias")
        paired = self.has_shape and self.net_type in ("RNN", "RNN-orth")
        return ("recurrent/*/bias",) if paired else ()

    @property
    def _nonlinearity(self):
        words = super()._nonlinearity
        if self.starts_shape and not self.random:
            words += [f"n {self.gain:g}", f"s {self.saturation:g}"]
        if self.has_shape and not self.learn_params:
            words.append("fixed")
        return words

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        yield from super().remarks(given)
        lacking = f"{self.net_type} has no gamma"
        if self.net_type in WITH_NONLINEARITY:
            lacking = f"the non-linearity is {self.nonlin}"
        if "learn_params" in given and not self.has_shape:
            yield f"--learn-params has no effect: {lacking}"
        for name in given.keys() & {"gain", "saturation", "random"}:
            if not self.starts_shape:
                yield f"{flag(name)} has no effect: {lacking}"
            elif name != "random" and self.random:
                yield f"{flag(name)} has no effect: --random draws where to start"
        if "plateau_patience" in given and self.plateau_factor is None:
            yield "--plateau-patience has no effect without --plateau-factor"
