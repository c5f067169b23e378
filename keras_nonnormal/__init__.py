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
from keras_nonnormal.metrics import RecallAccuracy, ToleranceAccuracy
from keras_nonnormal.optimizers import AdamTorch, RMSpropKeras2, RMSpropTorch
from keras_nonnormal.version import __version__

__all__ = [
    "AdamTorch",
    "Chain",
    "FBChain",
    "FusedSimpleRNN",
    "Gatewise",
    "RMSpropKeras2",
    "RMSpropTorch",
    "Ramp",
    "RecallAccuracy",
    "Source",
    "ToleranceAccuracy",
    "__version__",
    "gru_initializers",
    "lstm_initializers",
    "simple_rnn_initializers",
]
