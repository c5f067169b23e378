"""Local stability (LSC): deep networks whose gradients neither explode nor vanish."""

from keras_nonnormal.pretraining.dynamics import Dynamics, register_dynamics
from keras_nonnormal.pretraining.frames import FrameStack
from keras_nonnormal.pretraining.monitor import StabilityMonitor
from keras_nonnormal.pretraining.published_ffn import PublishedFFN
from keras_nonnormal.pretraining.published_lru import PublishedLRU
from keras_nonnormal.pretraining.published_lru_scan import PublishedLRUScan
from keras_nonnormal.pretraining.published_rnn import PublishedRNN
from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.stabilize import measure, stabilize

__all__ = [
    "Dynamics",
    "FrameStack",
    "PublishedFFN",
    "PublishedLRU",
    "PublishedLRUScan",
    "PublishedRNN",
    "StabilityMonitor",
    "StabilityReport",
    "measure",
    "register_dynamics",
    "stabilize",
]
