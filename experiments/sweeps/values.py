"""Values of options as they are written in a grid."""

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Iterable
from typing import Any

from experiments.options import OptionError, Options

WORDS = {"true": True, "yes": True, "false": False, "no": False}
KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


def listed(text: str) -> list[str]:
    """The values of an axis in one word: `1e-4,1e-3`, or `1..6` of whole numbers.

    Args:
        text: What follows the `=` of an axis.
    """
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", part)
        if ends is None:
            found.append(part)
        else:
            found += map(str, range(int(ends[1]), int(ends[2]) + 1))
    return found


def field_of(options_class: type[Options], name: str) -> dataclasses.Field | None:
    """The option of this name, or of which this is another name; None if none is."""
    name = name.replace("-", "_")
    for field in dataclasses.fields(options_class):
        if name in (field.name, *field.metadata["alias"]):
            return field
    return None


def read(options_class: type[Options], name: str, value: Any) -> Any:
    """A value in the type of its option.

    Args:
        options_class: The class of options.
        name: Name of one of them.
        value: A text, as on the command line, or what a YAML file holds.

    Raises:
        OptionError: If it cannot be one.
    """
    kind, optional = _kinds(options_class)[name], False
    if isinstance(kind, types.UnionType):
        kind, optional = kind.__args__[0], True
    if value is None or str(value).lower() == "none":
        if optional or kind is str:
            return "none" if kind is str and not optional else None
        raise OptionError(f"--grid {name}: expected a value, received none")
    try:
        return _read(kind, value)
    except (KeyError, TypeError, ValueError):
        expected = KINDS.get(kind, "two numbers such as 0:0.9")
        raise OptionError(
            f"--grid {name}: expected {expected}, received {value!r}"
        ) from None


def _read(kind: Any, value: Any) -> Any:
    if typing.get_origin(kind) is tuple:
        pair = re.split(r"[:\s]+", value) if isinstance(value, str) else value
        first, second = pair
        return float(first), float(second)
    if kind is bool:
        return value if isinstance(value, bool) else WORDS[str(value).lower()]
    if isinstance(value, bool | list | dict):
        raise TypeError
    if kind is int and isinstance(value, float):
        if value != int(value):
            raise ValueError
        return int(value)
    return kind(value)


def as_list(value: Any) -> Iterable[Any]:
    """The values of an axis of a YAML file: a list, one value, or a text as `1..6`."""
    if isinstance(value, list):
        return [each for part in value for each in as_list(part)]
    return listed(value) if isinstance(value, str) else [value]


@functools.cache
def _kinds(options_class: type[Options]) -> dict[str, Any]:
    return typing.get_type_hints(options_class)
