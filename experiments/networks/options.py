"""The options that the experiments on networks share in all tasks.

Names and defaults are those of the published programs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.networks.budget import NETWORKS, hidden_size_for_budget
from experiments.options import OptionError, changed, flag, option
from experiments.settings import RunOptions

SKEW_STARTS = (
    *("henaff", "cayley", "random", "haar", "haar_diag", "normal_diag"),
    *("normal_squeeze_diag", "exp_uniform"),
)
ORTHOGONAL = ("expRNN", "nnRNN")
# Networks that an option acts on, and what the others lack.
ACTS_ON = {
    "lr_orth": (ORTHOGONAL, "orthogonal parameters"),
    "orthogonal_map": (ORTHOGONAL, "orthogonal parameters"),
    "trivialization": (ORTHOGONAL, "orthogonal parameters"),
    "rebase_every": (ORTHOGONAL, "orthogonal parameters"),
    "project_every": (ORTHOGONAL, "orthogonal parameters"),
    "rinit": (("RNN", "RNN-orth", *ORTHOGONAL), "recurrent start to choose"),
    "iinit": (("RNN", "RNN-orth", *ORTHOGONAL), "input start to choose"),
    "nonlin": (("RNN", "RNN-orth", "nnRNN"), "non-linearity to choose"),
    "alam": (("nnRNN",), "gamma"),
    "gamma_zero_gradient": (("nnRNN",), "gamma"),
    "Tdecay": (("nnRNN",), "triangle T"),
    "t_mask": (("nnRNN",), "triangle T"),
    "capacity": (("EURNN",), "rotations"),
    "fft": (("EURNN",), "rotations"),
    "complex": (("EURNN",), "complex state"),
}
# Where XLA's products outside the recurrence are no longer the faster ones on a CPU.
FEWEST_UNITS_FOR_PARTS = 256


@dataclass(frozen=True)
class NetworkOptions(RunOptions):
    """Options of a network and of its training."""

    net_type: str = option("nnRNN", "network to train", choices=NETWORKS)
    nhid: int = option(128, "hidden units", low=1)
    budget: int | None = option(
        None, "choose --nhid so that so many parameters are trained, or closest", low=1
    )
    rinit: str | None = option(
        None,
        "start of the recurrent matrix (default: xavier for RNN, random for RNN-orth, "
        "else that of the published script)",
        choices=(*SKEW_STARTS, "xavier"),
    )
    iinit: str = option(
        "xavier",
        "start of the input map; torch_default is what released nnRNNs had",
        choices=("xavier", "kaiming", "torch_default"),
    )
    nonlin: str = option(
        "modrelu",
        "non-linearity of RNN, RNN-orth and nnRNN",
        choices=("none", "modrelu", "tanh", "relu", "sigmoid"),
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
    batch: int = option(10, "sequences per update", low=1)

    log_gradient_norm: bool = option(
        False, "also log the joint norm of all gradients before clipping"
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
        False, "use a GPU if there is one, as --device auto does without being told"
    )

    usual_rinit: ClassVar[str] = "henaff"

    def __post_init__(self):
        super().__post_init__()
        if self.budget is not None:
            self._settle("nhid", self._size_for_budget())
        if self.rinit is None:
            self._settle("rinit", self._usual_rinit())
        self._check_start()
        self._check_size()
        if self.clip is not None and self.clip_value is not None:
            raise OptionError("--clip and --clip-value exclude each other; choose one")
        if 1 in self.betas or self.alpha == 1:
            name = "alpha" if self.alpha == 1 else "betas"
            raise OptionError(f"{flag(name)}: expected less than 1, received 1.0")

    @property
    def label(self) -> str:
        """Network and size: `nnRNN-128`."""
        return f"{self.net_type}-{self.nhid}"

    @property
    def start(self) -> str:
        """The network in words: `nnRNN, 128 units`."""
        return f"{self.net_type}, {self.nhid} units"

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
        for name, (networks, lacking) in ACTS_ON.items():
            if name in given and self.net_type not in networks:
                what = f"{self.net_type} has no {lacking}"
                yield f"{flag(name)} has no effect: {what}"
        if "capacity" in given and self.fft and self.net_type == "EURNN":
            yield "--capacity has no effect with --fft"
        other = {"RMSprop": "betas", "Adam": "alpha"}[self.optimizer]
        if other in given:
            yield f"{flag(other)} has no effect: the optimizer is {self.optimizer}"
        if "nhid" in given and self.budget is not None:
            yield f"--nhid has no effect: --budget chose {self.nhid}"

    def _settle(self, name: str, value: Any) -> None:
        """Sets what follows from other options, so that config.json says it."""
        object.__setattr__(self, name, value)

    def _usual_rinit(self) -> str | None:
        usual = {"RNN": "xavier", "LSTM": "xavier", "RNN-orth": "random", "EURNN": None}
        return usual.get(self.net_type, self.usual_rinit)

    def _size_for_budget(self) -> int:
        return hidden_size_for_budget(
            self.net_type,
            self.budget or 0,
            modrelu=self.nonlin == "modrelu",
            capacity=self.capacity,
            fft=self.fft,
            complex=self.complex,
            **self.widths,
        )

    def _check_start(self):
        if self.rinit == "xavier" and self.net_type in (*ORTHOGONAL, "RNN-orth"):
            raise OptionError(
                f"--rinit: {self.net_type} starts from an orthogonal matrix, expected "
                f"one of {', '.join(SKEW_STARTS)}, received 'xavier'"
            )

    def _check_size(self):
        units, received = self.nhid, f"received {self.nhid}"
        if self.net_type == "nnRNN" and units % 2:
            raise OptionError(
                "--nhid: the Schur form of nnRNN turns units in pairs, expected an "
                f"even number, {received}"
            )
        if self.net_type != "EURNN":
            return
        if self.fft:
            if units < 2 or units & (units - 1):
                raise OptionError(f"--nhid: --fft needs a power of two, {received}")
        elif units % 2:
            raise OptionError(
                f"--nhid: EURNN rotates pairs of units, expected an even number, "
                f"{received}"
            )
        elif self.capacity % 2 or self.capacity > units:
            raise OptionError(
                f"--capacity: expected an even number of at most --nhid, {units}, "
                f"received {self.capacity}"
            )


@dataclass(frozen=True)
class UpdateOptions(NetworkOptions):
    """Options of the tasks that draw fresh sequences for every update."""

    updates: int | None = option(1500, "updates in all", low=1)
    log_interval: int = option(
        20, "updates per row of metrics and per checkpoint, at most", low=1
    )

    @property
    def updates_per_epoch(self) -> int:
        """Updates per row of metrics: a divisor of all."""
        updates = self.updates or 1
        most = min(self.log_interval, updates)
        return next(d for d in range(most, 0, -1) if updates % d == 0)

    @property
    def epochs(self) -> int:
        """Rows of metrics in all."""
        return (self.updates or 1) // self.updates_per_epoch
