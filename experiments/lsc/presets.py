"""Published settings and grids as data, and small ones.

A preset overrides the defaults of the options; flags override the preset. Those that
are published pre-train as was published; `--pretrain controller` does it better.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from experiments.lsc.tables import (
    DEPTHS,
    DROPOUT,
    HOURS,
    IMAGE_ACTIVATIONS,
    IMAGE_RATES,
    IMAGES,
    NETWORKS,
    REPEAT,
    SPIKING,
    TASKS,
)
from experiments.presets import Preset

PUBLISHED: Preset = {"pretrain": "published"}
FORWARD_STARTS: dict[str, Preset] = {
    "glorot": {"init": "glorot"},
    "he": {"init": "he"},
    "lsc": {**PUBLISHED, "init": "glorot", "target": "1"},
}
TARGETS: dict[str, Preset] = {
    "default": {"pretrain": "none"},
    "one": {**PUBLISHED, "target": "1"},
    "half": {**PUBLISHED, "target": "0.5"},
    "unbalanced": {**PUBLISHED, "target": "unbalanced"},
}
RECURRENT_NETWORKS = tuple(net for net in NETWORKS if net != "lru")


def figure_2() -> Iterator[tuple[str, Preset]]:
    """Names and options of all runs of figure 2 but for their seeds, 0 to 3.

    `fig2/mnist-relu-he-0.001` is one of them; without a rate at its end, the preset of
    the published usual one.
    """
    for dataset, activation in itertools.product(IMAGES, IMAGE_ACTIVATIONS):
        for start, values in FORWARD_STARTS.items():
            name = f"fig2/{dataset}-{activation}-{start}"
            shared = {"dataset": dataset, "activation": activation, **values}
            yield name, shared
            for lr in IMAGE_RATES:
                yield f"{name}-{lr:g}", {**shared, "lr": lr}


def figure_3() -> Iterator[tuple[str, Preset]]:
    """Names and options of all runs of figure 3 but for their seeds, 0 to 3.

    `fig3/wordptb-LSTM-5-half`. Spiking networks were not run with the target 1/2.
    """
    for task, net, depth in itertools.product(TASKS, RECURRENT_NETWORKS, DEPTHS):
        for target in ("default", "one", "half"):
            if net in SPIKING and target == "half":
                continue
            yield (
                f"fig3/{task}-{net}-{depth}-{target}",
                recurrent(task, net, depth, **TARGETS[target]),
            )


def recurrent(task: str, net: str, depth: int, **changes: Any) -> Preset:
    """The published setting of a deep network; its tables settle the rest."""
    shared: Preset = {"task": task, "net": net, "stack": str(depth)}
    shared |= {"dropout": DROPOUT, "repeat": REPEAT, "layout": "published"}
    return {**shared, "time_limit": HOURS, **changes}


# Linear recurrent units on Penn Treebank. The decay of the rate is that of the
# published plotting code's grid.
FIGURE_4: Preset = {
    **{"task": "wordptb", "net": "lru", "width": 128, "dropout": 0.0, "tied": False},
    **{"window": 100, "repeat": 1, "batch": 32, "lr": 1e-2, "layout": "published"},
    "optimizer": "heavy-ball",
}
TABLE_1: Preset = {
    **{"task": "wordptb", "net": "lru", "width": 256, "tied": True, "window": 300},
    **{"repeat": 1, "batch": 64, "lr": 3e-2, "schedule": "cosine"},
    **{"corrupt": 0.05, "corrupt_epochs": 2, "layout": "published"},
    "optimizer": "heavy-ball",
}
TABLE_1_DROPOUT = {3: 0.2, 6: 0.1}


def linear_units() -> Iterator[tuple[str, Preset]]:
    """Names and options of figure 4 and of table 1: `table1/6-unbalanced-clip`."""
    for depth, target in itertools.product((3, 6), TARGETS):
        for ending, clip in (("", {}), ("-clip", {"clip_norm": 1.0})):
            name = f"{depth}-{target}{ending}"
            values = {"stack": str(depth), **TARGETS[target], **clip}
            dropout = {"dropout": TABLE_1_DROPOUT[depth]}
            yield f"fig4/{name}", {**FIGURE_4, **values}
            yield f"table1/{name}", {**TABLE_1, **dropout, **values}


# A minute, and whether a network learns that would not have learnt.
SHORT_FORWARD: Preset = {
    **{"dataset": "mnist", "train_size": 10_000, "validation_size": 2000},
    **{"test_size": 2000, "epochs": 5, "batch": 128, "pretrain_batch": 8, "lr": 1e-3},
    "jit": False,  # which takes longer than these trainings
}
SHORT_RECURRENT: dict[str, Preset] = {
    "sl_mnist": {
        **{"task": "sl_mnist", "width": 32, "repeat": 1, "dropout": 0.1},
        **{"train_size": 4000, "validation_size": 1000, "test_size": 1000},
        **{"batch": 50, "pretrain_batch": 32, "epochs": 4},
    },
    "wordptb": {
        **{"task": "wordptb", "width": 64, "repeat": 1, "dropout": 0.1, "window": 20},
        **{"train_size": 60_000, "validation_size": 10_000, "test_size": 10_000},
        **{"batch": 10, "pretrain_batch": 32, "epochs": 3, "lr": 3e-3},
    },
    "heidelberg": {
        **{"task": "heidelberg", "width": 48, "repeat": 1, "dropout": 0.1},
        **{"train_size": 1000, "validation_size": 300, "test_size": 300},
        **{"batch": 50, "pretrain_batch": 32, "epochs": 3},
    },
}
STABLE: Preset = {"pretrain": "controller", "compare": True}


def short_forward() -> Iterator[tuple[str, Preset]]:
    """Small settings of figure 2: `short/sin-lsc` against `short/sin-glorot`."""
    for activation, (start, values) in itertools.product(
        IMAGE_ACTIVATIONS, FORWARD_STARTS.items()
    ):
        method = {"pretrain": "controller"} if start == "lsc" else {}
        yield (
            f"short/{activation}-{start}",
            {
                **SHORT_FORWARD,
                "activation": activation,
                **values,
                **method,
            },
        )


def short_recurrent() -> Iterator[tuple[str, Preset]]:
    """Small settings of figure 3: `short/sl_mnist-LSTM-5`, with and without."""
    for (task, values), net, depth in itertools.product(
        SHORT_RECURRENT.items(), NETWORKS, DEPTHS
    ):
        name = f"short/{task}-{net}-{depth}"
        yield name, {**values, "net": net, "stack": str(depth), **STABLE}


FORWARD_DEMO: Preset = {**SHORT_FORWARD, **STABLE, "activation": "sin"}
FORWARD_DEMOS: dict[str, dict[str, Preset]] = {}
RECURRENT_DEMOS = {
    "task": {task: {**values, **STABLE} for task, values in SHORT_RECURRENT.items()}
}
RECURRENT_DEMO: Preset = {**RECURRENT_DEMOS["task"]["sl_mnist"], "stack": "5"}

FORWARD: dict[str, Preset] = {
    "demo": FORWARD_DEMO,
    "script": {},
    **dict(short_forward()),
    **dict(figure_2()),
}
FORWARD_NAMES = """presets (demo if nothing else is said):
  demo, script: a small run with and without pre-training; the published setting
  short/{cos,relu,sin}-{glorot,he,lsc}
  fig2/{mnist,cifar10,cifar100}-{cos,relu,sin}-{glorot,he,lsc}, and with a learning
    rate: fig2/mnist-cos-he-0.001, of {1e-05,3.16e-05,0.0001,...,0.01}"""

RECURRENT: dict[str, Preset] = {
    "demo": RECURRENT_DEMO,
    "script": {},
    **dict(short_recurrent()),
    **dict(figure_3()),
    **dict(linear_units()),
}
RECURRENT_NAMES = """presets (demo if nothing else is said):
  demo, script: a small run with and without pre-training; the published setting
  short/{sl_mnist,wordptb,heidelberg}-{LSTM,GRU,...,maLSNNb,lru}-{2,5}
  fig3/{wordptb,heidelberg,sl_mnist}-{LSTM,GRU,...,maLSNNb}-{2,5}-{default,one,half}
  fig4/{3,6}-{default,one,half,unbalanced}, and -clip at the end
  table1/{3,6}-{default,one,half,unbalanced}, and -clip at the end"""

FORWARD_QUICK: Preset = {
    **{"epochs": 1, "train_size": 1000, "validation_size": 300, "test_size": 300},
    **{"pretrain_steps": 20, "pretrain_batch": 8},
}
RECURRENT_QUICK: Preset = {
    **{"epochs": 1, "train_size": 2000, "validation_size": 1000, "test_size": 1000},
    **{"pretrain_steps": 20, "pretrain_batch": 8, "batch": 16, "width": 24},
}
