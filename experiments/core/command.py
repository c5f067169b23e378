"""From a command line to a program: which recipe is meant, and whose settings hold."""

import contextlib
import dataclasses
import difflib
import itertools
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.core import directory
from experiments.core.cluster import check_strategy
from experiments.core.options import (
    Option,
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
from experiments.core.report import gathered

# The roles of options that may differ between a run and its continuation.
FREE_ON_RESUME = ("length", "where", "shown")
FREE_IN_TESTS = ("where", "shown", "numerics", "test")
TRAINED = ("trained", "length")
MOST_NAMES = 6  # of presets in a line
SAYING_NO_RECIPE = ("--help", "--preset", "--out", "--recipe", "--resume", "--quick")


def program_of(
    script: str, arguments: list[str] | None = None, description: str | None = None
) -> Program:
    """The program that a command line means, its run directory among it.

    Nothing is written. Whatever is wrong ends the program with one line on standard
    error and exit code 2. The arguments are those of `core.run.main`.
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
    recipes, flags = recipes_of(script), _flags(script, arguments)
    if "--resume" in flags or "--test" in flags:
        out = flags.get("--out") or directory.latest_unfinished(script)
        if out is not None and (found := directory.recipe_of(Path(out))) in recipes:
            return found, "that of the run"
    if asked := flags.get("--recipe"):
        if asked not in recipes:
            raise OptionError(
                f"--recipe: expected one of {', '.join(recipes)}, received {asked!r}"
            )
        return asked, "as asked for"
    knowing: dict[str, list[str]] = {}
    if preset := flags.get("--preset"):
        having = [each for each in recipes if preset in presets_of(script, each)]
        knowing[f"--preset {preset}"] = having
    said = [name for name in flags if name not in SAYING_NO_RECIPE]
    for name in said:
        knowing[name] = [e for e in recipes if _named(known_options(script, e), name)]
    left, reason = recipes, ""
    for name, able in knowing.items():
        both = [each for each in left if each in able]
        if able and not both:
            raise OptionError(
                f"{name} is of the recipe {' or '.join(able)}, {reason} of "
                f"{' or '.join(left)}; leave one out (--recipe NAME --help lists flags)"
            )
        if able and len(both) < len(left):  # of what none knows the parser says so
            left, reason = both, name
    for each in left[1:]:
        values = _values(known_options(script, each), flags)
        if claim := RECIPES[each].claims(values):
            return each, f"because of {flag(claim)}"
    found, *others = left
    why = f"because of {reason}" if reason else ""
    if others and said:
        fit = f"{' and '.join(others)} would fit, too: --recipe {others[0]}"
        why = f"{why}; {fit}" if why else f"the first of those that fit; {fit}"
    return found, why


def _flags(script: str, arguments: Sequence[str]) -> dict[str, str]:
    """The flags among arguments, with what may be their values."""
    short = {
        name
        for recipe in recipes_of(script)
        for each in known_options(script, recipe).values()
        for name in each.names
        if name.startswith("-")
    }
    words, found = [hyphenated(word) for word in arguments], {}
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        if name.startswith("--") or name in short:
            following = "" if following.startswith("--") else following
            found[name] = value if equals else following
    return found


def _named(known: Mapping[str, Option], name: str) -> Option | None:
    """The option of a flag, `--no-jit` among them."""
    positive = "--" + name[5:] if name.startswith("--no-") else name
    return named(known, name) or named(known, positive)


def _values(known: Mapping[str, Option], flags: Mapping[str, str]) -> dict[str, Any]:
    """The values of flags as far as they can be read, without a word about others."""
    found: dict[str, Any] = {}
    for name, text in flags.items():
        if each := _named(known, name):
            found[each.name] = text
            with contextlib.suppress(OptionError):
                found[each.name] = each.read(text)
    return found


def settings_of(
    script: str, recipe: str, preset: str, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings of a preset: the published defaults and what it changes.

    The preset `demo` may be another one for each network, which flags name.
    """
    presets = presets_of(script, recipe)
    if preset not in presets:
        known = [
            name for each in recipes_of(script) for name in presets_of(script, each)
        ]
        near = difflib.get_close_matches(preset, known, 3)
        names = "one of " + ", ".join(presets)
        if near or len(presets) > MOST_NAMES:
            such = f", such as {', '.join(near)}" if near else ""
            names = f"one of those that --help shows{such}"
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
        reason: Why this recipe, in words.
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
    words = [f"recipe {recipe}" + (f" ({reason})" if reason else "")]
    words.append(whose.get(preset, f"preset {preset}"))
    if "preset" not in given:
        small = "--preset demo is a small run"
        words.append(small if trained else "as no flag says what is trained")
    return dataclasses.replace(program, why="; ".join(words))


def _demo(script: str, recipe: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The demonstration of the network that flags mean.

    A network without one of its own has that of its class, in the size of the script's.
    """
    rows = [row for row in RECIPES[recipe].rows() if row.script == script]
    demos = [row.settings for row in rows if row.preset == "demo"]
    networks = networks_of(script, recipe)
    selector = networks[0].selector
    asked = {name: given[name] for name in (selector, "task") if name in given}
    for each in demos:
        if all(str(each.get(n, v)) == str(v) for n, v in asked.items()):
            return each
    for each in networks:
        if asked.get(selector) in each.names:
            size = next((r.settings for r in rows if r.preset == "@demo"), {})
            return {**size, **each.demo}
    return demos[0] if demos else {}


def _new(script: str, recipe: str, given: dict[str, Any], reason: str) -> Program:
    program = composed(script, recipe, given, reason)
    out = program.run.out or str(directory.fresh(script, program.label))
    directory.check_free(Path(out))
    run = dataclasses.replace(program.run, out=out)
    return dataclasses.replace(program, run=run)


def _continued(script: str, recipe: str, given: dict[str, Any]) -> Program:
    out = given.get("out") or directory.latest_unfinished(script)
    if out is None:
        raise OptionError(
            f"--resume: no unfinished run under {Path('runs', script)}; name it by "
            "--out"
        )
    begun = directory.kept_program(script, Path(out), "--resume")
    directory.check_unfinished(Path(out))
    free = by_role(known_options(script, recipe), *FREE_ON_RESUME)
    _check_same(begun, given, free, f"in {out} began with {{!r}} and keeps it")
    changed = begun.changed(**{**given, "out": str(out)})
    why = "; ".join(filter(None, ("as it began", begun.why)))
    return dataclasses.replace(changed, why=why)


def _tested(script: str, recipe: str, given: dict[str, Any]) -> Program:
    if given.get("resume"):
        raise OptionError("--test: a test trains nothing, expected no --resume")
    if "out" not in given:
        raise OptionError("--test: name the run to be tested by --out")
    out = Path(given["out"])
    program = directory.kept_program(script, out, "--test")
    free = by_role(known_options(script, recipe), *FREE_IN_TESTS)
    _check_same(program, given, free, f"in {out} has {{!r}} and is tested so")
    if program.run.rounds > 1:
        raise OptionError(
            f"--test: the run in {out} has a folder for each of its rounds, expected "
            f"one of them: --out {out / f'seed-{program.run.seed}'}"
        )
    program = program.changed(**{"resume": False, "json": False, **given})
    directory.weights(program)
    return program


def _check_same(
    begun: Program, given: Mapping[str, Any], free: Collection[str], has: str
) -> None:
    """Raises an `OptionError` if a flag says something else than a run has.

    Options in `free` may differ; `has` says where the run is and that it has `{!r}`.
    """
    options = begun.options
    for name, value in given.items():
        if name in options and name not in free and value != options[name]:
            has = has.format(options[name])
            raise OptionError(f"{flag(name)}: the run {has}; received {value!r}")


def _notes(script: str) -> str:
    """What `--help` says of recipes and presets."""
    lines = []
    for recipe in recipes_of(script):
        about = RECIPES[recipe].about
        lines.append(f"recipe {recipe}: {about} (--recipe {recipe} --help)")
        networks = networks_of(script, recipe)
        listed = {"presets": _shortened(presets_of(script, recipe))}
        if len(networks) > 1:
            listed["networks"] = (name for each in networks for name in each.names)
        for title, names in listed.items():
            lines += textwrap.wrap(
                f"{title}: {', '.join(names)}",
                width=88,
                initial_indent="  ",
                subsequent_indent="    ",
                break_on_hyphens=False,
                break_long_words=False,
            )
    lines.append(
        "No flag that says what is trained means the demonstration; any means the\n"
        "published defaults of its recipe. --preset demo with flags changes the former."
    )
    return "\n".join(lines)


def _shortened(names: Iterable[str]) -> Iterator[str]:
    """Names of presets; of long series the first, the number and how to see all."""
    series = gathered((name.partition("/")[0], name) for name in names)
    for prefix, (first, *others) in series.items():
        if len(others) > 11:
            yield f"{first} and {len(others)} more (presets '{prefix}/*')"
        else:
            yield from (first, *others)
