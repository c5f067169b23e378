"""Figures of runs; matplotlib without windows or global state."""

from keras_nonnormal.plotting.learning_curves import learning_curves

__all__ = ["learning_curves"]
