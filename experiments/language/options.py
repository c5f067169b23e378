"""Options of language models."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.options import OptionError, changed, flag, option
from experiments.settings import RunOptions

CORPORA = ("ptb-word", "ptb-char", "wikitext-2", "enwik8")
# Of which the literature gives bits per token; the others have a perplexity per word.
SPELLED = ("ptb-char", "enwik8")
STARTS = {
    "rnn": ("orthogonal", "identity", "chain", "fbchain", "plain"),
    "lstm": ("orthogonal", "chain", "fbchain", "plain", "mixed"),
}
GAINS = {
    **{"orthogonal": 1.0, "identity": 1.0},
    **{"chain": 1.02, "fbchain": 0.99, "mixed": 1.02},
}
FEEDBACK_GAIN = 0.04


@dataclass(frozen=True)
class LanguageOptions(RunOptions):
    """Options of a training; the defaults are those of the paper on words."""

    corpus: str = option("ptb-word", "text to learn", choices=CORPORA)
    data: str | None = option(
        None,
        "folder with train.txt, valid.txt and test.txt to read instead; tokens are "
        "separated by spaces, or bytes with --corpus enwik8",
        role="where",
    )
    train_size: int | None = option(None, "tokens to train on, or none: all", low=2)
    validation_size: int | None = option(
        None, "tokens to validate on, or none: all", low=2
    )
    test_size: int | None = option(None, "tokens to test on, or none: all", low=2)

    cell: str = option("rnn", "kind of recurrent layers", choices=STARTS)
    layers: int = option(3, "recurrent layers", low=1, alias="nlayers")
    emsize: int = option(400, "width of the embedding", low=1)
    nhid: int = option(
        1150, "width of the recurrent layers; of a tied last one, --emsize", low=1
    )
    activation: str = option(
        "tanh",
        "activation of the recurrent layers",
        choices=("tanh", "relu", "elu", "sigmoid"),
    )
    tied: bool = option(True, "the read-out has the weights of the embedding")
    init: str = option(
        "chain",
        "start of the recurrent layers; identity for rnn alone, mixed for lstm alone",
        choices=("orthogonal", "identity", "chain", "fbchain", "plain", "mixed"),
        alias="start",
    )
    gain: float | None = option(
        None,
        "gain of the start, forward gain of fbchain; default: "
        + ", ".join(f"{gain:g} for {name}" for name, gain in GAINS.items()),
        above=0,
        high=2,
    )
    feedback_gain: float | None = option(
        None, f"feedback gain of fbchain; default: {FEEDBACK_GAIN}", above=0, high=0.25
    )

    dropout_input: float = option(
        0.1,
        "dropout of the embedding's features, the same at all steps of a chunk",
        low=0,
        high=0.99,
        alias="dropouti",
    )
    dropout_hidden: float = option(
        0.1, "the same between layers", low=0, high=0.99, alias="dropouth"
    )
    dropout_output: float = option(
        0.1, "the same behind the last layer", low=0, high=0.99, alias="dropout"
    )
    dropout_embedding: float = option(
        0.1, "dropout of whole tokens", low=0, high=0.99, alias="dropoute"
    )
    dropout_weight: float = option(
        0.1, "dropout of recurrent weights", low=0, high=0.99, alias="wdrop"
    )
    dropout_recurrent: float = option(
        0.0, "dropout of what is fed back; slow", low=0, high=0.99
    )
    ar: float = option(
        2.0, "weight of the squares of activations in the loss", low=0, alias="alpha"
    )
    tar: float = option(1.0, "weight of their changes", low=0, alias="beta")

    optimizer: str = option(
        "adam",
        "update rule: PyTorch's Adam, or gradient descent whose weights are averaged "
        "once they no longer get better",
        choices=("adam", "sgd"),
    )
    lr: float = option(1e-3, "learning rate", above=0)
    lr_drops: tuple[float, float] | None = option(
        None, "two epochs after which it is divided by 10", low=1, alias="when"
    )
    average_window: int | None = option(
        5,
        "sgd: average after an epoch worse than the best of all but so many before it; "
        "or none",
        low=1,
        alias="nonmono",
    )
    weight_decay: float = option(
        1.2e-6, "multiple of a weight that its gradient has", low=0, alias="wdecay"
    )
    clip: float | None = option(
        0.25, "largest joint norm of all gradients, or none", above=0
    )
    batch: int = option(
        20, "columns that are read side by side", low=1, alias="batch_size"
    )
    bptt: int = option(
        70, "tokens per chunk, through which gradients go", low=5, alias="length"
    )
    vary_length: bool = option(
        True, "chunks are of random length, around --bptt, and rates in proportion"
    )
    evaluation_columns: int = option(
        10, "columns of an evaluation, of which each begins with a state of zero", low=1
    )
    epochs: int = option(60, "passes over the text", low=1, role="length")
    rounds: int = option(
        1,
        "runs, with seeds from --seed upwards, each in a folder of its own; the means "
        "of their test results are reported",
        low=1,
        role="seed",
    )
    log_gradient_norm: bool = option(
        False, "also log the joint norm of all gradients before clipping", role="label"
    )
    log_memory: bool = option(
        False,
        "also log Henrici index and spectral radius of every recurrent layer, and what "
        "is left of a gradient at its first step (without --strategy), and keep them "
        "in memory.csv",
        role="label",
    )
    seed: int = changed(RunOptions, "seed", 1)

    def __post_init__(self):
        super().__post_init__()
        if self.init not in STARTS[self.cell]:
            raise OptionError(
                f"--init: {self.cell} starts from one of "
                f"{', '.join(STARTS[self.cell])}, received {self.init!r}"
            )
        self._settle("gain", GAINS.get(self.init))
        self._settle("feedback_gain", FEEDBACK_GAIN if self.init == "fbchain" else None)
        if self.lr_drops and self.lr_drops[0] >= self.lr_drops[1]:
            raise OptionError(
                "--lr-drops: expected the earlier epoch first, received "
                "{:g} {:g}".format(*self.lr_drops)
            )
        for split, count in self.columns.items():
            size = getattr(self, f"{split}_size")
            if size is not None and size < 2 * count:
                raise OptionError(
                    f"{flag(f'{split}_size')}: expected at least two tokens for each "
                    f"of {count} columns, received {size}"
                )
        if self.seed + self.rounds > 2**32:
            raise OptionError(
                f"--rounds: expected seeds below {2**32}, received {self.rounds} from "
                f"--seed {self.seed} upwards"
            )

    @property
    def label(self) -> str:
        """What is trained, and on what: `ptb-char-rnn-chain`."""
        return f"{self.corpus}-{self.cell}-{self.init}"

    @property
    def start(self) -> str:
        """The network in words: `rnn, chain, gain 1.02`."""
        words = [self.cell, self.init]
        if self.gain is not None:
            words.append(f"gain {self.gain:g}")
        if self.feedback_gain is not None:
            words.append(f"feedback {self.feedback_gain:g}")
        return ", ".join(words)

    @property
    def columns(self) -> dict[str, int]:
        """Columns that a text is cut into, by split."""
        evaluation = self.evaluation_columns
        return {"train": self.batch, "validation": evaluation, "test": evaluation}

    @property
    def spelled(self) -> bool:
        """Whether the text is spelled, in characters or bytes."""
        return self.corpus in SPELLED

    @property
    def averages(self) -> bool:
        """Whether weights may be averaged."""
        return self.optimizer == "sgd" and self.average_window is not None

    def count_parameters(self, vocabulary: int) -> int:
        """Trained numbers of the network.

        Args:
            vocabulary: How many different tokens there are.
        """
        gates = 4 if self.cell == "lstm" else 1
        last = self.emsize if self.tied else self.nhid
        widths = [self.emsize, *[self.nhid] * (self.layers - 1), last]
        recurrent = sum(
            gates * (inputs + units + 1) * units
            for inputs, units in itertools.pairwise(widths)
        )
        readout = vocabulary * (1 if self.tied else last + 1)
        return vocabulary * self.emsize + recurrent + readout

    def remarks(self, given: Mapping[str, Any]) -> Iterator[str]:
        if "average_window" in given and self.optimizer != "sgd":
            yield "--average-window has no effect: only sgd is averaged"
        if not self.tied and self.corpus in ("ptb-word", "wikitext-2"):
            yield "--no-tied: the read-out of words is large; published ones are tied"

    def _settle(self, name: str, usual: float | None) -> None:
        """Sets the default of a gain, so that config.json says which it was."""
        value = getattr(self, name)
        if value is None:
            object.__setattr__(self, name, usual)
        elif usual is None:
            raise OptionError(f"{flag(name)}: {self.init} has none, received {value!r}")
