"""expRNN: Lezcano-Casado and Martínez-Rubio (2019), https://arxiv.org/abs/1901.08428."""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import Nonlinear


@dataclass(frozen=True)
class Orthogonal(Nonlinear):
    """A network with orthogonal parameters, which have a learning rate of their own."""

    orthogonal_start = True

    orthogonal_map: str = option(
        "exp",
        "from skew-symmetric to orthogonal matrices",
        choices=("exp", "cayley"),
        alias="ostep_method",
        group="orthogonal parameters",
    )
    trivialization: str = option(
        "static",
        "base point of that map: fixed, or moving (dtriv)",
        choices=("static", "dynamic"),
        group="orthogonal parameters",
    )
    rebase_every: int | None = option(
        100,
        "updates between moves of the base point, or none",
        low=1,
        group="orthogonal parameters",
    )
    project_every: int = option(
        30,
        "moves of the base point between projections onto orthogonality",
        low=1,
        group="orthogonal parameters",
    )
    lr_orth: float = option(
        2e-5, "their learning rate", above=0, group="orthogonal parameters"
    )

    def rates(self, recipe):
        return {"orthogonal_rate": self.lr_orth}

    def orthogonal(self) -> dict:
        """Arguments of a layer with orthogonal parameters."""
        return {
            "activation": self.activation(),
            "kernel_initializer": self.iinit,
            "skew_initializer": self.rinit,
            "orthogonal_map": self.orthogonal_map,
            "trivialization": self.trivialization,
            "rebase_every": self.rebase_every,
            "project_every": self.project_every,
        }


@dataclass(frozen=True)
class ExpNetwork(Orthogonal):
    """expRNN: the recurrent matrix is the exponential of a skew-symmetric one."""

    names = ("expRNN",)
    spellings = {"expRNN2": {"net_type": "expRNN", "stair": "expalpha"}}

    def count(self, features, units):
        skew = units * (units - 1) // 2
        return skew + features * units + self.count_activation(units)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import ExpRNN

        return ExpRNN(self.units, **self.orthogonal(), **loop)
