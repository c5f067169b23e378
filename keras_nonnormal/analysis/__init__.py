"""What recurrent matrices do to signals, noise and gradients; NumPy in float64."""

from keras_nonnormal.analysis.delay_line import delay_line
from keras_nonnormal.analysis.fisher_memory import fisher_memory_curve, total_memory
from keras_nonnormal.analysis.gradients import state_gradient_norms
from keras_nonnormal.analysis.normality import henrici_index
from keras_nonnormal.analysis.schur_form import (
    fold_angles,
    schur_eigenvalues,
    schur_matrix,
)
from keras_nonnormal.analysis.transients import (
    TransientStatistics,
    gaussian_starts,
    transient_statistics,
)

__all__ = [
    "TransientStatistics",
    "delay_line",
    "fisher_memory_curve",
    "fold_angles",
    "gaussian_starts",
    "henrici_index",
    "schur_eigenvalues",
    "schur_matrix",
    "state_gradient_norms",
    "total_memory",
    "transient_statistics",
]
