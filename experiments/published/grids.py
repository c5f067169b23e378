"""Published grids, and small ones like them, as products: names and options.

Presets of Herranz-Celotti and Rouat (2023), figures 2 to 4 and table 1, pre-train as
was published; `--pretrain controller` does it better. What all runs of one share is a
row of `lsc.csv`.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.core.parts import Row, table
from experiments.networks.deep import DEPTHS, NETWORKS
from experiments.networks.dense import ACTIVATIONS
from experiments.networks.start import GAINS as STARTS
from experiments.tasks.deep_rnn import TASKS
from experiments.tasks.ffn import IMAGES

Settings = Mapping[str, Any]
Named = Iterator[tuple[str, Settings]]

# Orhan and Pitkow (2020): of starts, and of language models.
RATES = (8e-4, 5e-4, 3e-4, 1e-4, 8e-5, 5e-5, 3e-5, 1e-5, 8e-6, 5e-6, 3e-6)
SEEDS, LANGUAGE_SEEDS = (1, 2, 3, 4, 5, 6), (1, 2, 3)
# Geadah et al. (2020): gains and saturations; digits and text half-way, too.
GAINS = (1.0, 2.5, 5.0, 7.5, 10.0, 12.5, 15.0, 17.5, 20.0)
FINE_GAINS = (1.0, *(2.5 + 1.25 * step for step in range(15)))
SATURATIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHAPES: dict[str, Settings] = {
    "static": {"nonlin": "gamma", "learn_params": False},
    "homogeneous": {"nonlin": "gamma"},
    "heterogeneous": {"nonlin": "gamma2"},
}
# Herranz-Celotti and Rouat (2023).
STABILITY_SEEDS = (0, 1, 2, 3)
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
STABLE: Settings = {"pretrain": "controller", "compare": True}
# Tasks of a minute, that show whether a network learns that would not have learnt.
SHORT = ("sl_mnist", "wordptb", "heidelberg")  # the first if no flag says which
RECURRENT_NETWORKS = tuple(net for net in NETWORKS if net != "lru")


def starts(init: str) -> Iterator[Settings]:
    """The settings searched for a start, in every task: 462 or 594."""
    for scale, rate, seed in itertools.product(STARTS[init].grid, RATES, SEEDS):
        yield {"init": init, "init_scale": scale, "learning_rate": rate, "seed": seed}


def language(init: str, chain_gain: float | None = None) -> Iterator[Settings]:
    """The settings searched for a start of a vanilla language model: 63.

    Args:
        init: `"identity"`, `"orthogonal"`, `"chain"` or `"fbchain"`.
        chain_gain: For `"fbchain"`, the best gain that was found for `"chain"`.
    """
    for number, seed in itertools.product(range(21), LANGUAGE_SEEDS):
        gains: Settings = {"gain": (5 * number + 5) / 100}
        if init == "fbchain":
            gains = {"gain": chain_gain, "feedback_gain": (number + 1) / 100}
        yield {"init": init, **gains, "seed": seed}


def shapes(script: str, setting: str) -> Iterator[Settings]:
    """The gains and saturations searched in a script, with one of `SHAPES`."""
    gains = GAINS if script == "copy" else FINE_GAINS
    for gain, saturation in itertools.product(gains, SATURATIONS):
        yield {**SHAPES[setting], "gain": gain, "saturation": saturation}


def shared(name: str) -> Settings:
    """The settings that the runs of a grid share: a row of the table."""
    return next(row.settings for row in table("lsc") if row.preset == name)


def figure_2() -> Named:
    """Names and options of all runs of figure 2 but for their seeds.

    `fig2/mnist-relu-he-0.001` is one of them; without a rate at its end, the preset of
    the published usual one.
    """
    for dataset, activation in itertools.product(IMAGES, ACTIVATIONS):
        for start, values in FORWARD_STARTS.items():
            name = f"fig2/{dataset}-{activation}-{start}"
            settings = {"dataset": dataset, "activation": activation, **values}
            yield name, settings
            for rate in IMAGE_RATES:
                yield f"{name}-{rate:g}", {**settings, "learning_rate": rate}


def figure_3() -> Named:
    """Names and options of all runs of figure 3: `fig3/wordptb-LSTM-5-half`.

    The figure itself shows no spiking networks with the target 1/2.
    """
    for task, net, depth in itertools.product(TASKS, RECURRENT_NETWORKS, DEPTHS):
        settings = {"task": task, "net": net, "stack": str(depth)}
        settings |= {"dropout": 0.3, "repeat": 2, "layout": "published"}
        for target in ("default", "one", "half"):
            name = f"fig3/{task}-{net}-{depth}-{target}"
            yield name, {**settings, "time_limit": 6.0, **TARGETS[target]}


def linear_units() -> Named:
    """Names and options of figure 4 and of table 1: `table1/6-unbalanced-clip`.

    The decay of the rate is that of the published plotting code's grid.
    """
    clips: dict[str, Settings] = {"": {}, "-clip": {"clip_norm": 1.0}}
    for depth, target, clip in itertools.product((3, 6), TARGETS, clips):
        values = {"stack": str(depth), **TARGETS[target], **clips[clip]}
        yield f"fig4/{depth}-{target}{clip}", {**shared("@fig4"), **values}
        table_1 = shared(f"@table1/{depth}")
        yield f"table1/{depth}-{target}{clip}", {**table_1, **values}


def short_images() -> Named:
    """Small settings of figure 2: `short/sin-lsc` against `short/sin-glorot`."""
    for activation, start in itertools.product(ACTIVATIONS, FORWARD_STARTS):
        values = {**shared("@short"), "activation": activation, **FORWARD_STARTS[start]}
        if start == "lsc":
            values["pretrain"] = "controller"
        yield f"short/{activation}-{start}", values


def short_sequences() -> Named:
    """Small settings of figure 3: `short/sl_mnist-LSTM-5`, with and without."""
    for task, net, depth in itertools.product(SHORT, NETWORKS, DEPTHS):
        values = {**shared(f"@short/{task}"), "net": net, "stack": str(depth), **STABLE}
        yield f"short/{task}-{net}-{depth}", values


def stability() -> Iterator[Row]:
    """The presets of `ffn.py` and `deep_rnn.py`, but for those of the table."""
    yield Row("ffn", "demo", {**shared("@short"), **STABLE, "activation": "sin"})
    for task in SHORT:
        deep = {"stack": "5"} if task == SHORT[0] else {}
        yield Row("deep_rnn", "demo", {**shared(f"@short/{task}"), **STABLE, **deep})
    for name, values in itertools.chain(short_images(), figure_2()):
        yield Row("ffn", name, values)
    for name, values in itertools.chain(short_sequences(), figure_3(), linear_units()):
        yield Row("deep_rnn", name, values)
