"""What recurrent matrices do to signals, noise and gradients; NumPy in float64."""

from keras_nonnormal.analysis.delay_line import delay_line
from keras_nonnormal.analysis.exp_alpha import contracting_interval, exp_alpha_response
from keras_nonnormal.analysis.fisher_memory import fisher_memory_curve, total_memory
from keras_nonnormal.analysis.gradients import state_gradient_norms
from keras_nonnormal.analysis.normality import henrici_index
from keras_nonnormal.analysis.schur_form import (
    fold_angles,
    schur_eigenvalues,
    schur_matrix,
)
from keras_nonnormal.analysis.stairs import gradient_bounds, running_products
from keras_nonnormal.analysis.transients import (
    TransientStatistics,
    gaussian_starts,
    transient_statistics,
)

__all__ = [
    "TransientStatistics",
    "contracting_interval",
    "delay_line",
    "exp_alpha_response",
    "fisher_memory_curve",
    "fold_angles",
    "gaussian_starts",
    "gradient_bounds",
    "henrici_index",
    "running_products",
    "schur_eigenvalues",
    "schur_matrix",
    "state_gradient_norms",
    "total_memory",
    "transient_statistics",
]
