"""Many small networks of one shape in one program, each with weights of its own."""

from keras_nonnormal.ensembles.ensemble import Ensemble
from keras_nonnormal.ensembles.memberwise import MemberwiseOptimizer

__all__ = ["Ensemble", "MemberwiseOptimizer"]
