"""nnRNN: Kerg et al. (2019), https://arxiv.org/abs/1905.12080."""

from dataclasses import dataclass

from experiments.core.options import OptionError, option
from experiments.networks.exp_rnn import Orthogonal
from experiments.networks.recurrent import MOST_UNITS


@dataclass(frozen=True)
class NonnormalNetwork(Orthogonal):
    """nnRNN: blocks of rotations with gains gamma, and a triangle T above them."""

    names = ("nnRNN",)
    spellings = {"nnRNN2": {"net_type": "nnRNN", "stair": "expalpha"}}

    t_mask: str = option(
        "strict",
        "entries of nnRNN's triangle T: all above the diagonal, as published, or only "
        "those outside the blocks",
        choices=("strict", "block"),
        group="nnRNN",
    )
    alam: float = option(
        1e-4,
        "weight of sum (gamma - 1)^2 in the loss, delta",
        low=0,
        alias="delta",
        group="nnRNN",
    )
    Tdecay: float = option(1e-5, "L2 decay of the triangle T", low=0, group="nnRNN")
    gamma_zero_gradient: bool = option(
        False, "leave gamma where it starts", word=True, group="nnRNN"
    )

    def settled(self, program):
        decay = program.recipe.weight_decay
        if decay and self.Tdecay:
            raise OptionError(
                "--weight-decay: the triangle T of nnRNN has a decay of its own, "
                f"expected --Tdecay 0 beside it, received {self.Tdecay:g}"
            )
        return super().settled(program)

    def check_size(self):
        if self.units % 2:
            raise OptionError(
                "--units: the Schur form of nnRNN turns units in pairs, expected an "
                f"even number, received {self.units}"
            )

    def sizes(self):
        return range(2, MOST_UNITS, 2)

    def rates(self, recipe):
        return {
            **super().rates(recipe),
            "upper_decay": self.Tdecay,
            "gamma_frozen": self.gamma_zero_gradient,
        }

    def count(self, features, units):
        matrix = units * (units - 1) + units  # skew, upper, theta, gamma
        return matrix + features * units + self.count_activation(units)

    def layer(self, features, **loop):
        from keras_nonnormal.layers import NNRNN

        return NNRNN(
            self.units,
            gamma_penalty=self.alam,
            t_mask=self.t_mask,
            **self.orthogonal(),
            **loop,
        )
