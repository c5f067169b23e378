"""What runs are called in figures."""

from pathlib import Path

import pytest

from experiments.core.runs import labels_of

SPOKEN = {"corpus": "ptb-char", "cell": "lstm", "init": "chain", "nhid": 256, "seed": 1}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"cell": "rnn"}, ["LSTM chain 256", "RNN chain 256"]),
        ({"init": "mixed"}, ["LSTM chain 256", "LSTM mixed 256"]),
        (
            {"corpus": "ptb-word"},
            ["LSTM chain 256, ptb-char", "LSTM chain 256, ptb-word"],
        ),
        (
            {"seed": 2},
            ["LSTM chain 256, ptb-char, seed 1", "LSTM chain 256, ptb-char, seed 2"],
        ),
        ({}, ["LSTM chain 256 (a)", "LSTM chain 256 (b)"]),
    ],
)
def test_labels_of_language_models_say_in_what_they_differ(second, expected):
    assert labels_of([Path("a"), Path("b")], [SPOKEN, SPOKEN | second]) == expected
