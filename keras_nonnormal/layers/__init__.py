"""Recurrent layers on the compiled recurrence."""

from keras_nonnormal.layers.simple_rnn import FusedSimpleRNN

__all__ = ["FusedSimpleRNN"]
