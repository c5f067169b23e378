"""Local stability (LSC): deep networks whose gradients neither explode nor vanish."""

from keras_nonnormal.pretraining.dynamics import Dynamics, register_dynamics
from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.stabilize import measure, stabilize
