"""Published settings of language models, as data, and small ones.

Names are made of the text, the network and its start: `paper/ptb-word-rnn-chain`. A
preset overrides the defaults of the options; flags override the preset.
"""

import itertools
from collections.abc import Iterator

from experiments.language.options import STARTS
from experiments.presets import Preset

# The commands that Merity, Keskar and Socher published for their LSTM.
COMMANDS: dict[str, Preset] = {
    "ptb-word": {
        **{"emsize": 400, "nhid": 1150, "batch": 20, "bptt": 70, "epochs": 500},
        **{"optimizer": "sgd", "lr": 30.0, "ar": 2.0, "tar": 1.0},
        **{"dropout_input": 0.4, "dropout_hidden": 0.25, "dropout_output": 0.4},
        **{"dropout_embedding": 0.1, "dropout_weight": 0.5},
    },
    "wikitext-2": {
        **{"emsize": 400, "nhid": 1150, "batch": 80, "bptt": 70, "epochs": 750},
        **{"optimizer": "sgd", "lr": 30.0, "ar": 2.0, "tar": 1.0},
        **{"dropout_input": 0.65, "dropout_hidden": 0.2, "dropout_output": 0.4},
        **{"dropout_embedding": 0.1, "dropout_weight": 0.5},
    },
    "ptb-char": {
        **{"emsize": 200, "nhid": 1000, "batch": 128, "bptt": 150, "epochs": 500},
        **{"optimizer": "adam", "lr": 2e-3, "lr_drops": (300.0, 400.0)},
        **{"dropout_input": 0.1, "dropout_hidden": 0.25, "dropout_output": 0.1},
        **{"dropout_embedding": 0.0, "dropout_weight": 0.5, "ar": 0.0, "tar": 0.0},
    },
    "enwik8": {
        **{"emsize": 400, "nhid": 1840, "batch": 128, "bptt": 200, "epochs": 50},
        **{"optimizer": "adam", "lr": 1e-3, "lr_drops": (25.0, 35.0)},
        **{"dropout_input": 0.1, "dropout_hidden": 0.1, "dropout_output": 0.4},
        **{"dropout_embedding": 0.0, "dropout_weight": 0.2, "ar": 0.0, "tar": 0.0},
    },
}
DROPOUTS = ("input", "hidden", "output", "embedding", "weight")


def dropouts(rate: float, embedding: float) -> Preset:
    """The same dropout everywhere but in the embedding."""
    rates = dict.fromkeys(DROPOUTS, rate) | {"embedding": embedding}
    return {f"dropout_{name}": rate for name, rate in rates.items()}


# What the paper changed for vanilla networks. It states no rate for words; gains are
# the defaults, where the paper chose the best of a grid (see `grid`).
WEAKER: dict[str, Preset] = {
    "ptb-word": {**dropouts(0.1, 0.1), "optimizer": "adam", "lr": 1e-3, "epochs": 60},
    "ptb-char": {**dropouts(0.1, 0.0), "epochs": 500},
    "enwik8": {**dropouts(0.0, 0.0), "epochs": 35},
}
PAPER_STARTS = {
    "rnn": ("identity", "orthogonal", "chain", "fbchain"),
    "lstm": ("orthogonal", "chain", "plain", "mixed"),
}
PAPER_SEEDS = (1, 2, 3)


def grid(init: str, chain_gain: float | None = None) -> Iterator[Preset]:
    """The settings the paper searched for a start of a vanilla network: 63.

    Args:
        init: `"identity"`, `"orthogonal"`, `"chain"` or `"fbchain"`.
        chain_gain: For `"fbchain"`, the best gain that was found for `"chain"`.

    Yields:
        Options: gains and `seed`.
    """
    for number, seed in itertools.product(range(21), PAPER_SEEDS):
        if init == "fbchain":
            gains = {"gain": chain_gain, "feedback_gain": (number + 1) / 100}
        else:
            gains = {"gain": (5 * number + 5) / 100}
        yield {"init": init, **gains, "seed": seed}


def _published() -> dict[str, Preset]:
    presets = {}
    for corpus, cell in itertools.product(WEAKER, STARTS):
        changes = WEAKER[corpus] if cell == "rnn" else {}
        shared = {"corpus": corpus, "cell": cell, **COMMANDS[corpus], **changes}
        for init in PAPER_STARTS[cell]:
            presets[f"paper/{corpus}-{cell}-{init}"] = {**shared, "init": init}
    for corpus, command in COMMANDS.items():
        shared = {"corpus": corpus, "cell": "lstm", **command, "init": "plain"}
        presets[f"awd/{corpus}"] = shared
    return presets


# Five starts of one kind of network on one text take about half an hour on two cores.
SMALL: dict[str, Preset] = {
    "ptb-char": {
        **{"emsize": 128, "nhid": 256, "batch": 64, "bptt": 100, "lr": 2e-3},
        **{"ar": 0.0, "tar": 0.0, **dropouts(0.0, 0.0)},
        **{"validation_size": 100_000, "test_size": 100_000, "evaluation_columns": 50},
    },
    "ptb-word": {
        **{"emsize": 128, "nhid": 256, "batch": 20, "bptt": 35, "lr": 2e-3},
        # Without activation regularisation all units are saturated in 300 updates.
        **{"ar": 2.0, "tar": 1.0, **dropouts(0.1, 0.0)},
        "evaluation_columns": 50,
    },
}
SHORT: dict[tuple[str, str], Preset] = {
    ("ptb-char", "rnn"): {"train_size": 1_600_000, "epochs": 8, "lr_drops": (6.0, 7.0)},
    ("ptb-char", "lstm"): {"train_size": 600_000, "epochs": 7, "lr_drops": (5.0, 6.0)},
    ("ptb-word", "rnn"): {"train_size": 400_000, "epochs": 4, "lr_drops": (3.0, 3.5)},
    ("ptb-word", "lstm"): {"train_size": 300_000, "epochs": 4, "lr_drops": (3.0, 3.5)},
}


# With which a network learns most in some hundred updates: for characters of 0.5, 0.9
# and the default, for words of 0.2, 0.5 and 0.9 or 1. At 1.02 three layers keep so much
# of the past that little is learned in as many.
SHORT_GAINS = {
    "ptb-char": {"identity": 0.5, "chain": 0.5, "fbchain": 0.5},
    "ptb-word": {"identity": 0.2, "chain": 0.2, "fbchain": 0.2, "orthogonal": 0.5},
}


def _short() -> dict[str, Preset]:
    return {
        f"short/{corpus}-{cell}-{init}": {
            **{"corpus": corpus, "cell": cell, "init": init},
            "gain": SHORT_GAINS[corpus].get(init) if cell == "rnn" else None,
            **SMALL[corpus],
            **length,
        }
        for (corpus, cell), length in SHORT.items()
        for init in STARTS[cell]
    }


PRESETS: dict[str, Preset] = {
    "demo": {
        **{"corpus": "ptb-char", **SMALL["ptb-char"]},
        **{"layers": 2, "nhid": 128, "emsize": 64, "epochs": 3, "train_size": 300_000},
    },
    "script": {},
    **_short(),
    **_published(),
}
QUICK: Preset = {
    **{"epochs": 1, "layers": 2, "nhid": 64, "emsize": 32, "batch": 20, "bptt": 20},
    **{"train_size": 20_000, "validation_size": 4000, "test_size": 4000},
}
NAMES = """\
presets (demo if nothing else is said), named TEXT-CELL-START:
  short/    ptb-char, ptb-word; five starts of one kind in half an hour on two cores
  paper/    ptb-word, ptb-char, enwik8; the published settings
  TEXT-rnn-   orthogonal, identity, chain, fbchain; short/ also plain
  TEXT-lstm-  orthogonal, chain, plain, mixed; short/ also fbchain
  awd/TEXT  ptb-word, ptb-char, wikitext-2, enwik8; the LSTM it was built on
  script    the defaults below"""
