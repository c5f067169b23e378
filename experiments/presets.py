"""Published settings and grids of Orhan and Pitkow (2020), as data.

A preset overrides the defaults of the options, which are those of the published
scripts; flags override the preset.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Preset = dict[str, Any]


@dataclass(frozen=True)
class Gain:
    """The free gain of a start: its default, its range, the values searched."""

    default: float
    high: float
    grid: tuple[float, ...]
    meaning: str


NORMAL_GRID = (0.01, 0.96, 0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05)

# Upper limits are where nothing can be trained any more: the state of a chain of 100
# units at gain 2 grows by 2^99; the spectral radius of fbchain passes 1 at 0.2528.
GAINS = {
    "chain": Gain(
        1.02, 2.0, (0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05), "weight along the chain"
    ),
    "fbchain": Gain(
        0.04, 0.25, (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07), "feedback weight"
    ),
    "orthogonal": Gain(1.0, 2.0, NORMAL_GRID, "scale of the matrix"),
    "identity": Gain(1.0, 2.0, NORMAL_GRID, "scale of the matrix"),
}

LEARNING_RATES = (8e-4, 5e-4, 3e-4, 1e-4, 8e-5, 5e-5, 3e-5, 1e-5, 8e-6, 5e-6, 3e-6)
SEEDS = (1, 2, 3, 4, 5, 6)


def grid(init: str) -> Iterator[Preset]:
    """The settings searched for one start, in every task: 462 or 594 of them.

    Args:
        init: A key of `GAINS`.

    Yields:
        Options: `init`, `init_scale`, `lr` and `seed`.
    """
    for scale, lr, seed in itertools.product(GAINS[init].grid, LEARNING_RATES, SEEDS):
        yield {"init": init, "init_scale": scale, "lr": lr, "seed": seed}


# The published protocol: sequences as the published program drew them from the run's
# seed, validation on the test set.
PUBLISHED: Preset = {"validation_size": 0, "legacy_data": True}

COPY: dict[str, Preset] = {
    "demo": {
        "T": 50,
        "hidden_units": 60,
        "train_size": 6400,
        "validation_size": 512,
        "test_size": 512,
        "batch_size": 32,
        "lr": 5e-4,
        "epochs": 15,
        "compare": "orthogonal",
    },
    "paper": {**PUBLISHED, "lr": 5e-5, "seed": 3},  # the example the authors documented
    "script": {},
}
QUICK: Preset = {
    "epochs": 6,
    "train_size": 6400,
    "validation_size": 512,
    "test_size": 512,
}

COPY_OUTCOME = {
    "setting": "T = 500, 100 units, 100 epochs, validation loss below half",
    "chain": "46 of 462 runs",
    "fbchain": "11 of 462 runs",
    "orthogonal": "0 of 594 runs",
    "identity": "0 of 594 runs",
}

ADDITION: dict[str, Preset] = {
    "demo": {
        "T": 50,
        "hidden_units": 60,
        "train_size": 6400,
        "validation_size": 512,
        "test_size": 512,
        "batch_size": 32,
        "lr": 5e-4,
        "epochs": 10,
        "compare": "orthogonal",
    },
    "paper": PUBLISHED,
    "script": {},
}
ADDITION_OUTCOME = {
    "setting": "T = 750, 100 units, best setting",
    "chain and fbchain": "lower validation loss than orthogonal and identity",
}

PSMNIST: dict[str, Preset] = {
    "demo": {"hidden_units": 25, "lr": 5e-4, "epochs": 3, "compare": "orthogonal"},
    "paper": {"hidden_units": 25, "validation_size": 0, "permutation_seed": None},
    "script": {},
}
PSMNIST_QUICK: Preset = {
    "epochs": 1,
    "train_size": 3200,
    "validation_size": 500,
    "test_size": 500,
}
PSMNIST_OUTCOME = {
    "setting": "25 units, best setting",
    "chain and fbchain": "lower validation loss than orthogonal and identity",
}
