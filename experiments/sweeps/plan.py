"""The runs of a sweep, and the run directories that are named by their options."""

import dataclasses
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.command import composed, meant
from experiments.core.legacy import as_before, family_before
from experiments.core.options import Option, OptionError, by_role, flag, named
from experiments.core.parts import RECIPES
from experiments.core.program import Program, known_options
from experiments.core.runs import RunFolder
from experiments.sweeps.grids import Axes, Grid

# Options that the hash of a run leaves out, by the names that they have always had. It
# names run directories, so it stays as it was whatever becomes of options.
NOT_HASHED = {
    *("preset", "quick", "out", "resume", "json", "save"),
    *("device", "cuda", "tensorboard", "strategy", "verbose"),
}
# The options by whose values rows are made, if runs differ in them.
GROUPS = ("init", "net_type", "net", "activation", "pretrain", "nonlin", "task")
# The roles of options that a sweep cannot set, and of those that do not vary in it.
NOT_SWEPT = ("shown", "test")
NOT_VARIED = ("where", "shown", "source", "test")
NOT_SET = ("out", "resume", "save")


@dataclass(frozen=True)
class Planned:
    """A run of a sweep."""

    program: Program  # with its run directory
    key: str  # the hash of all that the run is

    @property
    def directory(self) -> Path:
        """Its run directory."""
        return Path(self.program.run.out or "")

    @functools.cached_property
    def options(self) -> dict[str, Any]:
        """Its options by name."""
        return self.program.options

    def told(self, names: Iterable[str]) -> str:
        """Some of its options in words: `init chain, learning_rate 0.0001`."""
        return in_words({name: self.options.get(name) for name in names})

    def alike(self, *free: str) -> str:
        """A text that runs share that differ in these options and their seed alone."""
        left_out = {*free, *by_role(self.program.declared, *NOT_VARIED, "seed")}
        left = {k: v for k, v in self.options.items() if k not in left_out}
        return json.dumps([self.program.script, left], sort_keys=True)


# What a worker trains at once, and what is given out again if the worker dies.
Unit = tuple[Planned, ...]


def planned(grid: Grid, out: Path, only: Axes | None = None) -> list[Planned]:
    """The runs of a grid, each once, in its order, in folders within `out`.

    With `only` these have one of some values of its options.
    """
    runs: dict[str, Planned] = {}
    for setting in grid.settings:
        program = _program(grid.script, setting)
        if _is_one_of(program, only or {}):
            key = _key(program)
            place = {"out": str(out / key), "resume": True, "json": False}
            run = dataclasses.replace(program.run, **place)
            runs.setdefault(key, Planned(dataclasses.replace(program, run=run), key))
    return list(runs.values())


def units_of(runs: Sequence[Planned], size: int = 1) -> list[Unit]:
    """Units of work: single runs, or vectorized groups, trained in one program.

    Groups have a size at most. Runs of one seed, which share their data, are put
    together.
    """
    if size == 1:
        return [(run,) for run in runs]
    kinds: dict[str, list[Planned]] = {}
    for run in sorted(runs, key=lambda run: run.program.run.seed):
        check_vectorized([run.program])
        kinds.setdefault(run.alike(*run.program.recipe.vectorized), []).append(run)
    return [
        tuple(kind[begin : begin + size])
        for kind in kinds.values()
        for begin in range(0, len(kind), size)
    ]


def check_vectorized(programs: Sequence[Program]) -> None:
    """Raises an `OptionError` if runs cannot be trained as one."""
    first = programs[0]
    recipe = first.recipe
    if not recipe.vectorized:
        able = ", ".join(name for name, each in RECIPES.items() if each.vectorized)
        raise OptionError(
            f"--vectorize: expected runs of the recipe {able}, received "
            f"{first.script}.py of {recipe.name}"
        )
    free = {*recipe.vectorized, "seed", "out", "resume"}
    for program in programs:
        if program.run.strategy != "none":
            raise OptionError(
                "--vectorize: runs trained as one are on one device, expected "
                f"--strategy none, received {program.run.strategy}"
            )
        if program.options.get("compare") is not None:
            raise OptionError("--vectorize: expected runs with --compare none")
        for name, received in program.options.items():
            if name not in free and received != (expected := first.options[name]):
                raise OptionError(
                    f"{flag(name)}: runs trained as one share it, received "
                    f"{json.dumps(expected)} and {json.dumps(received)}"
                )


def varied(runs: Sequence[Planned | RunFolder]) -> dict[str, list[Any]]:
    """The options in which runs differ, and their values in order."""
    roles = {name: each.role for run in runs for name, each in _declared(run).items()}
    values: dict[str, list[Any]] = {}
    for name in dict.fromkeys(name for run in runs for name in run.options):
        if roles.get(name) in NOT_VARIED:
            continue
        found = [run.options[name] for run in runs if name in run.options]
        different = dict.fromkeys(tuple(v) if isinstance(v, list) else v for v in found)
        if len(different) > 1:
            numbers = all(isinstance(each, int | float) for each in different)
            values[name] = sorted(different) if numbers else list(different)
    return values


def grouping(runs: Sequence[Planned | RunFolder]) -> str | None:
    """The option by which runs are best put into groups; None for one group."""
    differ = varied(runs)
    return next((name for name in GROUPS if name in differ), None)


def option_named(runs: Sequence[Planned | RunFolder], name: str) -> str:
    """The name of an option of runs of which this may be another name."""
    found = (_known(_declared(run), name) for run in runs)
    return next((each.name for each in found if each is not None), name)


def in_words(options: Mapping[str, Any]) -> str:
    """Options in few characters: `init chain, learning_rate 0.0001`."""
    return ", ".join(f"{name} {word(value)}" for name, value in options.items())


def word(value: Any) -> str:
    """The value of an option as it can be typed."""
    if isinstance(value, tuple | list):
        return ":".join(map(word, value))
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text.lower() if value is None or isinstance(value, bool) else text


def _program(script: str, setting: Mapping[str, Any]) -> Program:
    recipe = _recipe(script, tuple(_without_number(*each) for each in setting.items()))
    known = known_options(script, recipe)
    given: dict[str, Any] = {}
    for name, value in setting.items():
        each = _known(known, name)
        if each is None or each.role in NOT_SWEPT or each.name in NOT_SET:
            raise OptionError(
                f"--grid: {script}.py --help has no option {name!r} that a sweep could "
                "set"
            )
        given[each.name] = _checked(each, value)
    given = RECIPES[recipe].understood(script, given)
    if "compare" in known:  # a grid has all that is to be compared
        given.setdefault("compare", known["compare"].default)
    return composed(script, recipe, {"tensorboard": False, **given})


@functools.cache
def _recipe(script: str, flags: tuple[str, ...]) -> str:
    return meant(script, flags)[0]


def _without_number(name: str, value: Any) -> str:
    """A flag for the choice of a recipe, for which no number counts."""
    number = re.fullmatch(r"[-+.\d]+(e[-+]?\d+)?", str(value))
    return f"{flag(name)}={1 if number else value}"


def _known(known: Mapping[str, Option], name: str) -> Option | None:
    return named(known, name if len(name) > 1 else f"-{name}") or named(known, name)


def _checked(each: Option, value: Any) -> Any:
    value = each.read(value)
    each.check(value)
    return value


def _key(program: Program) -> str:
    options = as_before(program)
    hashed = {
        "experiment": program.script,
        "family": family_before(program),
        "options": {k: v for k, v in options.items() if k not in NOT_HASHED},
    }
    text = json.dumps(hashed, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _declared(run: Planned | RunFolder) -> Mapping[str, Option]:
    program = run.program if isinstance(run, Planned) else run.known
    return program.declared if program else {}


def _is_one_of(program: Program, only: Axes) -> bool:
    known = known_options(program.script, program.recipe.name)
    has = {**program.others, **program.options}
    for name, values in only.items():
        each = _known(known, name)
        if each is None:
            raise OptionError(f"--only: {program.script}.py has no option {name!r}")
        if has.get(each.name) not in [_checked(each, value) for value in values]:
            return False
    return True
