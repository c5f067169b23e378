"""Command-line options from frozen dataclasses, without heavy imports.

A field declared with `option` is at once an attribute, a flag, a line of `--help` and
an entry of `config.json`.
"""

import argparse
import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    choices: Iterable[str] | None = None,
    alias: str | None = None,
) -> Any:
    """A dataclass field that is also a flag.

    Args:
        default: Value of the field when nothing else is said.
        help: What `--help` says about it.
        low: Smallest value allowed.
        above: Value that it has to exceed.
        high: Largest value allowed.
        choices: Texts allowed.
        alias: Another name of the flag.
    """
    metadata = {
        "help": help,
        "low": low,
        "above": above,
        "high": high,
        "choices": None if choices is None else tuple(choices),
        "alias": alias,
    }
    return dataclasses.field(default=default, metadata=metadata)


class OptionError(ValueError):
    """An option, or a combination of options, that makes no sense."""


@dataclasses.dataclass(frozen=True)
class Options:
    """Base of option classes; checks the bounds that its fields declare.

    Raises:
        OptionError: If a value is out of bounds, on construction.
    """

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None and not _allowed(value, field.metadata):
                raise OptionError(
                    f"{flag(field.name)}: expected {_expected(value, field.metadata)}, "
                    f"received {value!r}"
                )


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
        names = [flag(field.name)]
        if field.metadata["alias"]:
            names.append(flag(field.metadata["alias"]))
        parser.add_argument(*names, dest=field.name, **_reading(field, hints))
    return vars(parser.parse_args(arguments))


def flag(name: str) -> str:
    """The flag of a field: `--batch-size` of `batch_size`."""
    return "--" + name.replace("_", "-")


class _Parser(argparse.ArgumentParser):
    def parse_args(self, args=None, namespace=None):
        import sys

        tokens = sys.argv[1:] if args is None else args
        return super().parse_args([_hyphenated(token) for token in tokens], namespace)

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _hyphenated(token: str) -> str:
    if not token.startswith("--"):
        return token
    name, *value = token.split("=", 1)
    return "=".join([name.replace("_", "-"), *value])


def _reading(field: dataclasses.Field, hints: Mapping[str, Any]) -> dict[str, Any]:
    """How argparse reads a field: type, choices, what `--help` shows."""
    kind, optional = hints[field.name], False
    if isinstance(kind, types.UnionType):
        kind, optional = kind.__args__[0], True
    text = field.metadata["help"].replace("%", "%%")
    if kind is bool:
        if field.default is False:
            return {"action": "store_true", "help": text}
        return {"action": argparse.BooleanOptionalAction, "help": text}
    if field.default is not None:
        text += f" (default: {field.default})"
    choices = field.metadata["choices"]

    def read(token):
        return None if optional and token.lower() == "none" else kind(token)

    read.__name__ = kind.__name__  # for argparse's "invalid float value"
    metavar = "{" + ",".join(choices) + "}" if choices else kind.__name__.upper()
    return {"type": read, "help": text, "metavar": metavar}


def _allowed(value: Any, bounds: Mapping[str, Any]) -> bool:
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
    kind = "whole" if isinstance(value, int) else "finite"
    return " ".join([f"a {kind} number", " and ".join(limits)]).rstrip()
