"""What is settled before TensorFlow is loaded: options and the run directory."""

import dataclasses
import difflib
import json
import os
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from experiments.cluster import check_strategy
from experiments.core.options import by_role, options_of
from experiments.experiment import Experiment
from experiments.kept import kept_options
from experiments.options import OptionError, flag, parse
from experiments.presets import Preset
from experiments.settings import RunOptions
from experiments.testing import tested

# The roles of options that may differ between a run and its continuation.
FREE_ON_RESUME = ("length", "where", "shown")
MOST_PRESETS_IN_WORDS = 6


def prepare(
    experiment: Experiment, arguments: list[str] | None = None, note: str = ""
) -> RunOptions:
    """The options of a run, its directory among them.

    Nothing is written. Whatever is wrong ends the program with one line on standard
    error and exit code 2.

    Args:
        experiment: The experiment.
        arguments: Command-line arguments; None for those of the program.
        note: What `--help` adds to the description and the presets.

    Returns:
        An instance of the experiment's `options` whose `out` is set.
    """
    prog = f"{experiment.name}.py"
    presets = experiment.presets_in_words() or _in_words(experiment.presets)
    parts = [experiment.description or "", presets, note]
    try:
        given = parse(
            experiment.options,
            arguments,
            prog=prog,
            description="\n\n".join(part.strip() for part in parts if part),
        )
        if given.get("test"):
            return tested(experiment, given)
        if given.get("resume"):
            options = _continued(experiment, given)
        else:
            options = _new(experiment, given)
        check_strategy(options)
    except OptionError as error:
        refuse(prog, error)
    if not given.get("resume"):
        for remark in options.remarks(given):
            print(f"{prog}: warning: {remark}", file=sys.stderr)
    return options


def latest_unfinished(name: str) -> Path | None:
    """The run of a script that was begun last and is not finished, if there is one."""
    unfinished = [
        config.parent
        for config in Path("runs", name).glob("*/config.json")
        if not (config.parent / "summary.json").exists()
    ]
    begun = (((path / "config.json").stat().st_mtime, path) for path in unfinished)
    return max(begun, default=(0, None))[1]


def _in_words(presets: Mapping[str, Preset]) -> str:
    if len(presets) > MOST_PRESETS_IN_WORDS:
        return textwrap.fill(
            "presets (demo if nothing else is said): " + ", ".join(presets),
            width=88,
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
    lines = ["presets, as changes to the defaults below (demo if none is named):"]
    for name, preset in presets.items():
        words = [
            flag(field) + ("" if value is True else f" {value}".lower())
            for field, value in preset.items()
        ]
        lines.append(f"  {name}: " + (" ".join(words) or "no change"))
    return "\n".join(lines)


def refuse(prog: str, error: object) -> NoReturn:
    """Ends the program with a message on standard error and exit code 2."""
    print(f"{prog}: error: {error}", file=sys.stderr)
    raise SystemExit(2)


def _new(experiment: Experiment, given: dict[str, Any]):
    preset = given.get("preset", experiment.unnamed_preset(given))
    if preset not in experiment.presets:
        names = "one of " + ", ".join(experiment.presets)
        if experiment.presets_in_words():  # too many for a line
            names = "one of those that --help shows"
            if near := difflib.get_close_matches(preset, experiment.presets, 3):
                names += f", such as {', '.join(near)}"
        raise OptionError(f"--preset: expected {names}, received {preset!r}")
    values = {"preset": preset, **experiment.settings(preset, given)}
    if given.get("quick"):
        for option, most in experiment.quick.items():
            usual = values.get(option, getattr(experiment.options, option))
            values[option] = most if usual is None else min(most, usual)
    options = experiment.options(**{**values, **given})
    folder = Path("runs") / experiment.name
    out = Path(options.out) if options.out else _fresh(folder, options.label)
    _check_free(out)
    return dataclasses.replace(options, out=str(out))


def _fresh(folder: Path, label: str) -> Path:
    """A directory that is not there yet, named by time and what is trained."""
    stem = time.strftime("%Y%m%d-%H%M%S") + f"-{label}"
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(folder / each for each in candidates if not (folder / each).exists())


def _check_free(out: Path) -> None:
    if (out / "summary.json").exists():
        raise OptionError(f"--out: {out} holds a finished run; choose another folder")
    if (out / "config.json").exists():
        raise OptionError(
            f"--out: {out} holds an unfinished run; add --resume to continue it, or "
            "choose another folder"
        )
    if out.exists() and (not out.is_dir() or any(map(_counts, out.iterdir()))):
        raise OptionError(f"--out: {out} is not an empty folder; choose another one")
    _check_writable(out)


def _counts(file: Path) -> bool:
    """Whether a file is more than what is left of a run that was killed at once."""
    return not file.name.startswith((".lock", ".partial-"))


def _check_writable(out: Path) -> None:
    there = out.absolute()
    while not there.exists():
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise OptionError(f"--out: cannot write to {there}; choose another folder")


def _how_finished(summary: Path) -> str:
    try:
        json.loads(summary.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return (
            f"cannot read {summary} ({error}); remove it, and the run ends once more "
            "from its last state"
        )
    return f"the run in {summary.parent} is finished"


def _continued(experiment: Experiment, given: dict[str, Any]):
    name = experiment.name
    out = Path(given["out"]) if "out" in given else latest_unfinished(name)
    if out is None:
        raise OptionError(
            f"--resume: no unfinished run under {Path('runs', name)}; name it by --out"
        )
    begun = kept_options(experiment, out, "--resume")
    if (summary := out / "summary.json").exists():
        raise OptionError(f"--resume: {_how_finished(summary)}")
    _check_writable(out)
    free = by_role(options_of(experiment.options), *FREE_ON_RESUME)
    for option, value in given.items():
        kept = getattr(begun, option)
        if option not in free and value != kept:
            raise OptionError(
                f"{flag(option)}: the run in {out} began with {kept!r} and keeps it; "
                f"received {value!r}"
            )
    return dataclasses.replace(begun, **{**given, "out": str(out)})
