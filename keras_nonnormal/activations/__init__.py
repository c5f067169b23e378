"""Nonlinearities, and what the recurrence wants to know of them."""

from keras_nonnormal.activations.get import get
from keras_nonnormal.activations.modrelu import ModReLU
from keras_nonnormal.activations.schedules import stair_heights
from keras_nonnormal.activations.slopes import slope_in_terms_of_output
from keras_nonnormal.activations.stair import Stair, exp_alpha

__all__ = [
    "ModReLU",
    "Stair",
    "exp_alpha",
    "get",
    "slope_in_terms_of_output",
    "stair_heights",
]
