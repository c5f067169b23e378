"""How a figure is declared, and started from its command line."""

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from experiments.core.options import (
    OptionError,
    Options,
    Parser,
    option,
    options_of,
    refuse,
)
from experiments.core.report import FigureFolder
from experiments.core.run import load_tensorflow
from experiments.core.runs import run_folders


class Later:
    """A module that is not imported before something in it is asked for."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


# What figures are made of: heavy, so that wrong options are refused before.
keras, numpy = Later("keras"), Later("numpy")
analysis = Later("keras_nonnormal.analysis")
plotting = Later("keras_nonnormal.plotting")


def say(words: str) -> None:
    """Says on a terminal what takes its time."""
    if sys.stderr.isatty():
        print(f"{words} ...", file=sys.stderr, flush=True)


def flat(values: Any) -> Iterator[tuple]:
    """The rows of a table of nested values: where each is, and what it is.

    Keys of mappings come first, and places, from 0 on, in lists, arrays and iterators.
    A tuple, as a key or as an end, is several cells.

    Example:

    >>> list(flat({"a": {(1, 2): [0.5, 0.25]}, "b": (3, 4)}))
    [('a', 1, 2, 0, 0.5), ('a', 1, 2, 1, 0.25), ('b', 3, 4)]
    """
    if isinstance(values, str | tuple) or not isinstance(values, Iterable):
        yield _cells(values)
        return
    within = values.items() if isinstance(values, Mapping) else enumerate(values)
    for key, each in within:
        yield from ((*_cells(key), *row) for row in flat(each))


def _cells(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


class Output(FigureFolder):
    """The folder that a figure and its CSV file go to."""

    def begin(self, *names: str, table: str | None = None) -> None:
        """Sees to it that figures can be written, see `reserve`; loads TensorFlow."""
        self.reserve(*names, table=table)
        say("loading TensorFlow")
        load_tensorflow()


@dataclass(frozen=True)
class FigureOptions(Options):
    """The options that all figures have."""

    out: str = option("figures", "folder for the figures", role="where")


@dataclass(frozen=True)
class Figure:
    """A figure that the command line knows."""

    name: str
    draw: Callable[..., None]  # of `runs`, if it is of runs, options and `Output`
    options: type[FigureOptions]
    of_runs: bool  # whether it is of run directories


FIGURES: dict[str, Figure] = {}


def figure(name: str, **flags: Any) -> Callable:
    """Declares a function that draws a figure; its docstring is the figure's help.

    A function whose first argument is called `runs` takes run directories there.

    Args:
        name: What the command line calls it; its files are called so, too, or begin
            with it.
        **flags: The options of the figure, each made by `option`, whose default says
            of what type it is, or a pair of the type and that.
    """

    def declared(draw: Callable[..., None]) -> Callable[..., None]:
        fields = [
            (each, *(flag if isinstance(flag, tuple) else (_kind(flag.default), flag)))
            for each, flag in flags.items()
        ]
        options = dataclasses.make_dataclass(
            "FigureOptions", fields, bases=(FigureOptions,), frozen=True
        )
        of_runs = next(iter(inspect.signature(draw).parameters)) == "runs"
        FIGURES[name] = Figure(name, draw, options, of_runs)
        return draw

    return declared


def run(arguments: list[str] | None, description: str | None) -> int:
    """Draws the figure that a command line asks for; returns the exit code."""
    parser = Parser(prog="figures.py", description=description)
    commands = parser.add_subparsers(dest="figure", metavar="FIGURE", required=True)
    for each in sorted(FIGURES.values(), key=lambda each: each.of_runs):
        about = each.draw.__doc__ or ""
        kind = "RUN: " if each.of_runs else ""
        command = commands.add_parser(each.name, help=kind + about, description=about)
        if each.of_runs:
            command.add_argument(
                "runs", nargs="+", metavar="RUN", help="run directories"
            )
        command.add_options(options_of(each.options))
    given = vars(parser.parse_args(arguments))
    asked = FIGURES[given.pop("figure")]
    try:
        paths = given.pop("runs", None)
        options = asked.options(**given)
        subject = [] if paths is None else [run_folders(paths)]
        asked.draw(*subject, options, Output(options.out))
    except OptionError as error:
        refuse(f"figures.py {asked.name}", error)
    return 0


def _kind(default: Any) -> Any:
    """The type of an option by its default; of a tuple, one or more values or pairs."""
    if not isinstance(default, tuple):
        return type(default)
    pair = isinstance(default[0], tuple)
    return tuple[tuple[float, float] if pair else type(default[0]), ...]
