"""Figures of runs and of analyses; matplotlib without windows or global state."""

from keras_nonnormal.plotting.gradients import gradient_norm_curves
from keras_nonnormal.plotting.learning_curves import learning_curves
from keras_nonnormal.plotting.memory import fisher_curves, transient_curves
from keras_nonnormal.plotting.spectra import spectra
from keras_nonnormal.plotting.theta import theta_heat_map

__all__ = [
    "fisher_curves",
    "gradient_norm_curves",
    "learning_curves",
    "spectra",
    "theta_heat_map",
    "transient_curves",
]
