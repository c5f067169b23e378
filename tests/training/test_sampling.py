"""Tokens drawn from a language model."""

import keras
import numpy as np
import pytest

from keras_nonnormal.training.sampling import sample_tokens


class Cycle:
    """Expects the token after the one it reads, in a circle of four, and counts."""

    inputs = (keras.Input((None,)), keras.Input((1,)))

    def predict_on_batch(self, inputs):
        tokens, state = inputs
        logits = np.log(np.full((1, 1, 4), 0.1))
        logits[0, 0, (tokens[0, 0] + 1) % 4] = np.log(0.7)
        return [logits, state + 1]


def test_tokens_are_drawn_from_the_distribution_of_the_model():
    assert [*sample_tokens(Cycle(), [0, 1], 5, temperature=0)] == [2, 3, 0, 1, 2]
    assert [*sample_tokens(Cycle(), [0, 1], 5, most_likely=1)] == [2, 3, 0, 1, 2]
    drawn = [1, *sample_tokens(Cycle(), [1], 2000, seed=1)]
    share = np.mean(np.diff(drawn) % 4 == 1)
    assert share == pytest.approx(0.7, abs=0.03)  # three standard deviations
