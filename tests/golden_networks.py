"""The networks of the golden files as Keras layers, and their weights by name."""

import re

import numpy as np

from keras_nonnormal.layers import NNRNN, ExpRNN, FusedLSTM, FusedSimpleRNN

# Names of our variables, and those of the golden arrays.
SIMPLE = {"kernel": "kernel", "offset": "modrelu_bias"}
NAMES = {
    "rnn": {**SIMPLE, "bias": "bias", "recurrent_kernel": "recurrent_kernel"},
    "exprnn": {**SIMPLE, "skew": "X"},
    "nnrnn": {**SIMPLE, "skew": "X", "upper": "T", "theta": "theta", "gamma": "gamma"},
    "lstm": {n: n for n in ("kernel", "recurrent_kernel", "bias")},
}


def golden_layer(network, g, **arguments):
    """The recurrent layer that an archive was made with."""
    kernel = next(key for key in g if re.fullmatch(r"(init_)?kernel(_i)?", key))
    units = g[kernel].shape[1]
    if network == "rnn":
        return FusedSimpleRNN(units, activation="modrelu", **arguments)
    if network == "exprnn":
        return ExpRNN(units, **arguments)
    if network == "nnrnn":
        return NNRNN(units, gamma_penalty=float(g["alam"]), **arguments)
    return FusedLSTM(units, unit_forget_bias=False, **arguments)


def golden_weights(network, g, prefix=""):
    """Golden arrays by the names of our variables."""
    if network == "lstm":  # gates apart there, side by side in Keras's order here
        return {
            n: np.concatenate([g[f"{prefix}{n}_{gate}"] for gate in "ifgo"], axis=-1)
            for n in NAMES[network]
        }
    return {n: g[prefix + p] for n, p in NAMES[network].items()}


def assign(layer, weights):
    """Gives the variables of a built layer their golden values."""
    assert {w.name for w in layer.trainable_variables} == set(weights)
    for variable in layer.trainable_variables:
        variable.assign(weights[variable.name])
