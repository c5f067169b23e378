"""Parametrizations of recurrent matrices."""

from keras_nonnormal.parametrizations.free import Free
from keras_nonnormal.parametrizations.givens import Givens
from keras_nonnormal.parametrizations.matrix_functions import cayley, expm, skew
from keras_nonnormal.parametrizations.orthogonal import Orthogonal, geodesic_step
from keras_nonnormal.parametrizations.parametrization import Parametrization
from keras_nonnormal.parametrizations.scaled_cayley import ScaledCayley
from keras_nonnormal.parametrizations.schur import PullTowardsOne, Schur

__all__ = [
    "Free",
    "Givens",
    "Orthogonal",
    "Parametrization",
    "PullTowardsOne",
    "ScaledCayley",
    "Schur",
    "cayley",
    "expm",
    "geodesic_step",
    "skew",
]
