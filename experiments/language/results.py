"""What was published: test losses in bits per token."""

import math
from collections.abc import Mapping

# Mean and deviation over three seeds.
RNN = {
    "identity": {
        "ptb-word": (6.550, 0.002),
        "ptb-char": (1.312, 0.000),
        "enwik8": (1.783, 0.003),
    },
    "orthogonal": {
        "ptb-word": (6.557, 0.002),
        "ptb-char": (1.312, 0.001),
        "enwik8": (1.843, 0.046),
    },
    "chain": {
        "ptb-word": (6.514, 0.001),
        "ptb-char": (1.308, 0.000),
        "enwik8": (1.803, 0.017),
    },
    "fbchain": {
        "ptb-word": (6.510, 0.001),
        "ptb-char": (1.307, 0.000),
        "enwik8": (1.774, 0.002),
    },
}
LSTM = {
    "orthogonal": {
        "ptb-word": (5.937, 0.002),
        "ptb-char": (1.230, 0.001),
        "enwik8": (1.583, 0.001),
    },
    "chain": {
        "ptb-word": (5.935, 0.001),
        "ptb-char": (1.230, 0.001),
        "enwik8": (1.586, 0.000),
    },
    "plain": {
        "ptb-word": (5.949, 0.007),
        "ptb-char": (1.245, 0.001),
        "enwik8": (1.584, 0.002),
    },
    "mixed": {
        "ptb-word": (5.944, 0.004),
        "ptb-char": (1.227, 0.000),
        "enwik8": (1.577, 0.001),
    },
}
TABLES = {"rnn": ("Table 1", RNN), "lstm": ("Table 3", LSTM)}
# Merity, Keskar and Socher (2017); its test perplexity after training, not tuned later.
WIKITEXT_2 = {"setting": "AWD-LSTM, test, full size", "plain": "perplexity 65.6"}


def published_bits(corpus: str, cell: str, init: str) -> float | None:
    """The published test loss in bits per token, if there is one."""
    mean, _ = TABLES[cell][1].get(init, {}).get(corpus, (None, None))
    return mean


def published(corpus: str, cell: str) -> Mapping[str, str]:
    """The published test losses of all starts, and their `setting`."""
    if corpus == "wikitext-2":
        return WIKITEXT_2
    table, rows = TABLES[cell]
    unit = {"ptb-word": "word", "ptb-char": "character", "enwik8": "byte"}[corpus]
    lines = {"setting": f"{table}, test, full size, bits per {unit}"}
    for init, results in rows.items():
        mean, deviation = results[corpus]
        lines[init] = f"{mean:.3f} +- {deviation:.3f}"
        if unit == "word":
            lines[init] += f" (perplexity {math.pow(2, mean):.1f})"
    return lines
