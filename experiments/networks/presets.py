"""Presets of the experiments on networks: every published row, and small ones."""

from collections.abc import Iterable
from typing import Any

from experiments.networks.gamma_rows import SHARED, gamma_presets
from experiments.networks.rows import DOCUMENTED, EURNN_CAPACITIES, SUPPLEMENT, Row
from experiments.networks.stair_rows import EXAMPLES, RELEASE_1, RELEASE_2
from experiments.presets import Preset

TASKS: dict[str, Preset] = {
    # All published sizes are those of one-hot inputs.
    "copy": {"T": 200, "c_length": 10, "onehot": True, "batch": 10, "updates": 1500},
    "psmnist": {"permute": True, "batch": 100, "epochs": 100},
    "bptt150": {"bptt": 150, "emsize": 200, "batch": 128, "epochs": 100},
    "bptt300": {"bptt": 300, "emsize": 200, "batch": 128, "epochs": 100},
}


def preset(row: Row, **task: Any) -> Preset:
    """The options of a row of a table, in a task."""
    values = {
        "net_type": row.network,
        "nhid": row.units,
        "optimizer": "Adam" if row.alpha is None else "RMSprop",
        "betas": (0.0, 0.9) if row.alpha is None else None,
        "lr": row.lr,
        "lr_orth": row.lr_orth,
        "alpha": row.alpha,
        "alam": row.delta,
        "Tdecay": row.decay,
        "rinit": row.rinit,
        "clip": row.clip,
        "stair": row.stair,
    }
    if row.network == "EURNN":
        values["capacity"] = EURNN_CAPACITIES.get(row.units)
    filled = {name: value for name, value in values.items() if value is not None}
    return {**filled, **task}


def published(*tables: str) -> dict[str, Preset]:
    """The presets of some tables: `doc/nnRNN-128`, `paper/expRNN-722`.

    Args:
        *tables: Keys of `TASKS`. A table by chunk length ends the names:
            `doc/nnRNN-1024-bptt150`.
    """
    presets = {}
    for source, rows in (("doc", DOCUMENTED), ("paper", SUPPLEMENT)):
        for table in tables:
            ending = f"-{table}" if table.startswith("bptt") else ""
            for row in rows[table]:
                name = f"{source}/{row.network}-{row.units}{ending}"
                presets[name] = preset(row, **TASKS[table])
    return presets


def with_stairs(*tables: str) -> dict[str, Preset]:
    """The presets of Stair networks: `stair2/sRNN-128`, `stair-example/sRNN-512`.

    In those whose schedule is left open, `stair` is None.

    Args:
        *tables: As for `published`.
    """
    sources = {"stair1": RELEASE_1, "stair2": RELEASE_2, "stair-example": EXAMPLES}
    presets = {}
    for source, rows in sources.items():
        for table in tables:
            ending = f"-{table}" if table.startswith("bptt") else ""
            for model, row in rows.get(table, {}).items():
                values = preset(row, **TASKS[table])
                if model.startswith("sRNN"):
                    values.setdefault("stair", None)
                presets[f"{source}/{model}-{row.units}{ending}"] = values
    return presets


def small(table: str, **task: Any) -> dict[str, Preset]:
    """A preset for each network with its published rates, by network.

    Args:
        table: Key of `TASKS`.
        **task: Options that say how small.
    """
    return {row.network: {**preset(row), **task} for row in _one_per_network(table)}


def _one_per_network(table: str) -> Iterable[Row]:
    return {row.network: row for row in reversed(SUPPLEMENT[table])}.values()


def _named(prefix: str, presets: dict[str, Preset]) -> dict[str, Preset]:
    return {f"{prefix}/{network}": each for network, each in presets.items()}


def _released_start(presets: dict[str, Preset]) -> dict[str, Preset]:
    """The same with the start that every RNN-orth of the released program had."""
    return {**presets, "RNN-orth": {**presets["RNN-orth"], "rinit": "exp_uniform"}}


# Seconds per run; the levels reached by the published programs are in results.py.
SHORT = _released_start(
    small("copy", nhid=64, T=20, c_length=10, onehot=True, batch=10, updates=400)
)
SHORT["EURNN"]["capacity"] = 4
SHORT_SEEDS = (400, 401, 402)
# The published size, as long as it takes to see who learns.
FULL = _released_start(small("copy", **{**TASKS["copy"], "nhid": 128, "updates": 600}))
FULL["EURNN"]["capacity"] = 4

# A few units of ANRU take as long as many of the others.
_ANRU: Preset = {"net_type": "ANRU", "nhid": 64, "controller": 5}
_ANRU_DIGITS: Preset = {"nhid": 32, "lr": 2e-3, "batch": 50, "epochs": 2}


def gamma_demos(**task: Any) -> dict[str, Preset]:
    """A small preset for each network of the gamma programs.

    Args:
        **task: Options that say how small.
    """
    usual = {**SHARED, **task}
    return {"gamma": usual, "ANRU": usual | _ANRU, "GRU": {**usual, "net_type": "GRU"}}


_SMALL_COPY: Preset = {"nhid": 64, "T": 20, "c_length": 10, "onehot": True}
_SMALL_ADDING: Preset = {"nhid": 64, "c_length": 40, "batch": 20, "updates": 3000}
_SMALL_DIGITS: Preset = {
    **{"nhid": 64, "capacity": 4, "permute": True, "batch": 20, "epochs": 3},
    **{"train_size": 10_000, "validation_size": 1000, "test_size": 1000},
}
_SMALL_TEXT: Preset = {
    **{"nhid": 128, "emsize": 64, "capacity": 4, "bptt": 50, "batch": 64, "epochs": 8},
    **{"train_size": 500_000, "validation_size": 50_000, "test_size": 50_000},
}
COPY_DEMO = SHORT | gamma_demos(**_SMALL_COPY, batch=10, updates=400, lr=1e-3)
ADDING_DEMO = small("copy", **_SMALL_ADDING, lr=1e-3) | gamma_demos(
    **_SMALL_ADDING, lr=1e-3
)
PSMNIST_DEMO = small("psmnist", **_SMALL_DIGITS, lr=2e-4) | gamma_demos(
    **_SMALL_DIGITS, lr=1e-3, transformed=True
)
PSMNIST_DEMO["ANRU"] |= _ANRU_DIGITS
PTB_DEMO = small("bptt150", **_SMALL_TEXT) | gamma_demos(**_SMALL_TEXT, lr=1e-3)

COPY = {
    **_named("short", SHORT),
    **_named("full", FULL),
    **published("copy"),
    **with_stairs("copy"),
    **gamma_presets("copy", onehot=True),
}
PSMNIST = (
    published("psmnist")
    | with_stairs("psmnist")
    | gamma_presets("psmnist", permute=True)
)
PTB = (
    published("bptt150", "bptt300")
    | with_stairs("bptt150", "bptt300")
    | gamma_presets("text")
)

COPY_QUICK: Preset = {"updates": 100}
ADDING_QUICK: Preset = {"updates": 200}
PSMNIST_QUICK: Preset = {
    **{"nhid": 32, "capacity": 4, "epochs": 1, "batch": 50},
    **{"train_size": 1000, "validation_size": 500, "test_size": 500},
}
PTB_QUICK: Preset = {
    **{"nhid": 64, "emsize": 32, "capacity": 4, "epochs": 1, "batch": 32, "bptt": 50},
    **{"train_size": 50_000, "validation_size": 10_000, "test_size": 10_000},
}
