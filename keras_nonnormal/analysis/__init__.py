"""Signals, noise and gradients in recurrent networks; NumPy in float64."""

from keras_nonnormal.analysis.adaptation import adaptation_index
from keras_nonnormal.analysis.anru import (
    ANRUResponses,
    ANRUWeights,
    adapted_shapes,
    anru_responses,
)
from keras_nonnormal.analysis.autonomous_maps import AutonomousMap, autonomous_map
from keras_nonnormal.analysis.delay_line import delay_line, memory_networks
from keras_nonnormal.analysis.exp_alpha import contracting_interval, exp_alpha_response
from keras_nonnormal.analysis.fisher_memory import (
    fisher_memory_curve,
    fisher_memory_matrix,
    noise_covariance,
    spatial_memory,
    total_memory,
)
from keras_nonnormal.analysis.fractional import frac_diff, frac_int
from keras_nonnormal.analysis.fractional_order import (
    FractionalOrders,
    StepProtocol,
    frac_order,
)
from keras_nonnormal.analysis.gain_scaling import GainScaling, gain_scaling_fit
from keras_nonnormal.analysis.gamma_lyapunov import (
    driven_exponents,
    gamma_lyapunov_spectrum,
)
from keras_nonnormal.analysis.gradients import (
    loss_gradient_norms,
    state_gradient_norms,
    state_gradients,
)
from keras_nonnormal.analysis.interaction import (
    CovarianceDecay,
    covariance_decay,
    interactions,
)
from keras_nonnormal.analysis.isolated import isolated
from keras_nonnormal.analysis.jacobian_norm import jacobian_norm
from keras_nonnormal.analysis.lattice_paths import (
    continuous_lattice_paths,
    lattice_paths,
    pascal_gradient,
    pascal_plateau,
    random_descent,
    sum_over_paths,
    sum_over_paths_bound,
)
from keras_nonnormal.analysis.lyapunov import (
    LyapunovSpectrum,
    autonomous,
    lyapunov_spectrum,
)
from keras_nonnormal.analysis.memory_function import memory_function
from keras_nonnormal.analysis.mutual_information import (
    ksg,
    mixed_ksg,
    partition_mutual_information,
)
from keras_nonnormal.analysis.normality import commutator_norm, henrici_index
from keras_nonnormal.analysis.pseudospectrum import Pseudospectrum, pseudospectrum
from keras_nonnormal.analysis.radii_over_time import RadiiOverTime
from keras_nonnormal.analysis.reconstruction import delayed_reconstruction, states_after
from keras_nonnormal.analysis.recurrent_layers import (
    layer_henrici_indices,
    layer_spectra,
    layer_states,
    learned_heights,
    peak_order_profiles,
    pulse_response,
    recurrent_matrices,
    schur_parameters,
)
from keras_nonnormal.analysis.schur_decomposition import (
    SchurDecomposition,
    schur_decomposition,
)
from keras_nonnormal.analysis.schur_form import (
    fold_angles,
    schur_eigenvalues,
    schur_matrix,
)
from keras_nonnormal.analysis.signal_norms import signal_norms
from keras_nonnormal.analysis.spectrum import spectral_radius, spectrum
from keras_nonnormal.analysis.stack_gradients import (
    he_stack,
    pascal_stack,
    stack_gradients,
)
from keras_nonnormal.analysis.stair_gradients import (
    orthogonal_stair_network,
    stair_gradient_norms,
)
from keras_nonnormal.analysis.stairs import gradient_bounds, running_products
from keras_nonnormal.analysis.transients import (
    TransientStatistics,
    gaussian_starts,
    transient_statistics,
)
from keras_nonnormal.analysis.weight_profile import peak_order, weight_profile

__all__ = [
    "ANRUResponses",
    "ANRUWeights",
    "AutonomousMap",
    "CovarianceDecay",
    "FractionalOrders",
    "GainScaling",
    "LyapunovSpectrum",
    "Pseudospectrum",
    "RadiiOverTime",
    "SchurDecomposition",
    "StepProtocol",
    "TransientStatistics",
    "adaptation_index",
    "adapted_shapes",
    "anru_responses",
    "autonomous",
    "autonomous_map",
    "commutator_norm",
    "continuous_lattice_paths",
    "contracting_interval",
    "covariance_decay",
    "delay_line",
    "delayed_reconstruction",
    "driven_exponents",
    "exp_alpha_response",
    "fisher_memory_curve",
    "fisher_memory_matrix",
    "fold_angles",
    "frac_diff",
    "frac_int",
    "frac_order",
    "gain_scaling_fit",
    "gamma_lyapunov_spectrum",
    "gaussian_starts",
    "gradient_bounds",
    "he_stack",
    "henrici_index",
    "interactions",
    "isolated",
    "jacobian_norm",
    "ksg",
    "lattice_paths",
    "layer_henrici_indices",
    "layer_spectra",
    "layer_states",
    "learned_heights",
    "loss_gradient_norms",
    "lyapunov_spectrum",
    "memory_function",
    "memory_networks",
    "mixed_ksg",
    "noise_covariance",
    "orthogonal_stair_network",
    "partition_mutual_information",
    "pascal_gradient",
    "pascal_plateau",
    "pascal_stack",
    "peak_order",
    "peak_order_profiles",
    "pseudospectrum",
    "pulse_response",
    "random_descent",
    "recurrent_matrices",
    "running_products",
    "schur_decomposition",
    "schur_eigenvalues",
    "schur_matrix",
    "schur_parameters",
    "signal_norms",
    "spatial_memory",
    "spectral_radius",
    "spectrum",
    "stack_gradients",
    "stair_gradient_norms",
    "state_gradient_norms",
    "state_gradients",
    "states_after",
    "sum_over_paths",
    "sum_over_paths_bound",
    "total_memory",
    "transient_statistics",
    "weight_profile",
]
