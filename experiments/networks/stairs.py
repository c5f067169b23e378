"""The stairs of networks: their names, and the cells that brought one along.

"Stair Recurrent Neural Networks" (2021), and the programs released with it. Nothing
heavy is imported: the schedules themselves are in `keras_nonnormal.activations`.
"""

from collections.abc import Mapping
from typing import Any

FIXED = ("expn", "n2", "n", "log2n", "logn", "sqrtlogn")
LEARNED = ("alpha", "expalpha")
STAIRS = ("none", *FIXED, *LEARNED)
SPELLINGS = {"1n": "n", "1n2": "n2", "n^2": "n2", "exp-alpha": "expalpha"}

# How the published programs call the networks. Their cells "2" are those of exp-alpha.
NETWORK_SPELLINGS = {"RNN1": "RNN", "RNN-Orth": "RNN-orth"}
EXP_ALPHA_CELLS = {"RNN2": "RNN", "expRNN2": "expRNN", "nnRNN2": "nnRNN"}
# Networks that have no room for exp-alpha, and why.
NO_EXP_ALPHA = {
    "LSTM": "has gates, exp-alpha is for one non-linearity",
    "EURNN": "has a non-linearity of complex units, exp-alpha is for real ones",
}


def with_stair_of_cell(given: Mapping[str, Any]) -> dict[str, Any]:
    """Flags in which `--net-type RNN2` is RNN, with exp-alpha if no stair is given."""
    network = given.get("net_type")
    if network not in EXP_ALPHA_CELLS:
        return dict(given)
    return {"stair": "expalpha", **given, "net_type": EXP_ALPHA_CELLS[network]}
