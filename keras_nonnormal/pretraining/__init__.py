"""Local stability (LSC): deep networks whose gradients neither explode nor vanish."""

from keras_nonnormal.pretraining.dynamics import Dynamics, register_dynamics
from keras_nonnormal.pretraining.frames import FrameStack
from keras_nonnormal.pretraining.monitor import StabilityMonitor
from keras_nonnormal.pretraining.published import (
    PublishedFFN,
    PublishedLRU,
    PublishedLRUScan,
    PublishedRNN,
)
from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.stabilize import measure, stabilize
from keras_nonnormal.pretraining.stand_ins import StandIns

__all__ = [
    "Dynamics",
    "FrameStack",
    "PublishedFFN",
    "PublishedLRU",
    "PublishedLRUScan",
    "PublishedRNN",
    "StabilityMonitor",
    "StabilityReport",
    "StandIns",
    "measure",
    "register_dynamics",
    "stabilize",
]
