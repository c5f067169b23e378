"""How tests start the scripts."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def clean_environment():
    """The environment without what the tests add: the path, and how XLA compiles."""
    added = {"PYTHONPATH", "XLA_FLAGS"}
    return {name: value for name, value in os.environ.items() if name not in added}


def tiny(*more):
    """Flags of a copy task that trains in a second."""
    flags = {
        "T": 21,
        "hidden_units": 12,
        "train_size": 320,
        "validation_size": 64,
        "test_size": 64,
        "batch_size": 16,
        "epochs": 2,
        "lr": 1e-3,
    }
    return [*(f"--{name}={value}" for name, value in flags.items()), *map(str, more)]
