"""The flags of figures of memory, by command."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.figure_types import count, whole

Flag = tuple[str, Mapping[str, Any]]

SEED: Flag = ("--seed", {"type": count, "default": 1, "help": "(default: 1)"})
UNITS: Flag = ("--units", {"type": whole, "default": 100, "help": "(default: 100)"})
REACH: Flag = (
    "--reach",
    {"type": whole, "default": 50, "help": "offsets to show (default: 50)"},
)

MEMORY_FLAGS: dict[str, Sequence[Flag]] = {
    "starts-1": [
        UNITS,
        (
            "--steps",
            {"type": whole, "default": 150, "help": "time steps (default: 150)"},
        ),
        SEED,
    ],
    "starts-2": [
        UNITS,
        (
            "--trials",
            {
                "type": whole,
                "default": 4000,
                "help": "sequences, half of them to fit (default: 4000)",
            },
        ),
        SEED,
    ],
    "starts-5": [
        ("--all", {"action": "store_true", "help": "also runs that did not succeed"}),
        REACH,
    ],
    "starts-6": [
        (
            "--layer",
            {"type": whole, "help": "which one, from the input on (default: middle)"},
        ),
        REACH,
    ],
    "pseudospectrum": [
        (
            "--points",
            {"type": whole, "default": 61, "help": "grid, each way (default: 61)"},
        )
    ],
}
