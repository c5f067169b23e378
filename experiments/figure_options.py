"""The flags of the figures, by command."""

import argparse
from collections.abc import Sequence

from experiments.figure_types import (
    count,
    not_negative,
    number,
    positive,
    shape,
    whole,
)
from experiments.memory_options import MEMORY_FLAGS, SEED, Flag

METRIC: Flag = (
    "--metric",
    {
        "help": "column of metrics.csv (default: the validation accuracy if there is "
        "one, else a loss)"
    },
)
START: Flag = (
    "--start",
    {
        "action": argparse.BooleanOptionalAction,
        "default": True,
        "help": "also the network at its start, made anew (default: yes)",
    },
)
CHECKPOINTS: Flag = (
    "--checkpoints",
    {
        "action": argparse.BooleanOptionalAction,
        "default": True,
        "help": "also the networks of checkpoints that were kept (default: yes)",
    },
)
SIZES = (0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0)


def _drives(of: str = "sizes of the drive", sizes=SIZES) -> Flag:
    shown = " ".join(f"{size:g}" for size in sizes)
    return (
        "--drives",
        {
            "nargs": "+",
            "type": positive,
            "default": sizes,
            "metavar": "XI",
            "help": f"{of} (default: {shown})",
        },
    )


NOISE: Flag = (
    "--noise",
    {
        "type": not_negative,
        "default": 0.1,
        "help": "standard deviation of the noise on inputs (default: 0.1)",
    },
)
REPEATS: Flag = (
    "--repeats",
    {"type": whole, "default": 5, "help": "runs of each (default: 5)"},
)
STEPS: Flag = (
    "--steps",
    {
        "type": int,
        "choices": (150, 300),
        "default": 150,
        "help": "length of a run; the drive is on from step 51 to 100, or from 102 to "
        "201 (default: 150)",
    },
)
ANSWERS = (_drives(), NOISE, REPEATS, STEPS, SEED)

FLAGS: dict[str, Sequence[Flag]] = {
    **MEMORY_FLAGS,
    "stair": [
        (
            "--steps",
            {
                "type": whole,
                "default": 784,
                "help": "length of the sequences (default: 784)",
            },
        )
    ],
    "exp-alpha": [
        (
            "--alphas",
            {
                "nargs": "+",
                "type": positive,
                "default": (0.25, 0.5, 1.0, 2.0),
                "metavar": "ALPHA",
                "help": "a curve for each (default: 0.25 0.5 1 2)",
            },
        )
    ],
    "gamma": [
        (
            "--shapes",
            {
                "nargs": "+",
                "type": shape,
                "metavar": "N,S",
                "help": "a curve for each (default: 1,0 5,0 20,0 1,1 5,0.5 5,1)",
            },
        )
    ],
    "lsc-1a": [SEED],
    "lsc-1c": [
        (
            "--rho",
            {
                "nargs": "+",
                "type": not_negative,
                "default": (0.3, 0.5, 0.7, 1.0, 1.2),
                "help": "a column for each (default: 0.3 0.5 0.7 1 1.2; published: "
                "0.5 1)",
            },
        ),
        SEED,
    ],
    "lsc-interactions": [
        (
            "--datasets",
            {
                "nargs": "+",
                "choices": ("mnist", "cifar10"),
                "default": ("mnist", "cifar10"),
                "help": "a panel for each (default: mnist cifar10)",
            },
        ),
        ("--seeds", {"type": whole, "default": 6, "help": "networks (default: 6)"}),
    ],
    "lsc-covariance": [
        (
            "--targets",
            {
                "nargs": "+",
                "choices": ("none", "half", "one"),
                "default": ("none", "half", "one"),
                "help": "radii that networks are given before (default: none half one)",
            },
        ),
        (
            "--units",
            {"type": whole, "default": 16, "help": "of every layer (default: 16)"},
        ),
        (
            "--samples",
            {"type": whole, "default": 128, "help": "digits (default: 128)"},
        ),
        SEED,
    ],
    "curves": [METRIC],
    "lsc-3-scores": [
        (
            "--published-axes",
            {"action": "store_true", "help": "the ends of the published axes"},
        )
    ],
    "grid": [METRIC],
    "shapes": [
        (
            "--metric",
            {
                "help": "column of metrics.csv whose last value gives the colours "
                "(default: a colour for each run, or as curves for more than 7)"
            },
        )
    ],
    "speed": [
        METRIC,
        (
            "--epoch",
            {
                "type": whole,
                "help": "row of the histogram (default: the last that every group has)",
            },
        ),
    ],
    "theta": [
        (
            "--limit",
            {
                "type": positive,
                "default": 0.1,
                "help": "entries of this size have the strongest colours "
                "(default: 0.1)",
            },
        )
    ],
    "spectrum": [
        (
            "--start",
            {
                "action": "store_true",
                "help": "also the eigenvalues at the start, of the network made anew",
            },
        )
    ],
    "gradients": [
        ("--batch", {"type": whole, "default": 10, "help": "sequences (default: 10)"})
    ],
    "lyapunov": [
        START,
        CHECKPOINTS,
        (
            "--steps",
            {
                "type": whole,
                "default": 1000,
                "help": "steps to average over (default: 1000)",
            },
        ),
        (
            "--burn-in",
            {
                "type": count,
                "default": 100,
                "help": "steps before those (default: 100; published is 0)",
            },
        ),
        (
            "--count",
            {
                "type": whole,
                "default": 100,
                "help": "exponents to find, from the largest on (default: 100, or all)",
            },
        ),
        (
            "--base",
            {
                "choices": ("2", "e", "10"),
                "default": "2",
                "help": "base of the logarithm (default: 2)",
            },
        ),
        (
            "--bias",
            {
                "action": "store_true",
                "help": "keep the bias of networks without gates; published is without",
            },
        ),
        (
            "--frozen",
            {
                "action": "store_true",
                "help": "ANRU: hold gains and saturations; the neurons' states alone",
            },
        ),
        SEED,
    ],
    "information": [
        START,
        CHECKPOINTS,
        ("--sequences", {"type": whole, "default": 4, "help": "(default: 4)"}),
        (
            "--neighbours",
            {
                "type": whole,
                "default": 5,
                "help": "of the mixed estimator, k (default: 5)",
            },
        ),
    ],
    "signals": ANSWERS,
    "linearisation": [
        *ANSWERS,
        (
            "--inputs",
            {
                "nargs": "+",
                "type": number,
                "default": (-0.5, 0.0, 0.5, 1.0),
                "metavar": "X",
                "help": "a line of unit slope for each (default: -0.5 0 0.5 1)",
            },
        ),
    ],
    "controller": ANSWERS,
    "gain-scaling": [
        (
            "--of",
            {
                "choices": ("noise", "drive"),
                "default": "noise",
                "help": "what is varied (default: noise)",
            },
        ),
        _drives("levels of noise or sizes of the drive"),
        NOISE,
        REPEATS,
        SEED,
    ],
    "order": [
        *ANSWERS,
        (
            "--baseline",
            {
                "type": number,
                "default": 0.8,
                "help": "what the drive is taken to come on top of (default: 0.8)",
            },
        ),
    ],
    "driven-lyapunov": [
        _drives(sizes=(0.5, 1.0, 5.0, 10.0)),
        NOISE,
        (
            "--exponent-steps",
            {
                "type": whole,
                "default": 500,
                "help": "steps to average an exponent over (default: 500)",
            },
        ),
        SEED,
    ],
}
