"""Callbacks that watch, steer and end a training."""

from keras_nonnormal.training.callbacks.average_when_not_better import (
    AverageWhenNotBetter,
)
from keras_nonnormal.training.callbacks.best_weights import BestWeights
from keras_nonnormal.training.callbacks.divergence import (
    StopWhenNotFinite,
    TrainingDiverged,
)
from keras_nonnormal.training.callbacks.epoch_seeds import EpochSeeds
from keras_nonnormal.training.callbacks.memory_monitor import MemoryMonitor
from keras_nonnormal.training.callbacks.progress_line import ProgressLine
from keras_nonnormal.training.callbacks.reduce_on_plateau import ReduceOnPlateau
from keras_nonnormal.training.callbacks.spectral_norm_log import SpectralNormLog
from keras_nonnormal.training.callbacks.stop_below import StopBelow
from keras_nonnormal.training.callbacks.stop_early import StopEarly
from keras_nonnormal.training.callbacks.time_limit import TimeLimit
from keras_nonnormal.training.callbacks.transformed_validation import (
    TransformedValidation,
)
from keras_nonnormal.training.callbacks.variable_log import VariableLog

__all__ = [
    "AverageWhenNotBetter",
    "BestWeights",
    "EpochSeeds",
    "MemoryMonitor",
    "ProgressLine",
    "ReduceOnPlateau",
    "SpectralNormLog",
    "StopBelow",
    "StopEarly",
    "StopWhenNotFinite",
    "TimeLimit",
    "TrainingDiverged",
    "TransformedValidation",
    "VariableLog",
]
