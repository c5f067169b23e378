"""Run directories and sweeps of earlier versions, whose options had other names.

`legacy.json` holds the options of every family of experiments as they were then, with
the values that they had where nothing was said.
"""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.core.options import Option, OptionError, flag, named
from experiments.core.parts import RECIPES
from experiments.core.program import Program, compose, known_options

FAMILIES = {
    **{"starts": "starts", "nnrnn": "networks", "gamma": "networks"},
    **{"lsc": "stability", "awd": "language"},
}
GAMMAS, GAMMA_NETWORKS = ("gamma", "gamma2"), ("ANRU", "GRU")


def recipe_before(config: Mapping[str, Any]) -> str:
    """The recipe of a run of an earlier version, from its `config.json`."""
    family, options = config.get("family", "starts"), config["options"]
    if family != "networks":
        return next(name for name, of in FAMILIES.items() if of == family)
    has_gamma = options.get("nonlin") in GAMMAS
    if options.get("net_type") in GAMMA_NETWORKS or has_gamma:
        return "gamma"
    preset = options.get("preset", "")
    return "gamma" if preset.startswith("gamma/") else "nnrnn"


def program_of_config(config: Mapping[str, Any]) -> Program:
    """The program that a `config.json` describes, also of an earlier version."""
    script = config["experiment"]
    recipe = config.get("recipe")
    kept = config["options"]
    if recipe is None:
        recipe = recipe_before(config)
        kept = settings_before(script, recipe, kept)
    known = known_options(script, recipe)
    strangers = sorted(name for name in kept if named(known, name) is None)
    if strangers:
        raise OptionError(
            "options that are not known here: " + ", ".join(map(flag, strangers))
        )
    for name, value in kept.items():
        each = named(known, name)
        if each is not None and not _fits(each, value):
            raise OptionError(f"{value!r} for {flag(name)}, which makes no sense")
    return compose(script, recipe, kept)


def _fits(each: Option, value: Any) -> bool:
    """Whether a value that comes from JSON is of the type of an option."""
    if value is None or isinstance(value, bool | str):
        return each.optional if value is None else type(value) is each.kind
    try:
        each.read(value)
    except OptionError:
        return False
    return True


def settings_before(
    script: str, recipe: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Options of an earlier version without those that are there no more."""
    gone = _options_before(script, recipe).keys()
    known = {name for o in known_options(script, recipe).values() for name in o.names}
    there = {k: v for k, v in options.items() if k in known or k not in gone}
    return {**RECIPES[recipe].defaults, **there}


def as_before(program: Program) -> dict[str, Any]:
    """All options under the names that they had, as an earlier version has them.

    Sweeps name run directories by a hash of these. An option that came later is among
    them if it has another value than its default.
    """
    before = dict(_options_before(program.script, program.recipe.name))
    declared, options = program.declared, program.options
    known = known_options(program.script, program.recipe.name)
    values = {**program.network.before, **program.others, **options}
    for name, value in values.items():
        names = known[name].names
        old = next((each for each in names if each in before), None)
        if old is not None:
            before[old] = value
        elif name != "recipe" and (
            name not in declared or value != known[name].default
        ):
            before[name] = value
    return before


def family_before(program: Program) -> str:
    """The family of experiments that a recipe belonged to."""
    name: str = program.recipe.name
    return FAMILIES.get(name, name)


@functools.cache
def _all() -> dict[str, dict[str, Any]]:
    file = Path(__file__).with_name("legacy.json")
    return json.loads(file.read_text(encoding="utf-8"))


def _options_before(script: str, recipe: str) -> Mapping[str, Any]:
    return _all().get(f"{script}/{FAMILIES.get(recipe, recipe)}", {})
