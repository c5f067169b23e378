"""Recurrent networks that remember, for Keras 3.

Importing this package registers its classes with Keras, so that saved models which use
them can be loaded.
"""

from keras_nonnormal.initializers import (
    Chain,
    FBChain,
    Gatewise,
    Ramp,
    Source,
    gru_initializers,
    lstm_initializers,
    simple_rnn_initializers,
)
from keras_nonnormal.layers import FusedSimpleRNN
from keras_nonnormal.version import __version__

__all__ = [
    "Chain",
    "FBChain",
    "FusedSimpleRNN",
    "Gatewise",
    "Ramp",
    "Source",
    "__version__",
    "gru_initializers",
    "lstm_initializers",
    "simple_rnn_initializers",
]
