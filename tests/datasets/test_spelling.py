"""Texts as tokens of a corpus, and back."""

import pytest

from keras_nonnormal.datasets.spelling import numbers_of, text_of, tokens_of


@pytest.mark.parametrize(
    ("corpus", "text", "tokens"),
    [
        ("ptb-char", "a b\nc", ["a", "_", "b", "<eos>", "c"]),
        ("ptb-word", "a b\nc", ["a", "b", "<eos>", "c"]),
        ("enwik8", "é\n", ["Ã", "©", "\n"]),
    ],
)
def test_text_is_spelled_as_in_the_corpus(corpus, text, tokens):
    assert tokens_of(text, corpus) == tokens
    assert text_of(tokens, corpus) == text


def test_tokens_outside_a_vocabulary_are_refused():
    assert numbers_of(["b", "a"], "ab") == [1, 0]
    with pytest.raises(ValueError, match="has 2 different tokens, of which 'c'"):
        numbers_of(["b", "c"], "ab")
