"""Figures of runs and of analyses; matplotlib without windows or global state."""

from keras_nonnormal.plotting.best_settings import best_settings
from keras_nonnormal.plotting.covariance_decay import covariance_decay_curves
from keras_nonnormal.plotting.drive_responses import (
    controller_states,
    linearisation,
    shape_signals,
)
from keras_nonnormal.plotting.epoch_panels import epoch_panels
from keras_nonnormal.plotting.exp_alpha import exp_alpha_curves
from keras_nonnormal.plotting.fractional_order import fractional_order
from keras_nonnormal.plotting.gain_scaling import gain_scaling
from keras_nonnormal.plotting.gamma import gamma_shapes
from keras_nonnormal.plotting.gradient_grid import gradient_grid
from keras_nonnormal.plotting.gradients import gradient_norm_curves
from keras_nonnormal.plotting.grouped_bars import grouped_bars
from keras_nonnormal.plotting.information import information_curves
from keras_nonnormal.plotting.learned_stair import learned_stair
from keras_nonnormal.plotting.learning_curves import learning_curves
from keras_nonnormal.plotting.learning_speed import learning_speed
from keras_nonnormal.plotting.lyapunov import driven_exponents, lyapunov_spectra
from keras_nonnormal.plotting.mean_curves import mean_curves
from keras_nonnormal.plotting.memory import fisher_curves, transient_curves
from keras_nonnormal.plotting.network_memory import network_memory
from keras_nonnormal.plotting.output_gradients import OutputGradients, output_gradients
from keras_nonnormal.plotting.path_counts import path_counts
from keras_nonnormal.plotting.pseudospectra import pseudospectra
from keras_nonnormal.plotting.rate_panels import rate_panels
from keras_nonnormal.plotting.reconstruction import reconstruction_curves
from keras_nonnormal.plotting.robustness import robustness_bars
from keras_nonnormal.plotting.schur import schur_heat_map
from keras_nonnormal.plotting.score_table import score_table
from keras_nonnormal.plotting.setting_maps import setting_maps
from keras_nonnormal.plotting.shape_map import shape_map
from keras_nonnormal.plotting.shape_paths import shape_paths
from keras_nonnormal.plotting.spectra import spectra
from keras_nonnormal.plotting.stairs import stair_gradients, stair_schedules
from keras_nonnormal.plotting.theta import theta_heat_map
from keras_nonnormal.plotting.weight_profiles import weight_profiles

__all__ = [
    "OutputGradients",
    "best_settings",
    "controller_states",
    "covariance_decay_curves",
    "driven_exponents",
    "epoch_panels",
    "exp_alpha_curves",
    "fisher_curves",
    "fractional_order",
    "gain_scaling",
    "gamma_shapes",
    "gradient_grid",
    "gradient_norm_curves",
    "grouped_bars",
    "information_curves",
    "learned_stair",
    "learning_curves",
    "learning_speed",
    "linearisation",
    "lyapunov_spectra",
    "mean_curves",
    "network_memory",
    "output_gradients",
    "path_counts",
    "pseudospectra",
    "rate_panels",
    "reconstruction_curves",
    "robustness_bars",
    "schur_heat_map",
    "score_table",
    "setting_maps",
    "shape_map",
    "shape_paths",
    "shape_signals",
    "spectra",
    "stair_gradients",
    "stair_schedules",
    "theta_heat_map",
    "transient_curves",
    "weight_profiles",
]
