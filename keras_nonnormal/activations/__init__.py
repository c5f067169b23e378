"""Nonlinearities, and what the recurrence wants to know of them."""

from keras_nonnormal.activations.slopes import slope_in_terms_of_output

__all__ = ["slope_in_terms_of_output"]
