"""Options from frozen dataclasses: flags, CSV cells, grids and JSON, read in one way.

A field declared with `option` is at once an attribute, a flag, a line of `--help`, a
column of a table of presets and an entry of `config.json`. Nothing heavy is imported.
"""

import argparse
import dataclasses
import functools
import inspect
import math
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

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


class OptionError(ValueError):
    """An option, or a combination of options, that makes no sense."""


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    choices: Iterable[str] | Callable[[], Iterable[str]] | None = None,
    spellings: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
    alias: str | tuple[str, ...] = (),
    word: bool = False,
    paired: bool = False,
    role: str = "trained",
    group: str | None = None,
) -> Any:
    """A dataclass field that is also a flag.

    The type of the field says how a value is read: a number, a text, a switch (bool),
    a pair of numbers (`tuple[float, float]`), written `0.0 0.9` or `0.0,0.9`, or one or
    more values (`tuple[float, ...]`), written `0.5 1`.

    Args:
        default: Value of the field when nothing else is said.
        help: What `--help` says about it.
        low: Smallest value allowed.
        above: Value that it has to exceed.
        high: Largest value allowed.
        choices: Texts allowed, in any case of letters; or a function that gives them.
        spellings: Other texts for some of these, and which they stand for; likewise.
        alias: Another name of the flag, or several. One with a hyphen is short: `-p`.
        word: Whether the switch may be followed by `true` or `false`.
        paired: Whether a switch that is off has a flag that says so, as one that is on
            does: `--no-permute`.
        role: One of `ROLES`.
        group: Title of its section in `--help`; by default that of its class.
    """
    if role not in ROLES:
        raise ValueError(f"Expected a role of {', '.join(ROLES)}. Received: {role!r}")
    metadata = {
        "help": help,
        "low": low,
        "above": above,
        "high": high,
        "choices": choices if choices is None or callable(choices) else tuple(choices),
        "spellings": spellings if callable(spellings) else dict(spellings or {}),
        "alias": (alias,) if isinstance(alias, str) else alias,
        "word": word,
        "paired": paired,
        "role": role,
        "group": group,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """Base of option classes; settles spellings and checks the bounds of its fields.

    Raises:
        OptionError: If a value is out of bounds, on construction.
    """

    def __post_init__(self):
        for name, each in options_of(type(self)).items():
            value = each.settled(getattr(self, name))
            object.__setattr__(self, name, value)
            each.check(value)

    def settle(self, **values: Any) -> None:
        """Sets what follows from other options, so that `config.json` says it."""
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Option:
    """The declaration of one option, with what its annotation says.

    Args:
        name: Name of the field.
        default: Its default.
        kind: `int`, `float`, `str`, `bool`, `tuple[float, float]`, or `tuple[KIND,
            ...]` of one or more of these.
        optional: Whether it may be None.
        metadata: The arguments of `option`.
        owner: The class that declares it.
    """

    name: str
    default: Any
    kind: Any
    optional: bool
    metadata: Mapping[str, Any]
    owner: type

    @property
    def role(self) -> str:
        """What it says of a run, one of `ROLES`."""
        return self.metadata["role"]

    @property
    def group(self) -> str:
        """The title of its section in `--help`."""
        return self.metadata["group"] or getattr(self.owner, "group", "options")

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases; a short flag has its hyphen."""
        return (self.name, *self.metadata["alias"])

    @property
    def choices(self) -> tuple[str, ...] | None:
        """The texts allowed, if these are a list."""
        choices = _called(self.metadata["choices"])
        return None if choices is None else tuple(choices)

    @property
    def spellings(self) -> Mapping[str, str]:
        """Other texts for some of the choices."""
        return _called(self.metadata["spellings"])

    @property
    def pair(self) -> bool:
        """Whether it is a pair of numbers."""
        return typing.get_origin(self.kind) is tuple and not self.each

    @property
    def each(self) -> "Option | None":
        """The option of each value, if there are one or more."""
        kinds = typing.get_args(self.kind)
        if kinds[1:] != (Ellipsis,):
            return None
        return dataclasses.replace(self, kind=kinds[0], optional=False)

    def settled(self, value: Any) -> Any:
        """A value in the one form that it has in options."""
        if self.each and value is not None:
            return self.read(value)
        if isinstance(value, list):  # a pair that comes from a JSON file
            return tuple(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value) if self.kind is float else value
        if not isinstance(value, str):
            return value
        spellings = self.spellings
        if value in spellings:
            return spellings[value]
        choices = self.choices or ()
        if value in choices:
            return value
        known = {each.lower(): each for each in choices}
        known = {each.lower(): name for each, name in spellings.items()} | known
        return known.get(value.lower(), value)

    def check(self, value: Any) -> None:
        """Raises an `OptionError` if a value is out of bounds."""
        if (each := self.each) and value is not None:
            for one in value:
                each.check(one)
        elif value is not None and not self._allows(value):
            raise OptionError(
                f"{flag(self.name)}: expected {self._expected(value)}, "
                f"received {value!r}"
            )

    def read(self, value: Any) -> Any:
        """A value from a text, or from data as JSON and YAML hold them.

        Raises:
            OptionError: If it cannot be one.
        """
        if value is None or (isinstance(value, str) and value.lower() == "none"):
            if self.optional and value not in self.spellings:
                return None
            if self.kind is str:
                return self.settled("none")
            raise OptionError(f"{flag(self.name)}: expected a value, received none")
        if each := self.each:
            found = value.split() if isinstance(value, str) else value
            return tuple(map(each.read, found))
        try:
            return self.settled(self._read(value))
        except (KeyError, TypeError, ValueError):
            kinds = {int: "a whole number", float: "a number", bool: "true or false"}
            expected = kinds.get(self.kind, "two numbers such as 0:0.9")
            raise OptionError(
                f"{flag(self.name)}: expected {expected}, received {value!r}"
            ) from None

    def is_of_type(self, value: Any) -> bool:
        """Whether a value that comes from JSON is of its type."""
        if value is None:
            return self.optional
        if each := self.each:
            return isinstance(value, list | tuple) and all(map(each.is_of_type, value))
        if self.pair:
            numbers = (int, float)
            return isinstance(value, list | tuple) and all(
                isinstance(each, numbers) and not isinstance(each, bool)
                for each in value
            )
        kind = (int, float) if self.kind is float else self.kind
        return isinstance(value, kind) and (
            self.kind is bool or not isinstance(value, bool)
        )

    def _read(self, value: Any) -> Any:
        kind = self.kind
        if self.pair:
            if isinstance(value, str):
                value = re.split(r"[,:\s]+", value.strip("()[] "))
            first, second = value
            return float(first), float(second)
        if kind is bool:
            return value if isinstance(value, bool) else WORDS[str(value).lower()]
        if isinstance(value, bool | list | tuple | dict):
            raise TypeError
        if kind is int and isinstance(value, float):
            if value != int(value):
                raise ValueError
            return int(value)
        return kind(value)

    def _allows(self, value: Any) -> bool:
        if isinstance(value, tuple):
            return len(value) == 2 and all(map(self._allows, value))
        if isinstance(value, float) and not math.isfinite(value):
            return False
        low, above, high = (self.metadata[each] for each in ("low", "above", "high"))
        return (
            (self.choices is None or value in self.choices)
            and (low is None or value >= low)
            and (above is None or value > above)
            and (high is None or value <= high)
        )

    def _expected(self, value: Any) -> str:
        if self.choices:
            return "one of " + ", ".join(self.choices)
        words = {"low": "of at least", "above": "above", "high": "of at most"}
        limits = [
            f"{word} {self.metadata[name]:g}"
            for name, word in words.items()
            if self.metadata[name] is not None
        ]
        if isinstance(value, tuple):
            what = "two finite numbers"
        else:
            what = "a whole number" if isinstance(value, int) else "a finite number"
        return " ".join([what, " and ".join(limits)]).rstrip()


WORDS = {
    **dict.fromkeys(("true", "yes", "1"), True),
    **dict.fromkeys(("false", "no", "0"), False),
}


def _called(value: Any) -> Any:
    return value() if callable(value) else value


@functools.cache
def options_of(*classes: type[Options]) -> dict[str, Option]:
    """The options that classes declare, by name; the first of a name counts."""
    found: dict[str, Option] = {}
    for each in classes:
        hints = typing.get_type_hints(each)
        for field in dataclasses.fields(each):
            if field.name in found or "help" not in field.metadata:
                continue
            kind, optional = hints[field.name], False
            if isinstance(kind, types.UnionType):
                kind, optional = kind.__args__[0], True
            owner = next(
                base
                for base in reversed(each.__mro__)
                if field.name in inspect.get_annotations(base)
            )
            found[field.name] = Option(
                field.name, field.default, kind, optional, field.metadata, owner
            )
    return found


def named(known: Mapping[str, Option], name: str) -> Option | None:
    """The option of this name, or else of which this is another name; None if none is.

    Args:
        known: Options by name.
        name: With hyphens or underscores, as a flag or not: `-p`, `--batch-size`, `lr`.
    """
    if name.startswith("--") or not name.startswith("-"):  # else a short flag
        name = name.removeprefix("--").replace("-", "_")
    if name in known:
        return known[name]
    return next((each for each in known.values() if name in each.names), None)


def by_role(known: Mapping[str, Option], *roles: str) -> set[str]:
    """The names of the options that have one of some roles."""
    return {name for name, each in known.items() if each.role in roles}


def flag(name: str) -> str:
    """The flag of a field: `--batch-size` of `batch_size`, and `-p` of itself."""
    return name if name.startswith("-") else "--" + name.replace("_", "-")


def hyphenated(token: str) -> str:
    """An argument with the underscores of its flag, if it is one, as hyphens."""
    if not token.startswith("--"):
        return token
    name, *value = token.split("=", 1)
    return "=".join([name.replace("_", "-"), *value])


def refuse(prog: str, error: object) -> NoReturn:
    """Ends the program with a message on standard error and exit code 2."""
    print(f"{prog}: error: {error}", file=sys.stderr)
    raise SystemExit(2)


class Parser(argparse.ArgumentParser):
    """A parser in which hyphens and underscores of flags mean the same.

    What it cannot read ends the program with one line on standard error and code 2.
    """

    def __init__(self, **settings: Any):
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **settings,
        )

    def parse_args(self, args=None, namespace=None):
        tokens = sys.argv[1:] if args is None else args
        return super().parse_args([hyphenated(token) for token in tokens], namespace)

    def error(self, message):
        refuse(self.prog, message)

    def add_options(
        self, known: Mapping[str, Option], defaults: Mapping[str, Any] | None = None
    ) -> None:
        """Adds a flag for every option, in sections by their groups.

        Args:
            known: The options by name. An alias that is the name, or an alias, of one
                that comes earlier is left out.
            defaults: Defaults that are not those of the declarations.
        """
        sections: dict[str, Any] = {}
        taken = set(known)
        for each in known.values():
            if each.group not in sections:
                sections[each.group] = self.add_argument_group(each.group)
            aliases = [name for name in each.metadata["alias"] if name not in taken]
            taken.update(aliases)
            names = [flag(name) for name in (each.name, *aliases)]
            default = (defaults or {}).get(each.name, each.default)
            sections[each.group].add_argument(
                *names,
                dest=each.name,
                default=argparse.SUPPRESS,
                **_reading(each, default),
            )


def parse(
    known: Mapping[str, Option],
    arguments: list[str] | None = None,
    *,
    prog: str | None = None,
    usage: str | None = None,
    description: str | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Reads flags.

    The text `none` stands for no value where there need not be one.

    Args:
        known: The options by name, as `options_of` gives them.
        arguments: The arguments; None for those of the program.
        prog: Name of the program in messages.
        usage: The first line of `--help`.
        description: Text that follows.
        defaults: Defaults that are not those of the declarations, for `--help`.

    Returns:
        The values of the flags that were given, by name of the option.
    """
    parser = Parser(prog=prog, usage=usage, description=description)
    parser.add_options(known, defaults)
    given = vars(parser.parse_args(arguments))
    return {name: known[name].settled(value) for name, value in given.items()}


def _reading(each: Option, default: Any) -> dict[str, Any]:
    """How argparse reads an option: type, choices, what `--help` shows."""
    text = each.metadata["help"].replace("%", "%%")
    if each.kind is bool:
        if each.metadata["word"]:
            return {
                "type": _truth,
                "nargs": "?",
                "const": True,
                "help": text,
                "metavar": "{true,false}",
            }
        if each.default is False and not each.metadata["paired"]:
            return {"action": "store_true", "help": text}
        return {"action": argparse.BooleanOptionalAction, "help": text}
    if one := each.each:
        shown = [",".join(map(str, v)) if one.pair else str(v) for v in default]
        text += f" (default: {' '.join(shown)})"
        kind = "X,Y" if one.pair else one.kind.__name__.upper()
        metavar = "{" + ",".join(one.choices) + "}" if one.choices else kind
        return {"nargs": "+", "help": text, "metavar": metavar}
    if default is not None:
        text += f" (default: {default})"
    if each.pair:
        return {"action": _Pair, "nargs": "+", "help": text, "metavar": "FLOAT"}

    def read(token):
        if token.lower() == "none" and token not in each.spellings and each.optional:
            return None
        return each.kind(token)

    read.__name__ = each.kind.__name__  # for argparse's "invalid float value"
    choices = each.choices
    metavar = "{" + ",".join(choices) + "}" if choices else each.kind.__name__.upper()
    return {"type": read, "help": text, "metavar": metavar}


def _truth(word: str) -> bool:
    if word.lower() not in WORDS:
        raise argparse.ArgumentTypeError(f"expected true or false, received {word!r}")
    return WORDS[word.lower()]


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
