"""What runs are called in figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GAMMAS = ("gamma", "gamma2")
# The names that runs of different recipes, and of earlier versions, have for one thing.
SIZES = ("units", "nhid", "hidden_units")
NETS = ("net_type", "init")
# What a label does not say.
USUAL_NONLINEARITY = "modrelu"


def labels_of(
    folders: Sequence[Path], options: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Labels that differ.

    A label is the kind of network, its hidden size, its nonlinearity unless that is
    modReLU, and its stair, if it has one; if these are not enough, the shape that gamma
    began with or the text that was read, then the seed, then the folder.

    Args:
        folders: The folders of the runs.
        options: The options of each.
    """
    short = [_label(each) for each in options]
    shaped = [_shaped(label, each) for label, each in zip(short, options, strict=True)]
    with_seed = [
        f"{label}, seed {each.get('seed', '?')}"
        for label, each in zip(shaped, options, strict=True)
    ]
    with_folder = [
        f"{label} ({path.name})" for label, path in zip(short, folders, strict=True)
    ]
    in_full = [f"{label} ({path})" for label, path in zip(short, folders, strict=True)]
    choices = zip(short, shaped, with_seed, with_folder, in_full, strict=True)
    counts = [Counter(labels) for labels in (short, shaped, with_seed, with_folder)]
    return [
        next(
            (
                label
                for label, count in zip(candidates, counts, strict=False)
                if count[label] == 1
            ),
            candidates[-1],
        )
        for candidates in choices
    ]


def has_gamma(options: Mapping[str, Any]) -> bool:
    """Whether options of a run ask for a network with the nonlinearity gamma."""
    return options.get("nonlin") in GAMMAS


def _label(options: Mapping[str, Any]) -> str:
    if "pretrain" in options:
        return _stabilized(options)
    found = [_first_of(names, options) for names in (NETS, SIZES)]
    if "corpus" in options and "cell" in options:
        found.insert(0, options["cell"].upper())
    words = [" ".join(word for word in found if word) or "run"]
    nonlinearity = options.get("nonlin") or USUAL_NONLINEARITY
    if nonlinearity != USUAL_NONLINEARITY:
        words.append(nonlinearity)
    if has_gamma(options) and not options.get("learn_params", True):
        words.append("fixed")
    stair = options.get("stair") or "none"
    if stair != "none":
        words.append(f"stair {stair}")
    return ", ".join(words)


def _stabilized(options: Mapping[str, Any]) -> str:
    """`LSTM 5, controller 0.5`, or `sin 0.001, he, none`."""
    kind = (options.get("net"), options.get("stack"))
    if kind[0] is None:
        rate = options.get("learning_rate", options.get("lr"))
        kind = (options.get("activation"), rate)
    words = [" ".join(str(each) for each in kind if each is not None)]
    if "net" not in options and options.get("init"):
        words.append(options["init"])
    how = options["pretrain"]
    words.append(how if how == "none" else f"{how} {options.get('target')}")
    return ", ".join(words)


def _shaped(label: str, options: Mapping[str, Any]) -> str:
    """A label with the shape of gamma that the run began with, if that was chosen.

    That of a language model has its text there.
    """
    if "corpus" in options:
        return f"{label}, {options['corpus']}"
    if not has_gamma(options) or options.get("random"):
        return label
    return f"{label}, n = {options['gain']:g}, s = {options['saturation']:g}"


def _first_of(names: Sequence[str], options: Mapping[str, Any]) -> str | None:
    return next((str(options[name]) for name in names if options.get(name)), None)
