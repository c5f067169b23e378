"""Penn Treebank characters with nnRNN, expRNN, EURNN and their competitors.

Kerg et al. (2019), https://arxiv.org/abs/1905.12080. The text is read from beginning
to end in 128 columns, and the next character of each is to be predicted; gradients go
back to the beginning of a chunk of --bptt characters. When the validation loss of an
epoch is no new minimum, the learning rates are halved. The model with the lowest is
tested.

The characters are read from the folder $KERAS_NONNORMAL_DATA/ptb, or, with --data, any
text from a folder with train.txt, valid.txt and test.txt.

  python experiments/ptb_char.py                                small, a minute
  python experiments/ptb_char.py --preset doc/nnRNN-1024-bptt150   the published setting
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
from experiments.networks.options import NetworkOptions
from experiments.networks.presets import PTB, PTB_DEMO, PTB_QUICK
from experiments.networks.results import ptb_results
from experiments.options import OptionError, changed, option

CHARACTERS = 50  # different ones, the end of a line included


@dataclass(frozen=True)
class PtbOptions(NetworkOptions):
    """Options of Penn Treebank characters; sizes cut the texts short."""

    nhid: int = changed(NetworkOptions, "nhid", 1024)
    batch: int = changed(
        NetworkOptions, "batch", 128, help="columns that are read side by side"
    )
    lr: float = changed(NetworkOptions, "lr", 8e-4)
    lr_orth: float = changed(NetworkOptions, "lr_orth", 8e-5)
    alpha: float = changed(NetworkOptions, "alpha", 0.9)
    betas: tuple[float, float] = changed(NetworkOptions, "betas", (0.0, 0.9))
    iinit: str = changed(NetworkOptions, "iinit", "kaiming")
    alam: float = changed(NetworkOptions, "alam", 1.0)
    Tdecay: float = changed(NetworkOptions, "Tdecay", 1e-4)

    emsize: int = option(200, "width of the embedding", low=1)
    tied: bool = option(
        False, "the read-out has the weights of the embedding; needs --emsize = --nhid"
    )
    bptt: int = option(150, "characters per chunk, through which gradients go", low=1)
    epochs: int = option(100, "passes over the text", low=1)
    log_interval: int = option(
        200, "chunks between lines of progress, where there is no progress bar", low=1
    )
    save: str | None = option(
        None,
        "where else to keep the best model; the file ends in .keras (default: "
        "model.keras in the run directory only)",
    )
    data: str | None = option(None, "folder with train.txt, valid.txt and test.txt")
    train_size: int | None = option(None, "characters to train on, or none: all", low=2)
    validation_size: int | None = option(
        None, "characters to validate on, or none: all", low=20
    )
    test_size: int | None = option(None, "characters to test on, or none: all", low=20)

    usual_rinit = "cayley"

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
    def widths(self):
        return {
            "input_width": self.emsize,
            "output_width": CHARACTERS,
            "vocabulary": CHARACTERS,
            "tied": self.tied,
        }


def text(options: PtbOptions):
    from keras_nonnormal.datasets import ptb_char_task

    task = ptb_char_task(bptt=options.bptt, folder=options.data)
    corpus = dataclasses.replace(
        task.corpus,
        train=task.corpus.train[: options.train_size],
        validation=task.corpus.validation[: options.validation_size],
        test=task.corpus.test[: options.test_size],
    )
    return dataclasses.replace(task, corpus=corpus)


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
    schedule={"monitor": "val_loss", "keep_best": True, "halve_on_plateau": True},
)


def main(arguments: list[str] | None = None) -> int:
    """Runs the experiment; returns the exit code."""
    return launch([NETWORKS], arguments)


if __name__ == "__main__":
    raise SystemExit(main())
