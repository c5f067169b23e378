"""Nonlinearities, and their derivatives as the recurrence uses them."""

from keras_nonnormal.activations.gamma_family import (
    FINE_GAINS,
    GAINS,
    SATURATIONS,
    gamma,
    gamma_slope,
    gamma_slopes,
    gamma_sup_slope,
    gamma_values,
)
from keras_nonnormal.activations.gamma_layer import Gamma
from keras_nonnormal.activations.get import get
from keras_nonnormal.activations.modrelu import ModReLU
from keras_nonnormal.activations.schedules import stair_heights
from keras_nonnormal.activations.slopes import slope_in_terms_of_output
from keras_nonnormal.activations.stair import Stair, exp_alpha
from keras_nonnormal.activations.surrogate import spike, surrogate_slope
from keras_nonnormal.activations.waves import cos, sin

__all__ = [
    "FINE_GAINS",
    "GAINS",
    "SATURATIONS",
    "Gamma",
    "ModReLU",
    "Stair",
    "cos",
    "exp_alpha",
    "gamma",
    "gamma_slope",
    "gamma_slopes",
    "gamma_sup_slope",
    "gamma_values",
    "get",
    "sin",
    "slope_in_terms_of_output",
    "spike",
    "stair_heights",
    "surrogate_slope",
]
