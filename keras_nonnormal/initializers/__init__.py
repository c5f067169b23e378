"""Matrices that a recurrent network starts from."""

from keras_nonnormal.initializers.chain import Chain
from keras_nonnormal.initializers.chrono_bias import ChronoBias
from keras_nonnormal.initializers.factories import (
    gru_initializers,
    lstm_initializers,
    simple_rnn_initializers,
)
from keras_nonnormal.initializers.fbchain import FBChain
from keras_nonnormal.initializers.gatewise import Gatewise
from keras_nonnormal.initializers.hippo import HiPPOLegS
from keras_nonnormal.initializers.lstm_glorot import lstm_glorot_initializers
from keras_nonnormal.initializers.named_kernels import (
    bias_initializer,
    kernel_initializer,
    recurrent_initializer,
)
from keras_nonnormal.initializers.named_skews import skew_initializer
from keras_nonnormal.initializers.nonnegative_identity import NonNegativeIdentity
from keras_nonnormal.initializers.ramp import Ramp
from keras_nonnormal.initializers.skew_exponential import SkewExponential
from keras_nonnormal.initializers.skews import (
    CayleySkew,
    HaarDiagSkew,
    HaarSkew,
    HenaffSkew,
    NormalDiagSkew,
    RandomOrthogonalSkew,
    UniformSkew,
)
from keras_nonnormal.initializers.source import Source
from keras_nonnormal.initializers.uniform_once import UniformOnce

__all__ = [
    "CayleySkew",
    "Chain",
    "ChronoBias",
    "FBChain",
    "Gatewise",
    "HaarDiagSkew",
    "HaarSkew",
    "HenaffSkew",
    "HiPPOLegS",
    "NonNegativeIdentity",
    "NormalDiagSkew",
    "Ramp",
    "RandomOrthogonalSkew",
    "SkewExponential",
    "Source",
    "UniformOnce",
    "UniformSkew",
    "bias_initializer",
    "gru_initializers",
    "kernel_initializer",
    "lstm_glorot_initializers",
    "lstm_initializers",
    "recurrent_initializer",
    "simple_rnn_initializers",
    "skew_initializer",
]
