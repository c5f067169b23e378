"""Run strings and command lines of the published programs as options.

A run string is one word of parts with underscores between them:
`36_embproj_dropout:.3_timerepeat:2_findLSC_radius_targetnorm:.5`. What each part means
alone is in `published/run_strings.csv`.
"""

import csv
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError
from experiments.core.parts import TABLES

RECURRENT, FORWARD = "deep_rnn", "ffn"
# Kinds of transitions, by the part that switches them on or off.
KIND_PARTS = {"lscrec": "rec", "lscdepth": "depth", "lscin": "enc", "lscout": "dec"}


@dataclass(frozen=True)
class Part:
    """What one part of a run string means, alone; some mean more beside others."""

    values: Mapping[str, Any]  # options that it sets
    option: str  # the one that takes its value, if it has one
    read: Callable[[str], Any]  # turns the text of the value into it
    note: str  # what is to be said, such as why it has no effect
    programs: tuple[str, ...]  # where it does something


def _switch(text: str) -> bool:
    words = {"1": True, "true": True, "0": False, "false": False}
    return words[text.lower()]


READERS = {"": str, "float": float, "int": int, "switch": _switch}


def _parts_known() -> tuple[dict[str, Part], dict[str, Part], dict[str, str]]:
    """Parts that are words, and that have a value, and why others are refused."""
    words, values, refused = {}, {}, {}
    with open(TABLES / "run_strings.csv", newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["reads"] == "refused":
                refused[row["part"]] = row["note"]
                continue
            sets = dict(each.split("=") for each in row["sets"].split())
            (values if row["reads"] else words)[row["part"]] = Part(
                {name: _value(text) for name, text in sets.items()},
                row["option"],
                READERS[row["reads"]],
                row["note"],
                tuple(row["scripts"].split()) or (RECURRENT, FORWARD),
            )
    return words, values, refused


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


WORDS, VALUES, REFUSED = _parts_known()

STAGE = {"findLSC", "lruLSC"}
# Where `pretrained` keeps weights if nobody says where.
STORE = "runs/pretrained"
# What a string means by what it does not say.
NO_STAGE = {"pretrain": "none", "target": "1"}
UNSAID = {
    RECURRENT: {"dropout": 0.1, "repeat": 1, "tied": False, "layout": "published"},
    FORWARD: {"init": "glorot", "optimizer": "adam"},
}


@dataclass(frozen=True)
class Translation:
    """The options of a run string, and what is to be said of parts of it."""

    options: Mapping[str, Any]
    notes: tuple[str, ...]


def translate(text: str, program: str, net: str = "", task: str = "") -> Translation:
    """The options of a run string, and notes on parts without effect, a line each.

    What the string leaves out is as the published program had it.

    Args:
        text: The run string.
        program: `"deep_rnn"` or `"ffn"`, the script that gets it.
        net: The network, where it matters.
        task: The task, where it matters.

    Raises:
        OptionError: If a part is not known, or its value cannot be read.

    Example:

    >>> translate("findLSC_radius_targetnorm:.5", "ffn").options["target"]
    '0.5'
    """
    words, values, labels = _parts(text)
    options: dict[str, Any] = {**UNSAID[program], **NO_STAGE}
    notes = [f"{label} has no effect: it is the label of a run" for label in labels]
    for name, part in (WORDS | VALUES).items():
        if name not in words and name not in values:
            continue
        if program not in part.programs:
            notes.append(f"{name} has no effect: {program}.py has nothing of that kind")
            continue
        if part.note:
            notes.append(f"{name} {part.note}")
        options |= part.values
        if part.option:
            options[part.option] = values[name]
    options |= _stage(words, values, program, net)
    notes += _without_effect(words, values, program, net, task)
    return Translation(options, tuple(notes))


def _parts(text: str) -> tuple[set[str], dict[str, Any], list[str]]:
    """Words, values by name, and labels."""
    words, values, labels = set(), {}, []
    for each in filter(None, text.split("_")):
        name, colon, value = each.partition(":")
        if colon and name in VALUES:
            try:
                values[name] = VALUES[name].read(value)
            except (ValueError, KeyError):
                raise OptionError(
                    f"--comments: cannot read the value of {each!r}"
                ) from None
        elif not colon and name in WORDS:
            words.add(name)
        elif each.isdigit():
            labels.append(each)
        elif name in REFUSED:
            raise OptionError(f"--comments: {each} is {REFUSED[name]}")
        else:
            known = ", ".join((*WORDS, *(f"{name}:" for name in VALUES)))
            raise OptionError(
                f"--comments: {each!r} is no part of a published run string; expected "
                f"some of {known}"
            )
    return words, values, labels


def _stage(words, values, program, net) -> dict[str, Any]:
    """Whether there is pre-training, and how."""
    options: dict[str, Any] = {}
    if words & STAGE:
        options["pretrain"] = "gradient" if "ffnlsc" in words else "published"
    if "targetnorm" in values:
        options["target"] = f"{values['targetnorm']:g}"
    if "unbalanced" in words and _balances(values, net):
        options["target"] = "unbalanced"
    if "pretrain" in options and words & {"pretrained", "onlyloadpretrained"}:
        options["store"] = STORE
    if "test" in words and "tsteps" in values:
        options["pretrain_steps"] = values["tsteps"]
    if program == FORWARD:
        if "adabelief" in words:
            options["optimizer"] = "lookahead-adabelief"
        return options
    if "mlmeps" in values:  # an epoch counter that begins at 1 has to be below it
        options["corrupt_epochs"] = max(values["mlmeps"] - 1, 0)
    return options


def _balances(values, net) -> bool:
    return net == "lru" and values.get("targetnorm") == 0.5


def _all_kinds(words, values) -> bool:
    on = {"lscrec": True} | values  # which was on if nothing was said
    return "allns" in words or all(on.get(part, False) for part in KIND_PARTS)


def _without_effect(words, values, program, net, task):
    """Notes on parts that do nothing beside the others, or in this network or task."""
    if "tsteps" in values and "test" not in words:
        yield "tsteps has no effect without test"
    stage = bool(words & STAGE)
    if "onlyloadpretrained" in words:
        yield (
            "onlyloadpretrained loads what is in the store, and pre-trains what is not"
            if stage
            else "onlyloadpretrained has no effect: radii are always measured"
        )
    if stage and "radius" not in words:
        yield "without radius it meant singular values; here it is the radius still"
    if program == FORWARD:
        if values.get("targetnorm", 1.0) != 1.0:
            yield "targetnorm is the target here; the published program aimed at 1"
        return
    if stage and not _all_kinds(words, values):
        yield "some transitions were left as they are; here all get to the target"
    if "adabelief" in words:
        yield "adabelief has no effect: recurrent networks always had it"
    if "unbalanced" in words and not _balances(values, net):
        yield "unbalanced has no effect: it needs the network lru and targetnorm:.5"
    if "ffnlsc" in words and net != "lru":
        yield "ffnlsc has no effect: it is about the network lru"
    if "mlmeps" in values and "mlminputs" not in words:
        yield "mlmeps has no effect without mlminputs"
    if task != "wordptb":
        for name in ("embproj", "mlminputs", "mlmeps", "maxlen"):
            if name in words or name in values:
                yield f"{name} has no effect: the task {task} has no words"


# Words of the published command line, and the flags that they are.
CONFIGURED = ("lr", "stack")  # for which None, or less than 0, means the usual value
EMBEDDING = "learned:None:None:"  # learned, with no positions, and its width


def published_flags(main: Callable[..., int]) -> Callable[..., int]:
    """The main function of a script that takes published command lines, too."""

    def told(arguments: list[str] | None = None) -> int:
        return main(as_flags(sys.argv[1:] if arguments is None else arguments))

    return told


def as_flags(arguments: Sequence[str]) -> list[str]:
    """A command line, published or not, with flags in the place of its words.

    The program of the recurrent networks was told `with stack=2 n_neurons=None`, which
    are `--stack=2 --n-neurons=None` here. Values that say nothing are left out, such as
    a negative learning rate.

    Example:

    >>> as_flags(["with", "stack=2", "lr=-1", "comments=allns_findLSC"])
    ['--stack=2', '--comments=allns_findLSC']
    """
    words = list(arguments)
    if "with" in words:
        at = words.index("with")
        words[at:] = [
            word if word.startswith("-") else f"--{word}" for word in words[at + 1 :]
        ]
    kept = []
    for word in words:
        name, _, value = word.partition("=")
        name = name.removeprefix("--")
        if name in CONFIGURED and (value == "None" or value.startswith("-")):
            continue
        if name == "embedding":
            word = word.replace(EMBEDDING, "")
        kept.append(word)
    return kept
