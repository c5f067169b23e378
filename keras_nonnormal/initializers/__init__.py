"""Matrices that a recurrent network starts from."""

from keras_nonnormal.initializers.chain import Chain
from keras_nonnormal.initializers.factories import (
    gru_initializers,
    lstm_initializers,
    simple_rnn_initializers,
)
from keras_nonnormal.initializers.fbchain import FBChain
from keras_nonnormal.initializers.gatewise import Gatewise
from keras_nonnormal.initializers.ramp import Ramp
from keras_nonnormal.initializers.source import Source

__all__ = [
    "Chain",
    "FBChain",
    "Gatewise",
    "Ramp",
    "Source",
    "gru_initializers",
    "lstm_initializers",
    "simple_rnn_initializers",
]
