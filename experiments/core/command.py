"""From a command line to a program: which recipe is meant, and whose settings hold."""

import argparse
import contextlib
import dataclasses
import difflib
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.core import directory
from experiments.core.cluster import check_strategy
from experiments.core.options import (
    OptionError,
    by_role,
    flag,
    hyphenated,
    named,
    parse,
    refuse,
)
from experiments.core.parts import RECIPES, TASKS, networks_of, presets_of, recipes_of
from experiments.core.program import (
    Program,
    compose,
    known_options,
    read_values,
    spelled_out,
)

# The roles of options that may differ between a run and its continuation.
FREE_ON_RESUME = ("length", "where", "shown")
FREE_IN_TESTS = ("where", "shown", "numerics", "test")
TRAINED = ("trained", "length")
MOST_NAMES = 6  # of presets in a line


def program_of(
    script: str, arguments: list[str] | None = None, description: str | None = None
) -> Program:
    """The program that a command line means, its run directory among it.

    Nothing is written. Whatever is wrong ends the program with one line on standard
    error and exit code 2.

    Args:
        script: Name of the script.
        arguments: Command-line arguments; None for those of the program.
        description: What `--help` says first.
    """
    prog = f"{script}.py"
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        recipe, reason = meant(script, arguments)
        defaults = published_defaults(script, recipe)
        given = parse(
            known_options(script, recipe),
            arguments,
            prog=prog,
            usage=f"{prog} [--preset NAME] [flags]",
            description="\n\n".join([(description or "").strip(), _notes(script)]),
            defaults=defaults,
        )
        given = RECIPES[recipe].understood(script, given)
        given = spelled_out(script, recipe, given)
        if given.get("test"):
            return _tested(script, recipe, given)
        if given.get("resume"):
            program = _continued(script, recipe, given)
        else:
            program = _new(script, recipe, given, reason)
        check_strategy(program)
    except OptionError as error:
        refuse(prog, error)
    if not given.get("resume"):
        for remark in program.remarks(given):
            print(f"{prog}: warning: {remark}", file=sys.stderr)
    return program


def meant(script: str, arguments: Sequence[str]) -> tuple[str, str]:
    """The recipe that a command line means, and why, in words.

    In this order: that of the run that is to be resumed or tested; the one that is
    named; the only one that has the preset, or knows every flag; one that a value
    means. If several are left it is the first.

    Raises:
        OptionError: If there is none.
    """
    recipes = recipes_of(script)
    asked = _asked(arguments)
    if asked.resume or asked.test:
        out = Path(asked.out) if asked.out else directory.latest_unfinished(script)
        if out is not None and (found := directory.recipe_of(out)) in recipes:
            return found, "that of the run"
    if asked.recipe is not None:
        if asked.recipe not in recipes:
            raise OptionError(
                f"--recipe: expected one of {', '.join(recipes)}, received "
                f"{asked.recipe!r}"
            )
        return asked.recipe, "as asked for"
    left, reason = recipes, ""
    owner: dict[str, list[str]] = {}
    flags = _flags(script, arguments)
    if asked.preset is not None:
        having = [each for each in recipes if asked.preset in presets_of(script, each)]
        if having:
            owner[f"--preset {asked.preset}"] = having
    for name in flags:
        knowing = [each for each in recipes if named(known_options(script, each), name)]
        if not knowing and name.startswith("--no-"):
            positive = "--" + name[5:]
            knowing = [e for e in recipes if named(known_options(script, e), positive)]
        if knowing:  # else argparse says so
            owner[name] = knowing
    for name, knowing in owner.items():
        both = [each for each in left if each in knowing]
        if not both:
            raise OptionError(
                f"{name} is of the recipe {' or '.join(knowing)}, {reason} of "
                f"{' or '.join(left)}; leave one out (--recipe NAME --help lists flags)"
            )
        if len(both) < len(left) or (not reason and len(knowing) < len(recipes)):
            reason = reason if len(both) == len(left) else name
        left = both
    for each in left[1:]:
        if claim := RECIPES[each].claims(_values(script, each, arguments)):
            return each, f"because of {flag(claim)}"
    found, *others = left
    why = f"because of {reason}" if reason else ""
    if others and flags:
        fit = f"{' and '.join(others)} would fit, too: --recipe {others[0]}"
        why = f"{why}; {fit}" if why else f"the first of those that fit; {fit}"
    return found, why


def settings_of(
    script: str, recipe: str, preset: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings of a preset: the published defaults and what it changes.

    Args:
        script: Name of the script.
        recipe: Name of the recipe.
        preset: Name of the preset; `demo` may be another one for each network.
        given: The values of flags, which say what network it is.

    Raises:
        OptionError: If there is no such preset.
    """
    presets = presets_of(script, recipe)
    if preset not in presets:
        near = difflib.get_close_matches(preset, _all_presets(script), 3)
        names = "one of " + ", ".join(presets)
        if near or len(presets) > MOST_NAMES:
            names = "one of those that --help shows"
            names += f", such as {', '.join(near)}" if near else ""
        raise OptionError(f"--preset: expected {names}, received {preset!r}")
    values = published_defaults(script, recipe)
    if preset == "demo":
        changes = _demo(script, recipe, given)
    else:
        changes = presets[preset].settings
    return {**values, **read_values(script, recipe, changes), "preset": preset}


def published_defaults(script: str, recipe: str) -> dict[str, Any]:
    """What holds if nothing else is said: the defaults of the published program."""
    defaults = dict(RECIPES[recipe].defaults)
    defaults |= presets_of(script, recipe)["script"].settings
    return read_values(script, recipe, defaults)


def composed(
    script: str, recipe: str, given: Mapping[str, Any], reason: str = ""
) -> Program:
    """The program of a preset, or of none, with the values of flags.

    No flag that says what is trained means the demonstration, any means the published
    defaults of the recipe.

    Args:
        script: Name of the script.
        recipe: Name of the recipe.
        given: The values of flags, by name of the option.
        reason: Why this recipe.
    """
    given = spelled_out(script, recipe, given)
    known = known_options(script, recipe)
    trained = [name for name in given if known[name].role in TRAINED]
    preset = given.get("preset", "script" if trained else "demo")
    values = settings_of(script, recipe, preset, given)
    task = TASKS[script, recipe]
    if given.get("quick"):
        for name, most in task.quick.items():
            if name in known:
                usual = values.get(name, known[name].default)
                values[name] = most if usual is None else min(most, usual)
    program = compose(script, recipe, {**values, **given})
    whose = {"script": "published defaults", "demo": "a demonstration"}
    whose = whose.get(preset, f"preset {preset}")
    words = [f"recipe {recipe}" + (f" ({reason})" if reason else ""), whose]
    if preset == "demo" and "preset" not in given:
        words.append("as no flag says what is trained")
    if preset == "script" and "preset" not in given:
        words.append("--preset demo is a small run")
    return dataclasses.replace(program, why="; ".join(words))


def _demo(script: str, recipe: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The demonstration of the network that flags mean.

    A network without one of its own has that of its class, in the size of the script's.
    """
    rows = [
        row
        for row in RECIPES[recipe].rows()
        if row.script == script and row.preset == "demo"
    ]
    network = networks_of(script, recipe)[0]
    selector = network.selector
    asked = {name: given[name] for name in (selector, "task") if name in given}
    for row in rows:
        if all(str(row.settings.get(n, v)) == str(v) for n, v in asked.items()):
            return row.settings
    for each in networks_of(script, recipe):
        if given.get(selector) in each.names:
            sizes = [r for r in RECIPES[recipe].rows() if r.preset == "@demo"]
            size = next((r.settings for r in sizes if r.script == script), {})
            return {**size, **each.demo}
    return rows[0].settings if rows else {}


def _new(script: str, recipe: str, given: dict[str, Any], reason: str) -> Program:
    program = composed(script, recipe, given, reason)
    folder = Path("runs") / script
    out = program.run.out
    out = Path(out) if out else directory.fresh(folder, program.label)
    directory.check_free(out)
    return dataclasses.replace(
        program, run=dataclasses.replace(program.run, out=str(out))
    )


def _continued(script: str, recipe: str, given: dict[str, Any]) -> Program:
    out = Path(given["out"]) if "out" in given else directory.latest_unfinished(script)
    if out is None:
        raise OptionError(
            f"--resume: no unfinished run under {Path('runs', script)}; name it by "
            "--out"
        )
    begun = directory.kept_program(script, out, "--resume")
    directory.check_unfinished(out)
    known = known_options(script, recipe)
    directory.check_same(begun, given, by_role(known, *FREE_ON_RESUME), out, "keeps it")
    changes = {**given, "out": str(out)}
    return dataclasses.replace(begun.changed(**changes), why="as it began")


def _tested(script: str, recipe: str, given: dict[str, Any]) -> Program:
    if given.get("resume"):
        raise OptionError("--test: a test trains nothing, expected no --resume")
    if "out" not in given:
        raise OptionError("--test: name the run to be tested by --out")
    out = Path(given["out"])
    program = directory.kept_program(script, out, "--test")
    free = by_role(known_options(script, recipe), *FREE_IN_TESTS)
    directory.check_same(program, given, free, out, "is tested so", has="has")
    if program.run.rounds > 1:
        raise OptionError(
            f"--test: the run in {out} has a folder for each of its rounds, expected "
            f"one of them: --out {out / f'seed-{program.run.seed}'}"
        )
    program = program.changed(**{"resume": False, "json": False, **given})
    directory.weights(program)
    return program


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    """The few flags that say where settings come from."""
    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, exit_on_error=False
    )
    for name in ("--preset", "--out", "--recipe"):
        parser.add_argument(name, nargs="?")
    for name in ("--resume", "--test"):
        parser.add_argument(name, action="store_true")
    try:
        return parser.parse_known_args([hyphenated(word) for word in arguments])[0]
    except argparse.ArgumentError:  # of which the whole parser says the same
        return parser.parse_args([])


def _flags(script: str, arguments: Sequence[str]) -> list[str]:
    """The flags among arguments, as they are written, those of the source left out."""
    short = {
        name
        for recipe in recipes_of(script)
        for each in known_options(script, recipe).values()
        for name in each.names
        if name.startswith("-")
    }
    left_out = {"--help", "--preset", "--out", "--recipe", "--resume", "--quick"}
    words = [hyphenated(word).split("=")[0] for word in arguments]
    found = [word for word in words if word.startswith("--") or word in short]
    return [word for word in dict.fromkeys(found) if word not in left_out]


def _values(script: str, recipe: str, arguments: Sequence[str]) -> dict[str, Any]:
    """The values of flags as far as they can be read, without a word about others."""
    known = known_options(script, recipe)
    found: dict[str, Any] = {}
    words = [hyphenated(word) for word in arguments]
    for place, word in enumerate(words):
        name, _, value = word.partition("=")
        each = named(known, name) if name.startswith("-") else None
        if each is None:
            if name.startswith("--no-") and named(known, name[5:]):
                found[name[5:].replace("-", "_")] = False
            continue
        following = words[place + 1] if place + 1 < len(words) else ""
        if not value and each.kind is not bool:
            value = following
        with contextlib.suppress(OptionError):
            found[each.name] = each.read(value) if value else True
    return found


def _all_presets(script: str) -> list[str]:
    return [
        name for recipe in recipes_of(script) for name in presets_of(script, recipe)
    ]


def _notes(script: str) -> str:
    """What `--help` says of recipes and presets."""
    lines = []
    for recipe in recipes_of(script):
        about = RECIPES[recipe].about
        lines.append(f"recipe {recipe}: {about} (--recipe {recipe} --help)")
        lines.append(
            textwrap.fill(
                "presets: " + ", ".join(shortened(presets_of(script, recipe))),
                width=88,
                initial_indent="  ",
                subsequent_indent="    ",
                break_on_hyphens=False,
                break_long_words=False,
            )
        )
    lines.append(
        "No flag that says what is trained means the demonstration; any means the\n"
        "published defaults of its recipe. --preset demo with flags changes the former."
    )
    return "\n".join(lines)


def shortened(names: Mapping[str, Any]) -> list[str]:
    """Names of presets; of long series the first, the number and how to see all."""
    series: dict[str, list[str]] = {}
    for name in names:
        series.setdefault(name.partition("/")[0], []).append(name)
    words = []
    for prefix, each in series.items():
        if len(each) > 12:
            words.append(f"{each[0]} and {len(each) - 1} more (presets '{prefix}/*')")
        else:
            words += each
    return words
