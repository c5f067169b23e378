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
from collections.abc import Mapping
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
# What may be said of an option, and what holds if nothing is.
DECLARED = {
    **{"low": None, "above": None, "high": None, "choices": None, "spellings": {}},
    **{"alias": (), "word": False, "paired": False, "role": "trained", "group": None},
}
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class OptionError(ValueError):
    """An option, or a combination of options, that makes no sense."""


def option(default: Any, help: str, **declared: Any) -> Any:
    """A dataclass field that is also a flag.

    The type of the field says how a value is read: a number, a text, a switch (bool),
    a pair of numbers (`tuple[float, float]`), written `0.0 0.9` or `0.0,0.9`, or one or
    more values (`tuple[float, ...]`), written `0.5 1`. The text `none` stands for no
    value where there need not be one.

    Args:
        default: Value of the field when nothing else is said.
        help: What `--help` says about it.
        **declared: `low`, smallest value allowed; `above`, value that it has to exceed;
            `high`, largest value allowed; `choices`, texts allowed, in any case of
            letters, or a function that gives them; `spellings`, other texts for some
            of these, and which they stand for; `alias`, another name of the flag, or
            several, one with a hyphen being short, `-p`; `word`, whether the switch may
            be followed by `true` or `false`; `paired`, whether a switch that is off
            has a flag that says so, `--no-permute`; `role`, one of `ROLES`; `group`,
            title of its section in `--help`, by default that of its class.
    """
    metadata = {**DECLARED, **declared, "help": help}
    if strange := declared.keys() - DECLARED.keys():
        raise TypeError(f"Expected some of {[*DECLARED]}. Received: {sorted(strange)}")
    if metadata["role"] not in ROLES:
        raise ValueError(
            f"Expected a role of {', '.join(ROLES)}. Received: {metadata['role']!r}"
        )
    if isinstance(metadata["alias"], str):
        metadata["alias"] = (metadata["alias"],)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """Base of option classes, which reads values and checks their bounds when made."""

    def __post_init__(self):
        for name, each in options_of(type(self)).items():
            value = each.read(getattr(self, name))
            object.__setattr__(self, name, value)
            each.check(value)

    def refuse_if(self, bad: Any, name: str, expected: str) -> None:
        """Raises an `OptionError` if an option has a value that it must not have."""
        if bad:
            received = f"received {getattr(self, name)!r}"
            raise OptionError(f"{flag(name)}: {expected}, {received}")

    def settle(self, **values: Any) -> None:
        """Sets what follows from other options, so that `config.json` says it."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def fill(self, **values: Any) -> None:
        """Sets those of some options that are None."""
        none = {k: v for k, v in values.items() if getattr(self, k) is None}
        self.settle(**none)


@dataclass(frozen=True)
class Option:
    """The declaration of an option, and its annotation."""

    name: str
    default: Any
    kind: Any  # a type, a pair of floats, or `tuple[KIND, ...]` of one or more of these
    optional: bool  # whether it may be None
    group: str
    metadata: Mapping[str, Any]  # the arguments of `option`

    @property
    def role(self) -> str:
        """One of `ROLES`."""
        return self.metadata["role"]

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and its aliases; a short flag has its hyphen."""
        return (self.name, *self.metadata["alias"])

    @property
    def choices(self) -> tuple[str, ...] | None:
        """The texts allowed, if these are a list."""
        choices = self.metadata["choices"]
        choices = choices() if callable(choices) else choices
        return None if choices is None else tuple(choices)

    @property
    def spellings(self) -> Mapping[str, str]:
        """Other texts for some of the choices."""
        return self.metadata["spellings"]

    @functools.cached_property
    def each(self) -> "Option | None":
        """The option of each value, if there are one or more."""
        kinds = typing.get_args(self.kind)
        if kinds[1:] != (Ellipsis,):
            return None
        return dataclasses.replace(self, kind=kinds[0], optional=False)

    @functools.cached_property
    def pair(self) -> bool:
        """Whether it is a pair of numbers."""
        return typing.get_origin(self.kind) is tuple and not self.each

    def read(self, value: Any) -> Any:
        """A value from a text, or from data as JSON and YAML hold them."""
        if value is None or (isinstance(value, str) and value.lower() == "none"):
            if self.optional and value not in self.spellings:
                return None
            if self.kind is str:
                return self._spelled("none")
            raise OptionError(f"{flag(self.name)}: expected a value, received none")
        if self.each and isinstance(value, str | list | tuple):
            found = value.split() if isinstance(value, str) else value
            return tuple(map(self.each.read, found))
        try:
            return self._read(value)
        except (KeyError, OverflowError, TypeError, ValueError):
            kinds = {int: "a whole number", float: "a number", bool: "true or false"}
            expected = kinds.get(self.kind, "two numbers such as 0:0.9")
            raise OptionError(
                f"{flag(self.name)}: expected {expected}, received {value!r}"
            ) from None

    def check(self, value: Any) -> None:
        """Raises an `OptionError` if a value is out of bounds."""
        if value is None:
            return
        if self.each:
            for one in value:
                self.each.check(one)
        elif not all(map(self._allows, value if self.pair else (value,))):
            raise OptionError(
                f"{flag(self.name)}: expected {self._expected(value)}, "
                f"received {value!r}"
            )

    def _read(self, value: Any) -> Any:
        kind = self.kind
        if self.pair:
            text = value if isinstance(value, str) else " ".join(map(str, value))
            first, second = map(float, re.split(r"[,:\s]+", text.strip("()[] ")))
            return first, second
        if kind is bool:
            return value if isinstance(value, bool) else WORDS[str(value).lower()]
        if isinstance(value, bool | list | tuple | dict):
            raise TypeError
        if kind is int and isinstance(value, float) and value != int(value):
            raise ValueError
        return self._spelled(kind(value))

    def _spelled(self, value: Any) -> Any:
        """A text as the choice that it means, in any case of letters."""
        spellings, choices = self.spellings, self.choices or ()
        if value in spellings or value in choices or not isinstance(value, str):
            return spellings.get(value, value)
        known = {name.lower(): each for name, each in spellings.items()}
        known |= {each.lower(): each for each in choices}
        return known.get(value.lower(), value)

    def _allows(self, value: Any) -> bool:
        if isinstance(value, float) and not math.isfinite(value):
            return False
        low, above, high = (self.metadata[each] for each in ("low", "above", "high"))
        return (
            ((choices := self.choices) is None or value in choices)
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
        what = "a whole number" if isinstance(value, int) else "a finite number"
        what = "two finite numbers" if self.pair else what
        return " ".join([what, " and ".join(limits)]).rstrip()


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
            group = field.metadata["group"] or getattr(owner, "group", "options")
            found[field.name] = Option(
                field.name, field.default, kind, optional, group, field.metadata
            )
    return found


def named(known: Mapping[str, Option], name: str) -> Option | None:
    """The option of this name, or else of which this is another name; None if none is.

    Names are with hyphens or underscores, as flags or not: `-p`, `--batch-size`, `lr`.
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
    """A parser of options, in which hyphens and underscores of flags mean the same.

    What it cannot read ends the program with one line on standard error and code 2.
    """

    def __init__(self, **settings: Any):
        super().__init__(
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **settings,
        )
        self.known: dict[str, Option] = {}

    def parse_args(self, args=None, namespace=None):
        tokens = sys.argv[1:] if args is None else args
        return super().parse_args([hyphenated(token) for token in tokens], namespace)

    def parse_known_args(self, args=None, namespace=None):
        found, others = super().parse_known_args(args, namespace)
        try:
            for name, value in vars(found).items():
                if name in self.known:
                    setattr(found, name, self.known[name].read(value))
        except OptionError as error:
            self.error(str(error))
        return found, others

    def error(self, message):
        refuse(self.prog, message)

    def add_options(
        self, known: Mapping[str, Option], defaults: Mapping[str, Any] | None = None
    ) -> None:
        """Adds a flag for every option, in sections by their groups.

        An alias that is the name, or an alias, of an earlier option is left out. For
        `defaults` see `parse`.
        """
        sections: dict[str, Any] = {}
        taken = set(known)
        self.known.update(known)
        for each in known.values():
            if each.group not in sections:
                sections[each.group] = self.add_argument_group(each.group)
            aliases = [name for name in each.metadata["alias"] if name not in taken]
            taken.update(aliases)
            sections[each.group].add_argument(
                *(flag(name) for name in (each.name, *aliases)),
                dest=each.name,
                default=argparse.SUPPRESS,
                **_shown(each, (defaults or {}).get(each.name, each.default)),
            )


def parse(
    known: Mapping[str, Option],
    arguments: list[str] | None = None,
    defaults: Mapping[str, Any] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """The values of the flags that were given, by name of the option.

    Args:
        known: The options by name, as `options_of` gives them.
        arguments: The arguments; None for those of the program.
        defaults: Defaults that are not those of the declarations, for `--help`.
        **settings: Arguments of `argparse.ArgumentParser`.
    """
    parser = Parser(**settings)
    parser.add_options(known, defaults)
    return vars(parser.parse_args(arguments))


def _shown(each: Option, default: Any) -> dict[str, Any]:
    """How argparse takes an option and what `--help` shows, for `add_argument`."""
    text = each.metadata["help"].replace("%", "%%")
    if each.kind is bool:
        if each.metadata["word"]:
            words = {"nargs": "?", "const": True, "metavar": "{true,false}"}
            return {**words, "help": text}
        switch = each.default is False and not each.metadata["paired"]
        action = "store_true" if switch else argparse.BooleanOptionalAction
        return {"action": action, "help": text}
    one = each.each or each
    metavar = one.kind.__name__.upper()
    if choices := one.choices:
        metavar = "{" + ",".join(choices) + "}"
    elif one.pair:
        metavar = "X,Y" if each.each else "FLOAT"
    if each.each:
        shown = [",".join(map(str, v)) if one.pair else str(v) for v in default]
        default = " ".join(shown)
    if default is not None:
        text += f" (default: {default})"
    several = {"nargs": "+"} if each.each or each.pair else {}
    return {**several, "metavar": metavar, "help": text}
