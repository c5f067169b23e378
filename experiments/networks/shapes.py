"""Nonlinearities whose shape is learned or controlled: gamma, and the network ANRU.

https://arxiv.org/abs/2006.12253, and the programs released with it and with the later
work on single-neuron adaptation, here the gamma programs. Nothing heavy is imported:
the function is in `keras_nonnormal.activations`.
"""

from collections.abc import Mapping
from typing import Any

# One shape for all units of a layer, and one for each.
GAMMAS = ("gamma", "gamma2")
NONLINEARITIES = ("none", "modrelu", "tanh", "relu", "sigmoid", *GAMMAS)
SPELLINGS = {"ReLU": "relu", "modReLU": "modrelu", "Tanh": "tanh"}

# Networks that none but the gamma programs have. The last release of these gives one
# of them two names.
NETWORKS = ("ANRU", "GRU")
NETWORK_SPELLINGS = {"ARUN": "ANRU"}
# Networks that have no room for a stair, and why.
NO_STAIR = {
    "ANRU": "has a controller that shapes its non-linearity at every step",
    "GRU": "is a network without stairs",
}

# Flags that none but the gamma programs have, and the networks these share with others.
OWN = {"gain", "saturation", "random", "learn_params", "transform_ratio"}
SHARED_NETWORKS = (None, "RNN", "LSTM")


def of_gamma_programs(given: Mapping[str, Any]) -> bool:
    """Whether flags mean one of the gamma programs, whose defaults then hold.

    Args:
        given: The options that were given as flags.
    """
    network, nonlinearity = given.get("net_type"), given.get("nonlin")
    own = not OWN.isdisjoint(given) and nonlinearity in (None, "relu")
    return (
        network in NETWORKS
        or nonlinearity in GAMMAS
        or (own and network in SHARED_NETWORKS)
    )
