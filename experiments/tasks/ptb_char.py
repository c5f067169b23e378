"""Penn Treebank characters: the next character of each of many columns of a text.

The text is read from beginning to end, gradients go back to the beginning of a chunk of
`bptt` characters. When the validation loss of an epoch is no new minimum, the learning
rates are halved; the model with the lowest is tested.
"""

from dataclasses import dataclass
from pathlib import Path

from experiments.core.options import OptionError, option
from experiments.tasks.sequences import NNRNN, Sizes

CHARACTERS = 50  # different ones, the end of a line included


@dataclass(frozen=True)
class Characters(Sizes):
    """Penn Treebank characters, or a text of the user's own; sizes cut texts short."""

    script, recipes = "ptb_char", NNRNN
    scores = ("bits_per_character", "accuracy")
    quick = {
        **{"units": 64, "emsize": 32, "capacity": 4, "epochs": 1, "batch_size": 32},
        **{"bptt": 50, "train_size": 50_000},
        **{"validation_size": 10_000, "test_size": 10_000},
    }
    schedule = {
        "monitor": "val_loss",
        "keep_best": True,
        "reduce_on_plateau": {"factor": 0.5, "patience": 0},
    }
    skew_start, alpha_start = "cayley", 0.98

    emsize: int = option(200, "width of the embedding", low=1)
    tied: bool = option(
        False, "the read-out has the weights of the embedding; needs --emsize = --units"
    )
    bptt: int = option(150, "characters per chunk, through which gradients go", low=1)
    carry_step: bool = option(
        False, "the stair goes on from chunk to chunk; published is a new one in each"
    )
    epochs: int = option(100, "passes over the text", low=1, role="length")
    save_freq: int | None = option(
        None, "keep the model after every so many epochs, or none", low=1, role="label"
    )
    log_interval: int = option(
        200,
        "chunks between lines of progress, where there is no progress bar",
        low=1,
        role="label",
    )
    save: str | None = option(
        None,
        "where else to keep the best model; the file ends in .keras (default: "
        "model.keras in the run directory only)",
        role="where",
    )
    data: str | None = option(None, "folder with train.txt, valid.txt and test.txt")
    train_size: int | None = option(None, "characters to train on, or none: all", low=2)
    validation_size: int | None = option(
        None, "characters to validate on, or none: all", low=20
    )
    test_size: int | None = option(None, "characters to test on, or none: all", low=20)

    def __post_init__(self):
        super().__post_init__()
        if self.save is not None and not Path(self.save).parent.is_dir():
            raise OptionError(f"--save: there is no folder {Path(self.save).parent}")

    @property
    def report_every(self) -> int:
        """Updates between lines of progress."""
        return self.log_interval

    @property
    def longest(self):
        return self.bptt  # if the stair goes on, what the text asks for: see `load`

    @property
    def widths(self):
        return {
            "input_width": self.emsize,
            "output_width": CHARACTERS,
            "vocabulary": CHARACTERS,
            "tied": self.tied,
        }

    def settled(self, program):
        units, recipe = program.network.units, program.recipe
        if self.tied and self.emsize != units:
            raise OptionError(
                f"--tied: needs --emsize equal to --units, {units}, received "
                f"--emsize {self.emsize}"
            )
        short = self.train_size is not None and self.train_size < 2 * recipe.batch_size
        most = f"expected at most half of --train-size, {self.train_size}"
        recipe.refuse_if(short, "batch_size", most)
        return self

    def load(self, seed):
        from keras_nonnormal.datasets import ptb_char_task

        return self.shortened(ptb_char_task(bptt=self.bptt, folder=self.data))

    def idle(self, program):
        if program.options.get("stair", "none") == "none":
            yield "carry_step", "there is no stair"

    def remarks(self, program, given):
        if self.save is not None and not self.save.endswith(".keras"):
            file = Path(self.save).with_suffix(".keras")
            yield f"--save: the model is kept as {file}, in the format of Keras"
