"""The copy task: symbols are shown, and to be repeated in order after a delay.

In the recipe `starts` (Orhan and Pitkow 2020) T is the length of a sequence, the recall
included; in `nnrnn` and `gamma` (Kerg et al. 2019) it is the delay, and every update
has sequences of its own.
"""

from dataclasses import dataclass

from experiments.core.options import option
from experiments.tasks.sequences import NNRNN, Drawn, Stream


@dataclass(frozen=True)
class CopyDrawn(Drawn):
    """Ten symbols, T - 11 blanks and a sign; the trivial loss is 10 ln(8) / T."""

    script, recipes = "copy", ("starts",)
    activation, scores = "elu", ("recall_accuracy",)

    T: int = option(500, "time steps per sequence, the recall included", low=21)

    @property
    def longest(self):
        return self.T

    def load(self, seed):
        from keras_nonnormal.datasets import copying_task

        return copying_task(self.T, **self.sizes, seed=seed, legacy=self.legacy_data)


@dataclass(frozen=True)
class CopyStream(Stream):
    """`c_length` symbols, T - 1 blanks and a sign; the trivial loss is 10 ln(8) / (T +
    20) for ten symbols.
    """

    script, recipes, scores = "copy", NNRNN, ("recall_accuracy",)
    quick = {"updates": 100}

    T: int = option(200, "delay: steps from the last symbol to the sign", low=1)
    c_length: int = option(10, "symbols to remember", low=1)
    labels: int = option(8, "different symbols", low=1, high=254)
    onehot: bool = option(
        False, "symbols as one-hot vectors, as in all published results, not numbers"
    )
    vari: bool = option(False, "draw the delay of every update, from 1 to T - 1")
    updates: int | None = option(
        None,
        "updates in all (default: 1500, or 200000 with --vari)",
        low=1,
        role="length",
    )

    def __post_init__(self):
        self.fill(updates=200_000 if self.vari else 1500)
        super().__post_init__()
        # It draws a delay below T.
        self.refuse_if(self.vari and self.T < 2, "T", "--vari needs at least 2")

    @property
    def longest(self):
        return self.T - self.vari + 2 * self.c_length

    @property
    def widths(self):
        width = self.labels + 2 if self.onehot else 1
        return {"input_width": width, "output_width": self.labels + 1}

    def load(self, seed):
        from keras_nonnormal.datasets import copying_stream_task

        return copying_stream_task(
            self.T,
            symbols=self.c_length,
            labels=self.labels,
            one_hot=self.onehot,
            vary_delay=self.vari,
            updates_per_epoch=self.updates_per_epoch,
        )
