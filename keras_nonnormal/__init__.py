"""Recurrent networks that remember, for Keras 3.

Importing this package registers its classes with Keras, so that saved models which use
them can be loaded.
"""

from keras_nonnormal.activations import ModReLU
from keras_nonnormal.initializers import (
    CayleySkew,
    Chain,
    FBChain,
    Gatewise,
    HaarDiagSkew,
    HaarSkew,
    HenaffSkew,
    NormalDiagSkew,
    Ramp,
    RandomOrthogonalSkew,
    SkewExponential,
    Source,
    UniformSkew,
    bias_initializer,
    gru_initializers,
    kernel_initializer,
    lstm_glorot_initializers,
    lstm_initializers,
    recurrent_initializer,
    simple_rnn_initializers,
    skew_initializer,
)
from keras_nonnormal.layers import (
    EURNN,
    NNRNN,
    EURNNCell,
    ExpRNN,
    ExpRNNCell,
    FusedLSTM,
    FusedSimpleRNN,
    NNRNNCell,
    NonNormalRNN,
    ParametrizedRNN,
    ParametrizedRNNCell,
)
from keras_nonnormal.metrics import RecallAccuracy, ToleranceAccuracy
from keras_nonnormal.optimizers import (
    AdamTorch,
    RMSpropKeras2,
    RMSpropTF1,
    RMSpropTorch,
)
from keras_nonnormal.version import __version__

__all__ = [
    "EURNN",
    "NNRNN",
    "AdamTorch",
    "CayleySkew",
    "Chain",
    "EURNNCell",
    "ExpRNN",
    "ExpRNNCell",
    "FBChain",
    "FusedLSTM",
    "FusedSimpleRNN",
    "Gatewise",
    "HaarDiagSkew",
    "HaarSkew",
    "HenaffSkew",
    "ModReLU",
    "NNRNNCell",
    "NonNormalRNN",
    "NormalDiagSkew",
    "ParametrizedRNN",
    "ParametrizedRNNCell",
    "RMSpropKeras2",
    "RMSpropTF1",
    "RMSpropTorch",
    "Ramp",
    "RandomOrthogonalSkew",
    "RecallAccuracy",
    "SkewExponential",
    "Source",
    "ToleranceAccuracy",
    "UniformSkew",
    "__version__",
    "bias_initializer",
    "gru_initializers",
    "kernel_initializer",
    "lstm_glorot_initializers",
    "lstm_initializers",
    "recurrent_initializer",
    "simple_rnn_initializers",
    "skew_initializer",
]
