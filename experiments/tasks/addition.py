"""The addition task: the sum of two marked numbers among random ones.

Always answering the mean has the trivial loss, 1/6 for two numbers. In the recipe
`starts` (Orhan and Pitkow 2020) one number is marked in either half; in `nnrnn` and
`gamma` (Kerg et al. 2019, in the program alone) every update has sequences of its own.
"""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.tasks.sequences import NNRNN, Drawn, Stream


@dataclass(frozen=True)
class AdditionDrawn(Drawn):
    """T random numbers of which two are marked; success is half of the trivial loss."""

    script, recipes = "addition", ("starts",)
    activation = "relu"  # what is to be remembered is positive
    scores = ("tolerance_accuracy",)

    T: int = option(750, "time steps per sequence", low=2)

    @property
    def longest(self):
        return self.T

    def load(self, seed):
        from keras_nonnormal.datasets import addition_task

        return addition_task(self.T, **self.sizes, seed=seed, legacy=self.legacy_data)


@dataclass(frozen=True)
class AdditionStream(Stream):
    """`c_length` random numbers of which `no_of_ones` are marked."""

    script, recipes, scores = "addition", NNRNN, ("tolerance_accuracy",)
    quick, skew_start = {"updates": 200}, "cayley"

    c_length: int = option(20, "time steps per sequence", low=2)
    no_of_ones: int = option(2, "marked numbers", low=1)
    labels: int = option(8, "accepted, as by the published program; there are none")
    onehot: bool = option(False, "accepted likewise; numbers have no one-hot form")

    def __post_init__(self):
        super().__post_init__()
        most = 2 * (self.c_length // 2)
        expected = f"expected at most {most}, as there are {self.c_length} steps"
        self.refuse_if(self.no_of_ones > most, "no_of_ones", expected)

    @property
    def longest(self):
        return self.c_length

    @property
    def widths(self):
        return {"input_width": 2, "output_width": 1}

    def load(self, seed):
        from keras_nonnormal.datasets import addition_stream_task

        return addition_stream_task(
            self.c_length,
            ones=self.no_of_ones,
            updates_per_epoch=self.updates_per_epoch,
        )

    def idle(self, program):
        yield "labels onehot", "the task has no symbols"
