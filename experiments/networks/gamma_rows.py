"""What the gamma programs start from, their networks, and the grids they searched.

https://arxiv.org/abs/2006.12253, and the programs released with it and with the later
work. There is no table of hyper-parameters: these are the defaults of the programs.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from experiments.presets import Preset

# Gains and saturations to start from. Digits and text were searched half-way, too.
GAINS = (1.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0)
FINE_GAINS = (1.0, *(2.5 + 1.25 * step for step in range(15)))
SATURATIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
GRID_GAINS = {"copy": GAINS, "psmnist": FINE_GAINS, "text": FINE_GAINS}

# The same of every program.
SHARED: Preset = {
    "net_type": "RNN",
    "nonlin": "gamma2",
    "rinit": "henaff",
    "iinit": "kaiming",
    "optimizer": "Adam",
    "betas": (0.9, 0.999),
    "lr": 1e-4,
}
PROGRAMS: dict[str, Preset] = {
    "adding": SHARED,  # there is none
    # The published program for copying fits its cell no more.
    "copy": {
        **SHARED,
        **{"nhid": 128, "lr": 1e-3, "batch": 10, "updates": 100_000},
        **{"T": 200, "c_length": 10},
    },
    "psmnist": {
        **SHARED,
        **{"nhid": 400, "batch": 100, "epochs": 100, "save_freq": 25},
        **{"plateau_factor": 0.1, "plateau_patience": 10, "transformed": True},
        **{"split_seed": None, "one_split": False},
    },
    "text": {
        **SHARED,
        **{"nhid": 600, "emsize": 200, "batch": 128, "bptt": 150, "epochs": 100},
        "save_freq": 25,
    },
}

# The networks, by what they are called here, and the three ways to use a gamma.
NETWORKS: dict[str, Preset] = {
    "RNN": {"nonlin": "gamma2"},
    "RNN-gamma": {"nonlin": "gamma"},
    "ReLU": {"nonlin": "relu"},
    "ANRU": {"net_type": "ANRU"},
    "LSTM": {"net_type": "LSTM"},
    "GRU": {"net_type": "GRU"},
}
SETTINGS: dict[str, Preset] = {
    "static": {"nonlin": "gamma", "learn_params": False},
    "homogeneous": {"nonlin": "gamma"},
    "heterogeneous": {"nonlin": "gamma2"},
}
# Where learned shapes start from that end best.
BEST_STARTS: dict[str, Preset] = {
    "copy": {"gain": 12.5, "saturation": 0.0},
    "psmnist": {"gain": 10.0, "saturation": 0.0},
    "text": {"gain": 2.5, "saturation": 0.0},
}


def gamma_presets(program: str, **task: Any) -> dict[str, Preset]:
    """The presets of a program: `gamma/ANRU-400`, `gamma/static-400`.

    Args:
        program: Key of `PROGRAMS`.
        **task: Options that say what was published of its task.
    """
    usual = {**PROGRAMS[program], **task}
    rows = NETWORKS | {
        name: {**setting, **BEST_STARTS[program]} for name, setting in SETTINGS.items()
    }
    units = usual["nhid"]
    return {f"gamma/{name}-{units}": {**usual, **row} for name, row in rows.items()}


def gamma_grid(program: str, setting: str) -> Iterator[Preset]:
    """The starts that were searched, as changes to the presets of a program.

    Args:
        program: Key of `PROGRAMS`.
        setting: Key of `SETTINGS`.

    Yields:
        Options: those of the setting, `gain` and `saturation`.
    """
    for gain, saturation in itertools.product(GRID_GAINS[program], SATURATIONS):
        yield {**SETTINGS[setting], "gain": gain, "saturation": saturation}
