"""Nonlinearities, and what the recurrence wants to know of them."""

from keras_nonnormal.activations.get import get
from keras_nonnormal.activations.modrelu import ModReLU
from keras_nonnormal.activations.slopes import slope_in_terms_of_output

__all__ = ["ModReLU", "get", "slope_in_terms_of_output"]
