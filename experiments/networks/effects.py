"""What options act on, and which flags therefore have no effect."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.networks.stairs import LEARNED
from experiments.options import flag

SKEW_STARTS = (
    *("henaff", "cayley", "random", "haar", "haar_diag", "normal_diag"),
    *("normal_squeeze_diag", "exp_uniform"),
)
DENSE_STARTS = ("xavier", "kaiming", "normal")  # of independent entries
ORTHOGONAL = ("expRNN", "nnRNN")
WITH_NONLINEARITY = ("RNN", "RNN-orth", *ORTHOGONAL)
# Networks that an option acts on, and what the others lack.
ACTS_ON = {
    "lr_orth": (ORTHOGONAL, "orthogonal parameters"),
    "orthogonal_map": (ORTHOGONAL, "orthogonal parameters"),
    "trivialization": (ORTHOGONAL, "orthogonal parameters"),
    "rebase_every": (ORTHOGONAL, "orthogonal parameters"),
    "project_every": (ORTHOGONAL, "orthogonal parameters"),
    "rinit": ((*WITH_NONLINEARITY, "ANRU"), "recurrent start to choose"),
    "iinit": ((*WITH_NONLINEARITY, "ANRU"), "input start to choose"),
    "nonlin": (WITH_NONLINEARITY, "non-linearity to choose"),
    "alam": (("nnRNN",), "gamma"),
    "gamma_zero_gradient": (("nnRNN",), "gamma"),
    "Tdecay": (("nnRNN",), "triangle T"),
    "t_mask": (("nnRNN",), "triangle T"),
    "controller": (("ANRU",), "controller"),
    "capacity": (("EURNN",), "rotations"),
    "fft": (("EURNN",), "rotations"),
    "complex": (("EURNN",), "complex state"),
}


def flags_without_effect(options: Any, given: Mapping[str, Any]) -> Iterator[str]:
    """A line for every flag that changes nothing.

    Args:
        options: The `NetworkOptions`.
        given: The options that were given as flags.
    """
    for name, (networks, lacking) in ACTS_ON.items():
        if name in given and options.net_type not in networks:
            what = f"{options.net_type} has no {lacking}"
            yield f"{flag(name)} has no effect: {what}"
    if "capacity" in given and options.fft and options.net_type == "EURNN":
        yield "--capacity has no effect with --fft"
    other = {"RMSprop": "betas", "Adam": "alpha"}[options.optimizer]
    if other in given:
        yield f"{flag(other)} has no effect: the optimizer is {options.optimizer}"
    if "nhid" in given and options.budget is not None:
        yield f"--nhid has no effect: --budget chose {options.nhid}"
    if given.get("max_steps") is not None and options.stair not in LEARNED:
        yield f"--max-steps has no effect: the stair {options.stair} is not learned"
    if "slen" in given:
        yield "--slen has no effect: the task says how long its sequences are"
