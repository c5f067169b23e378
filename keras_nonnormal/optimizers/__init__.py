"""The update rules the papers trained with."""

from keras_nonnormal.optimizers.adabelief import AdaBelief
from keras_nonnormal.optimizers.adam import AdamTorch
from keras_nonnormal.optimizers.averaged_sgd import AveragedSGD
from keras_nonnormal.optimizers.lookahead import Lookahead
from keras_nonnormal.optimizers.rmsprop import RMSpropKeras2, RMSpropTF1, RMSpropTorch

__all__ = [
    "AdaBelief",
    "AdamTorch",
    "AveragedSGD",
    "Lookahead",
    "RMSpropKeras2",
    "RMSpropTF1",
    "RMSpropTorch",
]
