"""Published grids, and small ones like them, as products.

Herranz-Celotti and Rouat (2023), figures 2 to 4 and table 1. Presets that are published
pre-train as was published; `--pretrain controller` does it better. Seeds are 0 to 3.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.core.parts import Row
from experiments.networks.deep import DEPTHS, NETWORKS
from experiments.networks.dense import ACTIVATIONS
from experiments.tasks.deep_rnn import TASKS
from experiments.tasks.ffn import IMAGES

Settings = Mapping[str, Any]
Named = Iterator[tuple[str, Settings]]

SEEDS = (0, 1, 2, 3)
IMAGE_RATES = (1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3, 3.16e-3, 1e-2)
PUBLISHED: Settings = {"pretrain": "published"}
FORWARD_STARTS: dict[str, Settings] = {
    "glorot": {"init": "glorot"},
    "he": {"init": "he"},
    "lsc": {**PUBLISHED, "init": "glorot", "target": "1"},
}
TARGETS: dict[str, Settings] = {
    "default": {"pretrain": "none"},
    "one": {**PUBLISHED, "target": "1"},
    "half": {**PUBLISHED, "target": "0.5"},
    "unbalanced": {**PUBLISHED, "target": "unbalanced"},
}
RECURRENT_NETWORKS = tuple(net for net in NETWORKS if net != "lru")


def figure_2() -> Named:
    """Names and options of all runs of figure 2 but for their seeds.

    `fig2/mnist-relu-he-0.001` is one of them; without a rate at its end, the preset of
    the published usual one.
    """
    for dataset, activation in itertools.product(IMAGES, ACTIVATIONS):
        for start, values in FORWARD_STARTS.items():
            name = f"fig2/{dataset}-{activation}-{start}"
            shared = {"dataset": dataset, "activation": activation, **values}
            yield name, shared
            for rate in IMAGE_RATES:
                yield f"{name}-{rate:g}", {**shared, "learning_rate": rate}


def figure_3() -> Named:
    """Names and options of all runs of figure 3: `fig3/wordptb-LSTM-5-half`.

    The figure itself shows no spiking networks with the target 1/2.
    """
    targets = ("default", "one", "half")
    for task, net, depth in itertools.product(TASKS, RECURRENT_NETWORKS, DEPTHS):
        shared = {"task": task, "net": net, "stack": str(depth)}
        shared |= {"dropout": 0.3, "repeat": 2, "layout": "published"}
        for target in targets:
            name = f"fig3/{task}-{net}-{depth}-{target}"
            yield name, {**shared, "time_limit": 6.0, **TARGETS[target]}


# Linear recurrent units on Penn Treebank. The decay of the rate is that of the
# published plotting code's grid.
LINEAR: Settings = {
    **{"task": "wordptb", "net": "lru", "repeat": 1, "layout": "published"},
    "optimizer": "heavy-ball",
}
FIGURE_4: Settings = {
    **LINEAR,
    **{"width": 128, "dropout": 0.0, "tied": False, "window": 100},
    **{"batch_size": 32, "learning_rate": 1e-2},
}
TABLE_1: Settings = {
    **LINEAR,
    **{"width": 256, "tied": True, "window": 300},
    **{"batch_size": 64, "learning_rate": 3e-2, "schedule": "cosine"},
    **{"corrupt": 0.05, "corrupt_epochs": 2},
}
TABLE_1_DROPOUT = {3: 0.2, 6: 0.1}


def linear_units() -> Named:
    """Names and options of figure 4 and of table 1: `table1/6-unbalanced-clip`."""
    clips: dict[str, Settings] = {"": {}, "-clip": {"clip_norm": 1.0}}
    for depth, target, clip in itertools.product((3, 6), TARGETS, clips):
        values = {"stack": str(depth), **TARGETS[target], **clips[clip]}
        dropout = {"dropout": TABLE_1_DROPOUT[depth]}
        yield f"fig4/{depth}-{target}{clip}", {**FIGURE_4, **values}
        yield f"table1/{depth}-{target}{clip}", {**TABLE_1, **dropout, **values}


# A minute, and whether a network learns that would not have learnt.
SHORT_IMAGES: Settings = {
    **{"dataset": "mnist", "train_size": 10_000, "validation_size": 2000},
    **{"test_size": 2000, "epochs": 5, "batch_size": 128, "pretrain_batch": 8},
    "learning_rate": 1e-3,
    "jit": False,  # which takes longer than these trainings
}
SHORT: dict[str, Settings] = {
    "sl_mnist": {
        **{"task": "sl_mnist", "width": 32, "repeat": 1, "dropout": 0.1},
        **{"train_size": 4000, "validation_size": 1000, "test_size": 1000},
        **{"batch_size": 50, "pretrain_batch": 32, "epochs": 4},
    },
    "wordptb": {
        **{"task": "wordptb", "width": 64, "repeat": 1, "dropout": 0.1, "window": 20},
        **{"train_size": 60_000, "validation_size": 10_000, "test_size": 10_000},
        **{"batch_size": 10, "pretrain_batch": 32, "epochs": 3, "learning_rate": 3e-3},
    },
    "heidelberg": {
        **{"task": "heidelberg", "width": 48, "repeat": 1, "dropout": 0.1},
        **{"train_size": 1000, "validation_size": 300, "test_size": 300},
        **{"batch_size": 50, "pretrain_batch": 32, "epochs": 3},
    },
}
STABLE: Settings = {"pretrain": "controller", "compare": True}


def short_images() -> Named:
    """Small settings of figure 2: `short/sin-lsc` against `short/sin-glorot`."""
    for activation, start in itertools.product(ACTIVATIONS, FORWARD_STARTS):
        values = {**SHORT_IMAGES, "activation": activation, **FORWARD_STARTS[start]}
        if start == "lsc":
            values["pretrain"] = "controller"
        yield f"short/{activation}-{start}", values


def short_sequences() -> Named:
    """Small settings of figure 3: `short/sl_mnist-LSTM-5`, with and without."""
    for task, net, depth in itertools.product(SHORT, NETWORKS, DEPTHS):
        values = {**SHORT[task], "net": net, "stack": str(depth), **STABLE}
        yield f"short/{task}-{net}-{depth}", values


def stability() -> Iterator[Row]:
    """The presets of `ffn.py` and `deep_rnn.py`, but for those of the table."""
    yield Row("ffn", "demo", {**SHORT_IMAGES, **STABLE, "activation": "sin"})
    for number, values in enumerate(SHORT.values()):
        deep = {"stack": "5"} if number == 0 else {}  # if no flag says of which task
        yield Row("deep_rnn", "demo", {**values, **STABLE, **deep})
    for name, values in itertools.chain(short_images(), figure_2()):
        yield Row("ffn", name, values)
    for name, values in itertools.chain(short_sequences(), figure_3(), linear_units()):
        yield Row("deep_rnn", name, values)
