"""Texts to be predicted token by token, read from beginning to end in columns.

Orhan and Pitkow (2020), in the manner of Merity, Keskar and Socher (2017).
"""

from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError, option
from experiments.tasks.sequences import SPLITS, Sizes

CORPORA = ("ptb-word", "ptb-char", "wikitext-2", "enwik8")
# Of which the literature gives bits per token; the others have a perplexity per word.
SPELLED = ("ptb-char", "enwik8")


@dataclass(frozen=True)
class TextTask(Sizes):
    """A text in chunks of random length."""

    script, recipes = "language_model", ("awd",)
    quick = {
        **{"epochs": 1, "layers": 2, "units": 64, "emsize": 32, "batch_size": 20},
        **{"bptt": 20, "train_size": 20_000, "validation_size": 4000},
        "test_size": 4000,
    }

    corpus: str = option("ptb-word", "text to learn", choices=CORPORA)
    data: str | None = option(
        None,
        "folder with train.txt, valid.txt and test.txt to read instead; tokens are "
        "separated by spaces, or bytes with --corpus enwik8",
    )
    train_size: int | None = option(None, "tokens to train on, or none: all", low=2)
    validation_size: int | None = option(
        None, "tokens to validate on, or none: all", low=2
    )
    test_size: int | None = option(None, "tokens to test on, or none: all", low=2)
    bptt: int = option(
        70, "tokens per chunk, through which gradients go", low=5, alias="length"
    )
    vary_length: bool = option(
        True, "chunks are of random length, around --bptt, and rates in proportion"
    )
    evaluation_columns: int = option(
        10, "columns of an evaluation, of which each begins with a state of zero", low=1
    )

    def settled(self, program):
        for split, count in self.columns(program).items():
            size = self.sizes[split]
            short = size is not None and size < 2 * count
            least = f"expected at least two tokens for each of {count} columns"
            self.refuse_if(short, f"{split}_size", least)
        return self

    def columns(self, program: Any) -> dict[str, int]:
        """Columns that a text is cut into, by split."""
        columns = dict.fromkeys(SPLITS, self.evaluation_columns)
        return {**columns, "train": program.recipe.batch_size}

    @property
    def spelled(self) -> bool:
        """Whether the text is spelled, in characters or bytes."""
        return self.corpus in SPELLED

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the metrics that matter."""
        return ("bits_per_token", "perplexity")

    @property
    def longest(self):
        return self.bptt

    def load(self, seed):
        from keras_nonnormal.datasets import language_stream, load_corpus

        corpus = self.cut(load_corpus(self.corpus, self.data))
        for split in SPLITS:
            tokens, columns = len(getattr(corpus, split)), self.evaluation_columns
            if tokens < 2 * columns:
                raise OptionError(
                    f"--data: expected at least two {split} tokens for each of "
                    f"{columns} columns, received {tokens}"
                )
        return language_stream(
            corpus,
            bptt=self.bptt,
            vary=self.vary_length,
            evaluation_columns=self.evaluation_columns,
            name=self.corpus.replace("-", "_"),
        )
