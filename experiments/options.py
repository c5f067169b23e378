"""Command-line options from frozen dataclasses, without heavy imports.

A field declared with `option` is at once an attribute, a flag, a line of `--help` and
an entry of `config.json`.
"""

import argparse
import dataclasses
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from experiments.core.options import OptionError


# What an option says, by which resuming, pairing of runs, grids and labels go.
ROLES = (
    "trained",  # what is trained
    "length",  # the same, but a run that goes on may have more of it
    "seed",  # which random numbers
    "numerics",  # the same mathematics in other instructions
    "label",  # what is recorded or said of a run
    "where",  # on which device and in which folder
    "shown",  # how it is shown
    "source",  # where its settings come from
    "test",  # how a run made before is tested
)


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    choices: Iterable[str] | None = None,
    spellings: Mapping[str, str] | None = None,
    alias: str | tuple[str, ...] = (),
    word: bool = False,
    paired: bool = False,
    role: str = "trained",
    group: str | None = None,
) -> Any:
    """A dataclass field that is also a flag.

    The type of the field says how the flag is read: a number, a text, a switch (bool),
    or a pair of numbers (`tuple[float, float]`), written `0.0 0.9` or `0.0,0.9`.

    Args:
        default: Value of the field when nothing else is said.
        help: What `--help` says about it.
        low: Smallest value allowed.
        above: Value that it has to exceed.
        high: Largest value allowed.
        choices: Texts allowed.
        spellings: Other texts for some of these, and which they stand for.
        alias: Another name of the flag, or several. One with a hyphen is short: `-p`.
        word: Whether the switch may be followed by `true` or `false`.
        paired: Whether a switch that is off has a flag that says so, as one that is on
            does: `--no-permute`.
        role: What the option says of a run, one of `ROLES`.
        group: What it belongs to, such as `"stability"`.
    """
    if role not in ROLES:
        raise ValueError(f"Expected a role of {', '.join(ROLES)}. Received: {role!r}")
    metadata = {
        "help": help,
        "low": low,
        "above": above,
        "high": high,
        "choices": None if choices is None else tuple(choices),
        "spellings": dict(spellings or {}),
        "alias": (alias,) if isinstance(alias, str) else alias,
        "word": word,
        "paired": paired,
        "role": role,
        "group": group,
    }
    return dataclasses.field(default=default, metadata=metadata)


def changed(options_class: type["Options"], name: str, default: Any, **changes) -> Any:
    """The option of another class with another default, for a subclass of it.

    Args:
        options_class: The class that declares the option.
        name: The option.
        default: Its new default.
        **changes: Arguments of `option` that differ.
    """
    (field,) = (each for each in dataclasses.fields(options_class) if each.name == name)
    return option(default, **{**field.metadata, **changes})


@dataclasses.dataclass(frozen=True)
class Options:
    """Base of option classes; settles spellings and checks the bounds of its fields.

    Raises:
        OptionError: If a value is out of bounds, on construction.
    """

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = _settled(getattr(self, field.name), field.metadata)
            object.__setattr__(self, field.name, value)
            if value is not None and not _allowed(value, field.metadata):
                raise OptionError(
                    f"{flag(field.name)}: expected {_expected(value, field.metadata)}, "
                    f"received {value!r}"
                )

    @classmethod
    def understood(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The values of flags, where a value of one may say something of another."""
        return given


def parse(
    options_class: type[Options],
    arguments: list[str] | None = None,
    *,
    prog: str | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Reads flags.

    Hyphens and underscores in flags mean the same. The text `none` stands for no
    value where there need not be one. A flag that cannot be read ends the program
    with one line on standard error and exit code 2.

    Args:
        options_class: The dataclass whose fields are the flags.
        arguments: The arguments; None for those of the program.
        prog: Name of the program in messages.
        description: What `--help` says first.

    Returns:
        The values of the flags that were given, by field name.
    """
    parser = _Parser(
        prog=prog,
        description=description,
        argument_default=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    hints = typing.get_type_hints(options_class)
    for field in dataclasses.fields(options_class):
        names = [flag(name) for name in (field.name, *field.metadata["alias"])]
        parser.add_argument(*names, dest=field.name, **_reading(field, hints))
    given = vars(parser.parse_args(arguments))
    for field in dataclasses.fields(options_class):
        if field.name in given:
            given[field.name] = _settled(given[field.name], field.metadata)
    return options_class.understood(given)


def flag(name: str) -> str:
    """The flag of a field: `--batch-size` of `batch_size`, and `-p` of itself."""
    return name if name.startswith("-") else "--" + name.replace("_", "-")


def hyphenated(token: str) -> str:
    """An argument with the underscores of its flag, if it is one, as hyphens."""
    if not token.startswith("--"):
        return token
    name, *value = token.split("=", 1)
    return "=".join([name.replace("_", "-"), *value])


class _Parser(argparse.ArgumentParser):
    def parse_args(self, args=None, namespace=None):
        import sys

        tokens = sys.argv[1:] if args is None else args
        return super().parse_args([hyphenated(token) for token in tokens], namespace)

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _reading(field: dataclasses.Field, hints: Mapping[str, Any]) -> dict[str, Any]:
    """How argparse reads a field: type, choices, what `--help` shows."""
    kind, optional = hints[field.name], False
    if isinstance(kind, types.UnionType):
        kind, optional = kind.__args__[0], True
    text = field.metadata["help"].replace("%", "%%")
    if kind is bool:
        if field.metadata["word"]:
            return {
                "type": _truth,
                "nargs": "?",
                "const": True,
                "help": text,
                "metavar": "{true,false}",
            }
        if field.default is False and not field.metadata["paired"]:
            return {"action": "store_true", "help": text}
        return {"action": argparse.BooleanOptionalAction, "help": text}
    if field.default is not None:
        text += f" (default: {field.default})"
    if typing.get_origin(kind) is tuple:
        return {"action": _Pair, "nargs": "+", "help": text, "metavar": "FLOAT"}
    choices = field.metadata["choices"]

    def read(token):
        return None if optional and token.lower() == "none" else kind(token)

    read.__name__ = kind.__name__  # for argparse's "invalid float value"
    metavar = "{" + ",".join(choices) + "}" if choices else kind.__name__.upper()
    return {"type": read, "help": text, "metavar": metavar}


def _truth(word: str) -> bool:
    known = {
        "true": True,
        "yes": True,
        "1": True,
        "false": False,
        "no": False,
        "0": False,
    }
    if word.lower() not in known:
        raise argparse.ArgumentTypeError(f"expected true or false, received {word!r}")
    return known[word.lower()]


class _Pair(argparse.Action):
    """Two numbers as two words, or as one with a comma, in brackets or not."""

    def __call__(self, parser, namespace, values, option_string=None):
        text = " ".join(values or ())
        try:
            first, second = map(float, re.split(r"[,\s]+", text.strip("()[] ")))
        except ValueError:
            raise argparse.ArgumentError(
                self, f"expected two numbers, received {text!r}"
            ) from None
        setattr(namespace, self.dest, (first, second))


def _settled(value: Any, metadata: Mapping[str, Any]) -> Any:
    """A value in the one form it has in options."""
    if isinstance(value, list):  # a pair that comes from a JSON file
        return tuple(value)
    return metadata["spellings"].get(value, value) if isinstance(value, str) else value


def _allowed(value: Any, bounds: Mapping[str, Any]) -> bool:
    if isinstance(value, tuple):
        return len(value) == 2 and all(_allowed(each, bounds) for each in value)
    if isinstance(value, float) and not math.isfinite(value):
        return False
    low, above, high = bounds["low"], bounds["above"], bounds["high"]
    return (
        (bounds["choices"] is None or value in bounds["choices"])
        and (low is None or value >= low)
        and (above is None or value > above)
        and (high is None or value <= high)
    )


def _expected(value: Any, bounds: Mapping[str, Any]) -> str:
    if bounds["choices"]:
        return "one of " + ", ".join(bounds["choices"])
    words = {"low": "of at least", "above": "above", "high": "of at most"}
    limits = [
        f"{word} {bounds[name]:g}"
        for name, word in words.items()
        if bounds[name] is not None
    ]
    if isinstance(value, tuple):
        what = "two finite numbers"
    else:
        what = "a whole number" if isinstance(value, int) else "a finite number"
    return " ".join([what, " and ".join(limits)]).rstrip()
