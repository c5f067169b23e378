"""Figures of runs and of analyses; matplotlib without windows or global state."""

from keras_nonnormal.plotting.exp_alpha import exp_alpha_curves
from keras_nonnormal.plotting.gradients import gradient_norm_curves
from keras_nonnormal.plotting.learned_stair import learned_stair
from keras_nonnormal.plotting.learning_curves import learning_curves
from keras_nonnormal.plotting.memory import fisher_curves, transient_curves
from keras_nonnormal.plotting.spectra import spectra
from keras_nonnormal.plotting.stairs import stair_gradients, stair_schedules
from keras_nonnormal.plotting.theta import theta_heat_map

__all__ = [
    "exp_alpha_curves",
    "fisher_curves",
    "gradient_norm_curves",
    "learned_stair",
    "learning_curves",
    "spectra",
    "stair_gradients",
    "stair_schedules",
    "theta_heat_map",
    "transient_curves",
]
