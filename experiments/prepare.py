"""What is settled before TensorFlow is loaded: options and the run directory."""

import dataclasses
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from experiments.options import OptionError, flag, parse
from experiments.presets import Preset
from experiments.settings import TrainingOptions

# What may differ between a run and its continuation: how long, where, how it is shown.
FREE_ON_RESUME = {"epochs", "device", "tensorboard", "json", "resume", "out"}


def prepare(
    name: str,
    options_class: type[TrainingOptions],
    presets: Mapping[str, Preset],
    quick: Preset,
    arguments: list[str] | None,
    description: str | None,
) -> TrainingOptions:
    """The options of a run, its directory among them.

    Nothing is written. Whatever is wrong ends the program with one line on standard
    error and exit code 2.

    Args:
        name: Name of the experiment.
        options_class: Its options.
        presets: Its presets; `demo` is the default.
        quick: What `--quick` allows at most.
        arguments: Command-line arguments; None for those of the program.
        description: What `--help` says first.

    Returns:
        An `options_class` whose `out` is set.
    """
    prog = f"{name}.py"
    names = ", ".join(presets)
    given = parse(
        options_class,
        arguments,
        prog=prog,
        description=f"{(description or '').strip()}\n\n{_in_words(presets)}",
    )
    try:
        if given.get("resume"):
            return _continued(name, options_class, given)
        preset = given.get("preset", "demo")
        if preset not in presets:
            raise OptionError(f"--preset: expected one of {names}, received {preset!r}")
        return _new(name, options_class, presets[preset], quick, given)
    except OptionError as error:
        refuse(prog, error)


def _in_words(presets: Mapping[str, Preset]) -> str:
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
    import sys

    print(f"{prog}: error: {error}", file=sys.stderr)
    raise SystemExit(2)


def _new(name, options_class, preset: Preset, quick: Preset, given):
    values = dict(preset)
    if given.get("quick"):
        for option, most in quick.items():
            usual = values.get(option, getattr(options_class, option))
            values[option] = min(most, usual)
    values.update(given)
    init = values.get("init", options_class.init)
    if "compare" not in given and values.get("compare") == init:
        values["compare"] = None
    options = options_class(**values)
    out = Path(options.out) if options.out else _fresh(Path("runs") / name, options)
    _check_free(out)
    return dataclasses.replace(options, out=str(out))


def _fresh(folder: Path, options: TrainingOptions) -> Path:
    """A directory that is not there yet, named by time and start."""
    stem = time.strftime("%Y%m%d-%H%M%S") + f"-{options.init}"
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
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OptionError(f"--out: {out} is not an empty folder; choose another one")
    _check_writable(out)


def _check_writable(out: Path) -> None:
    there = out.absolute()
    while not there.exists():
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise OptionError(f"--out: cannot write to {there}; choose another folder")


def _continued(name, options_class, given: dict[str, Any]):
    out = Path(given["out"]) if "out" in given else _latest_unfinished(name)
    config = out / "config.json"
    if not config.exists():
        raise OptionError(f"--resume: there is no run in {out}")
    if (out / "summary.json").exists():
        raise OptionError(f"--resume: the run in {out} is finished")
    _check_writable(out)
    content = json.loads(config.read_text(encoding="utf-8"))
    if content.get("experiment") != name:
        raise OptionError(
            f"--resume: the run in {out} belongs to {content.get('experiment')}.py"
        )
    begun = options_class(**content["options"])
    for option, value in given.items():
        kept = getattr(begun, option)
        if option not in FREE_ON_RESUME and value != kept:
            raise OptionError(
                f"{flag(option)}: the run in {out} began with {kept!r} and keeps it; "
                f"received {value!r}"
            )
    return dataclasses.replace(begun, **{**given, "out": str(out)})


def _latest_unfinished(name: str) -> Path:
    unfinished = [
        config.parent
        for config in Path("runs", name).glob("*/config.json")
        if not (config.parent / "summary.json").exists()
    ]
    if not unfinished:
        raise OptionError(
            f"--resume: no unfinished run under {Path('runs', name)}; name it by --out"
        )
    return max(unfinished, key=lambda path: (path / "config.json").stat().st_mtime)
