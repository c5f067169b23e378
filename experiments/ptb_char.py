"""Penn Treebank characters with nnRNN, expRNN, EURNN and their competitors.

Kerg et al. (2019), https://arxiv.org/abs/1905.12080; with ANRU and the non-linearity
gamma: https://arxiv.org/abs/2006.12253. The text is read from beginning
to end in 128 columns, and the next character of each is to be predicted; gradients go
back to the beginning of a chunk of --bptt characters. When the validation loss of an
epoch is no new minimum, the learning rates are halved. The model with the lowest is
tested.

The characters are read from the folder $KERAS_NONNORMAL_DATA/ptb, or, with --data, any
text from a folder with train.txt, valid.txt and test.txt.

  python experiments/ptb_char.py                                small, a minute
  python experiments/ptb_char.py --preset doc/nnRNN-1024-bptt150   the published setting
  python experiments/ptb_char.py --stair expn                   a factor per time step
  python experiments/ptb_char.py --net-type ANRU                an adaptive network
  python experiments/ptb_char.py --preset gamma/RNN-600         the published setting
"""

if not __package__:  # started as a file: the repository takes this folder's place
    import os
    import sys

    folder = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != folder]
    sys.path.insert(0, os.path.dirname(folder))

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from experiments.launch import launch
from experiments.networks.experiment import Networks
from experiments.networks.gamma_rows import PROGRAMS
from experiments.networks.presets import PTB, PTB_DEMO, PTB_QUICK
from experiments.networks.results import ptb_results
from experiments.networks.stairs import LEARNED
from experiments.networks.task_options import RoundOptions
from experiments.options import OptionError, changed, option

CHARACTERS = 50  # different ones, the end of a line included


@dataclass(frozen=True)
class PtbOptions(RoundOptions):
    """Options of Penn Treebank characters; sizes cut the texts short."""

    nhid: int = changed(RoundOptions, "nhid", 1024)
    batch: int = changed(
        RoundOptions, "batch", 128, help="columns that are read side by side"
    )
    lr: float = changed(RoundOptions, "lr", 8e-4)
    lr_orth: float = changed(RoundOptions, "lr_orth", 8e-5)
    alpha: float = changed(RoundOptions, "alpha", 0.9)
    betas: tuple[float, float] = changed(RoundOptions, "betas", (0.0, 0.9))
    iinit: str = changed(RoundOptions, "iinit", "kaiming")
    alam: float = changed(RoundOptions, "alam", 1.0)
    Tdecay: float = changed(RoundOptions, "Tdecay", 1e-4)

    emsize: int = option(200, "width of the embedding", low=1)
    tied: bool = option(
        False, "the read-out has the weights of the embedding; needs --emsize = --nhid"
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
        200, "chunks between lines of progress, where there is no progress bar", low=1
    )
    save: str | None = option(
        None,
        "where else to keep the best model; the file ends in .keras (default: "
        "model.keras in the run directory only)",
        role="where",
    )
    data: str | None = option(
        None, "folder with train.txt, valid.txt and test.txt", role="where"
    )
    train_size: int | None = option(None, "characters to train on, or none: all", low=2)
    validation_size: int | None = option(
        None, "characters to validate on, or none: all", low=20
    )
    test_size: int | None = option(None, "characters to test on, or none: all", low=20)

    usual_rinit = "cayley"
    alpha_start = 0.98

    def __post_init__(self):
        super().__post_init__()
        if self.tied and self.emsize != self.nhid:
            raise OptionError(
                f"--tied: needs --emsize equal to --nhid, {self.nhid}, received "
                f"--emsize {self.emsize}"
            )
        if self.save is not None and not Path(self.save).parent.is_dir():
            raise OptionError(f"--save: there is no folder {Path(self.save).parent}")
        if self.train_size is not None and self.train_size < 2 * self.batch:
            raise OptionError(
                f"--batch: expected at most half of --train-size, {self.train_size}, "
                f"received {self.batch}"
            )

    @property
    def report_every(self) -> int:
        """Updates between lines of progress."""
        return self.log_interval

    @property
    def longest(self):
        return self.bptt  # if the stair goes on, what the text asks for: see `text`

    @property
    def widths(self):
        return {
            "input_width": self.emsize,
            "output_width": CHARACTERS,
            "vocabulary": CHARACTERS,
            "tied": self.tied,
        }

    def _settle_stair(self):
        if self.carry_step and self.stair in LEARNED and self.max_steps is None:
            raise OptionError(
                "--carry-step: a learned stair that goes on through a text needs a "
                "number for each of its rows, expected --max-steps"
            )
        super()._settle_stair()

    def remarks(self, given):
        yield from super().remarks(given)
        if "carry_step" in given and self.stair == "none":
            yield "--carry-step has no effect: there is no stair"


def text(options: PtbOptions):
    from keras_nonnormal.datasets import ptb_char_task

    task = ptb_char_task(bptt=options.bptt, folder=options.data)
    corpus = dataclasses.replace(
        task.corpus,
        train=task.corpus.train[: options.train_size],
        validation=task.corpus.validation[: options.validation_size],
        test=task.corpus.test[: options.test_size],
    )
    task = dataclasses.replace(task, corpus=corpus)
    if options.carry_step and options.learned_steps:
        _check_steps(task, options)
    return task


def _check_steps(task, options: PtbOptions) -> None:
    """Refuses a learned stair that ends before the text does, padding included."""
    rows = [task.rows(split) for split in ("validation", "test")]
    rows.append(task.rows("train", options.batch))
    longest = max(-(-(each - 1) // options.bptt) * options.bptt for each in rows)
    if options.learned_steps < longest:
        raise OptionError(
            f"--max-steps: with --carry-step the stair goes on through the {longest} "
            f"rows of the text, expected at least so many, received {options.max_steps}"
        )


NETWORKS = Networks(
    name="ptb_char",
    description=__doc__,
    options=PtbOptions,
    presets=PTB,
    quick=PTB_QUICK,
    data=text,
    demos=PTB_DEMO,
    scores=("bits_per_character", "accuracy"),
    results=ptb_results,
    gamma_program=PROGRAMS["text"],
    schedule={"monitor": "val_loss", "keep_best": True, "halve_on_plateau": True},
)


def main(arguments: list[str] | None = None) -> int:
    """Runs the experiment; returns the exit code."""
    return launch([NETWORKS], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
