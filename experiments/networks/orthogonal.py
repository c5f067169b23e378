"""Networks whose recurrent matrix is made of orthogonal parameters.

expRNN: Lezcano-Casado and Martínez-Rubio (2019), https://arxiv.org/abs/1901.08428.
nnRNN: Kerg et al. (2019), https://arxiv.org/abs/1905.12080. ScoRNN: Helfrich et al.
(2018), https://arxiv.org/abs/1707.09520.
"""

from dataclasses import dataclass

from experiments.core.options import OptionError, option
from experiments.networks.nonlinear import Nonlinear
from experiments.networks.recurrent import MOST_UNITS


@dataclass(frozen=True)
class Orthogonal(Nonlinear):
    """A network with orthogonal parameters, which have a learning rate of their own."""

    group = "orthogonal parameters"
    orthogonal_start = True

    lr_orth: float = option(2e-5, "their learning rate", above=0)

    def rates(self, recipe):
        return {"orthogonal_rate": self.lr_orth}

    def count(self, features, units):
        skew = units * (units - 1) // 2
        return skew + features * units + self.count_activation(units)

    def settings(self, features):
        return {
            "activation": self.activation(),
            "kernel_initializer": self.iinit,
            "skew_initializer": self.rinit,
        }


@dataclass(frozen=True)
class Mapped(Orthogonal):
    """A network whose skew-symmetric matrices are mapped to orthogonal ones."""

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

    def settings(self, features):
        return {
            **super().settings(features),
            "orthogonal_map": self.orthogonal_map,
            "trivialization": self.trivialization,
            "rebase_every": self.rebase_every,
            "project_every": self.project_every,
        }


@dataclass(frozen=True)
class ExpNetwork(Mapped):
    """expRNN: the recurrent matrix is the exponential of a skew-symmetric one."""

    names, kind = ("expRNN",), "ExpRNN"
    spellings = {"expRNN2": {"net_type": "expRNN", "stair": "expalpha"}}


@dataclass(frozen=True)
class NonnormalNetwork(Mapped):
    """nnRNN: blocks of rotations with gains gamma, and a triangle T above them."""

    names, kind, group = ("nnRNN",), "NNRNN", "nnRNN"
    spellings = {"nnRNN2": {"net_type": "nnRNN", "stair": "expalpha"}}

    t_mask: str = option(
        "strict",
        "entries of nnRNN's triangle T: all above the diagonal, as published, or only "
        "those outside the blocks",
        choices=("strict", "block"),
    )
    alam: float = option(
        1e-4, "weight of sum (gamma - 1)^2 in the loss, delta", low=0, alias="delta"
    )
    Tdecay: float = option(1e-5, "L2 decay of the triangle T", low=0)
    gamma_zero_gradient: bool = option(False, "leave gamma where it starts", word=True)

    def settled(self, program):
        if program.recipe.weight_decay and self.Tdecay:
            raise OptionError(
                "--weight-decay: the triangle T of nnRNN has a decay of its own, "
                f"expected --Tdecay 0 beside it, received {self.Tdecay:g}"
            )
        return super().settled(program)

    def check_size(self):
        pairs = "the Schur form of nnRNN turns units in pairs, expected an even number"
        self.refuse_if(self.units % 2, "units", pairs)

    def sizes(self):
        return range(2, MOST_UNITS, 2)

    def rates(self, recipe):
        triangle = {"upper_decay": self.Tdecay}
        frozen = {"gamma_frozen": self.gamma_zero_gradient}
        return {**super().rates(recipe), **triangle, **frozen}

    def count(self, features, units):
        matrix = units * (units - 1) + units  # skew, upper, theta, gamma
        return matrix + features * units + self.count_activation(units)

    def settings(self, features):
        own = {"gamma_penalty": self.alam, "t_mask": self.t_mask}
        return {**own, **super().settings(features)}


@dataclass(frozen=True)
class ScaledCayleyNetwork(Orthogonal):
    """ScoRNN: the recurrent matrix is a Cayley map, some of its columns negated."""

    names, group = ("ScoRNN",), "ScoRNN"
    demo = {"learning_rate": 1e-3, "lr_orth": 1e-4}

    negative_ones: int | None = option(
        None, "columns to negate (default: half of the units)", low=0
    )

    def start_of(self, program):
        return "cayley"

    def check_size(self):
        most = f"expected at most --units, {self.units}"
        self.refuse_if((self.negative_ones or 0) > self.units, "negative_ones", most)

    def settings(self, features):
        return {**super().settings(features), "negative_ones": self.negative_ones}
