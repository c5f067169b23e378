"""The options that the experiments on networks share in all tasks.

Names and defaults are those of the published programs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.networks.budget import NETWORKS, hidden_size_for_budget
from experiments.networks.effects import (
    DENSE_STARTS,
    ORTHOGONAL,
    SKEW_STARTS,
    WITH_NONLINEARITY,
    flags_without_effect,
)
from experiments.networks.shapes import NETWORK_SPELLINGS as GAMMA_NETWORK_SPELLINGS
from experiments.networks.shapes import NO_STAIR, NONLINEARITIES
from experiments.networks.shapes import SPELLINGS as NONLINEARITY_SPELLINGS
from experiments.networks.sizes import check_size
from experiments.networks.stairs import (
    LEARNED,
    NETWORK_SPELLINGS,
    NO_EXP_ALPHA,
    SPELLINGS,
    STAIRS,
    with_stair_of_cell,
)
from experiments.options import OptionError, changed, flag, option
from experiments.settings import RunOptions

# Where XLA's products outside the recurrence are no longer the faster ones on a CPU.
FEWEST_UNITS_FOR_PARTS = 256


@dataclass(frozen=True)
class NetworkOptions(RunOptions):
    """Options of a network and of its training."""

    net_type: str = option(
        "nnRNN",
        "network to train; RNN2, expRNN2 and nnRNN2 are those with --stair expalpha",
        choices=NETWORKS,
        spellings={**NETWORK_SPELLINGS, **GAMMA_NETWORK_SPELLINGS},
    )
    stair: str = option(
        "none",
        "factor of the non-linearity for every time step; the last two are learned",
        choices=STAIRS,
        spellings=SPELLINGS,
        alias="nvar",
    )
    max_steps: int | None = option(
        None,
        "time steps that a learned stair has numbers for (default: those of a "
        "sequence)",
        low=1,
    )
    slen: int | None = option(
        None, "accepted, as by the published programs, which leave it at that"
    )
    nhid: int = option(128, "hidden units", low=1)
    budget: int | None = option(
        None, "choose --nhid so that so many parameters are trained, or closest", low=1
    )
    rinit: str | None = option(
        None,
        "start of the recurrent matrix (default: xavier for RNN, random for RNN-orth, "
        "else that of the published script)",
        choices=(*SKEW_STARTS, *DENSE_STARTS),
    )
    iinit: str = option(
        "xavier",
        "start of the input map; torch_default is what released nnRNNs had",
        choices=("xavier", "kaiming", "torch_default", "normal"),
    )
    nonlin: str = option(
        "modrelu",
        "non-linearity of RNN, RNN-orth, expRNN and nnRNN; gamma has one shape for all "
        "units, gamma2 one for each",
        choices=NONLINEARITIES,
        spellings=NONLINEARITY_SPELLINGS,
    )
    t_mask: str = option(
        "strict",
        "entries of nnRNN's triangle T: all above the diagonal, as published, or only "
        "those outside the blocks",
        choices=("strict", "block"),
    )
    orthogonal_map: str = option(
        "exp",
        "from skew-symmetric to orthogonal matrices",
        choices=("exp", "cayley"),
        alias="ostep_method",
    )
    trivialization: str = option(
        "static",
        "base point of that map: fixed, or moving (dtriv)",
        choices=("static", "dynamic"),
    )
    rebase_every: int | None = option(
        100, "updates between moves of the base point, or none", low=1
    )
    project_every: int = option(
        30, "moves of the base point between projections onto orthogonality", low=1
    )
    capacity: int = option(4, "rotation stages of EURNN, even", low=2)
    fft: bool = option(False, "EURNN: the log2(nhid) stages of a Fourier transform")
    complex: bool = option(True, "EURNN: complex numbers")

    optimizer: str = option("RMSprop", "update rule", choices=("RMSprop", "Adam"))
    lr: float = option(2e-4, "learning rate", above=0)
    lr_orth: float = option(2e-5, "learning rate of the orthogonal parameters", above=0)
    alpha: float = option(0.99, "RMSprop: smoothing of squares", low=0, high=1)
    betas: tuple[float, float] = option(
        (0.9, 0.999), "Adam: smoothing of gradients and of squares", low=0, high=1
    )
    alam: float = option(
        1e-4, "nnRNN: weight of sum (gamma - 1)^2 in the loss, delta", low=0
    )
    Tdecay: float = option(1e-5, "nnRNN: L2 decay of the triangle T", low=0)
    gamma_zero_gradient: bool = option(
        False, "nnRNN: leave gamma where it starts", word=True
    )
    clip: float | None = option(
        None, "largest joint norm of all gradients, or none", above=0
    )
    clip_value: float | None = option(
        None, "largest magnitude of an entry of a gradient, or none", above=0
    )
    batch: int = option(10, "sequences per update", low=1, alias="batch_size")

    log_gradient_norm: bool = option(
        False, "also log the joint norm of all gradients before clipping", role="label"
    )
    log_spectral_norm: bool = option(
        False,
        "also log the largest singular value of the recurrent matrix",
        role="label",
    )
    name: str | None = option(
        None,
        "label in the name of the run's folder (default: network, size, stair)",
        role="label",
    )
    seed: int = changed(RunOptions, "seed", 400)
    jit: bool | None = changed(
        RunOptions,
        "jit",
        None,
        help="compile with XLA (default: recurrences; all of a training step below "
        f"{FEWEST_UNITS_FOR_PARTS} units)",
    )
    cuda: bool = option(
        False,
        "use a GPU if there is one, as --device auto does without being told",
        alias="-g",
        role="where",
    )

    usual_rinit: ClassVar[str] = "henaff"
    alpha_start: ClassVar[float] = 1.0  # of the stair "alpha"

    def __post_init__(self):
        super().__post_init__()
        self._settle_stair()
        if self.budget is not None:
            self._settle("nhid", self._size_for_budget())
        if self.rinit is None:
            self._settle("rinit", self._usual_rinit())
        self._check_start()
        check_size(self)
        if self.clip is not None and self.clip_value is not None:
            raise OptionError("--clip and --clip-value exclude each other; choose one")
        if 1 in self.betas or self.alpha == 1:
            name = "alpha" if self.alpha == 1 else "betas"
            raise OptionError(f"{flag(name)}: expected less than 1, received 1.0")
        if self.name is not None and not re.fullmatch(r"[\w.+-]+", self.name):
            raise OptionError(
                "--name: expected a part of a folder's name, of letters, digits and "
                f"_ . + -, received {self.name!r}"
            )

    @classmethod
    def understood(cls, given):
        return with_stair_of_cell(given)

    @property
    def label(self) -> str:
        """What `--name` says, else network, size and the rest: `nnRNN-128-expn`."""
        words = [self.net_type, str(self.nhid), *self._nonlinearity, *self._stairs]
        return self.name or "-".join(word.replace(" ", "") for word in words)

    @property
    def start(self) -> str:
        """The network in words: `nnRNN, 128 units, stair expn`."""
        words = [self.net_type, f"{self.nhid} units", *self._nonlinearity]
        return ", ".join([*words, *(f"stair {stair}" for stair in self._stairs)])

    @property
    def learned_steps(self) -> int:
        """Time steps that a learned stair has numbers for; 0 if none is learned."""
        return (self.max_steps or 0) if self.stair in LEARNED else 0

    @property
    def longest(self) -> int:
        """Time steps of the longest sequence."""
        raise NotImplementedError

    @property
    def compiles_steps(self) -> bool:
        """Whether to compile whole training steps, not only recurrences."""
        return self.nhid < FEWEST_UNITS_FOR_PARTS if self.jit is None else self.jit

    @property
    def widths(self) -> dict[str, Any]:
        """What the parameter count needs to know of the task."""
        raise NotImplementedError

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        """Flags without effect."""
        yield from flags_without_effect(self, given)

    def _settle(self, name: str, value: Any) -> None:
        """Sets what follows from other options, so that config.json says it."""
        object.__setattr__(self, name, value)

    @property
    def counted(self) -> dict[str, Any]:
        """What else the parameter count needs to know of the network."""
        return {
            "modrelu": self.nonlin == "modrelu",
            "capacity": self.capacity,
            "fft": self.fft,
            "complex": self.complex,
            "stair_steps": self.learned_steps,
        }

    @property
    def _nonlinearity(self) -> list[str]:
        """What there is to say of it; nothing of modReLU, which is the usual one."""
        chosen = self.net_type in WITH_NONLINEARITY and self.nonlin != "modrelu"
        return [self.nonlin] if chosen else []

    @property
    def _stairs(self) -> list[str]:
        return [] if self.stair == "none" else [self.stair]

    def _settle_stair(self) -> None:
        if self.stair is None:
            raise OptionError(
                f"--stair: the row {self.preset} leaves the schedule open, expected "
                f"one of {', '.join(STAIRS)}"
            )
        if self.stair != "none" and (reason := NO_STAIR.get(self.net_type)):
            raise OptionError(
                f"--stair: {self.net_type} {reason}; expected none, received "
                f"{self.stair!r}"
            )
        if self.stair == "expalpha" and self.net_type in NO_EXP_ALPHA:
            raise OptionError(
                f"--stair: {self.net_type} {NO_EXP_ALPHA[self.net_type]}; expected "
                f"another one, received {self.stair!r}"
            )
        if self.stair not in LEARNED:
            return
        if self.max_steps is None:
            self._settle("max_steps", self.longest)
        elif self.max_steps < self.longest:
            raise OptionError(
                f"--max-steps: a learned stair needs a number for every time step, "
                f"expected at least the {self.longest} steps of a sequence, received "
                f"{self.max_steps}"
            )

    def _usual_rinit(self) -> str | None:
        usual = {"RNN": "xavier", "LSTM": "xavier", "RNN-orth": "random", "EURNN": None}
        usual |= {"ANRU": "henaff", "GRU": None}
        return usual.get(self.net_type, self.usual_rinit)

    def _size_for_budget(self) -> int:
        return hidden_size_for_budget(
            self.net_type,
            self.budget or 0,
            **self.counted,
            **self.widths,
        )

    def _check_start(self):
        if self.rinit in DENSE_STARTS and self.net_type in (*ORTHOGONAL, "RNN-orth"):
            raise OptionError(
                f"--rinit: {self.net_type} starts from an orthogonal matrix, expected "
                f"one of {', '.join(SKEW_STARTS)}, received {self.rinit!r}"
            )
