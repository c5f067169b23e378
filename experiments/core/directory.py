"""Run directories as a command line names them: new, to be continued, to be tested."""

import json
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from experiments.core.legacy import recipe_before, settings_before
from experiments.core.options import OptionError, flag, named
from experiments.core.program import Program, compose, known_options


def latest_unfinished(script: str) -> Path | None:
    """The run of a script that was begun last and is not finished, if there is one."""
    unfinished = [
        config.parent
        for config in Path("runs", script).glob("*/config.json")
        if not (config.parent / "summary.json").exists()
    ]
    begun = (((path / "config.json").stat().st_mtime, path) for path in unfinished)
    return max(begun, default=(0, None))[1]


def fresh(folder: Path, label: str) -> Path:
    """A directory that is not there yet, named by time and what is trained."""
    stem = time.strftime("%Y%m%d-%H%M%S") + f"-{label}"
    candidates = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(folder / each for each in candidates if not (folder / each).exists())


def check_free(out: Path) -> None:
    """Raises an `OptionError` if a new run cannot be made in a folder."""
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


def check_unfinished(out: Path) -> None:
    """Raises an `OptionError` if a run cannot go on."""
    if (summary := out / "summary.json").exists():
        raise OptionError(f"--resume: {_how_finished(summary)}")
    _check_writable(out)


def check_same(
    begun: Program,
    given: Mapping[str, Any],
    free: Collection[str],
    out: Path,
    end: str,
    has: str = "began with",
) -> None:
    """Raises an `OptionError` if a flag says something else than a run has.

    Args:
        begun: The program of the run.
        given: The values of flags.
        free: The options that may differ.
        out: The run directory.
        end: How the message goes on after what the run has.
        has: How it says that the run has it.
    """
    options = begun.options
    for name, value in given.items():
        if name in free or name not in options or value == (kept := options[name]):
            continue
        raise OptionError(
            f"{flag(name)}: the run in {out} {has} {kept!r} and {end}; "
            f"received {value!r}"
        )


def recipe_of(out: Path) -> str | None:
    """The recipe of a run, if that can be read."""
    try:
        config = json.loads((out / "config.json").read_text(encoding="utf-8"))
        return config.get("recipe") or recipe_before(config)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def kept_program(script: str, out: Path, asking: str) -> Program:
    """The program that a run was begun with, also by earlier versions.

    Args:
        script: Name of the script that it is to be one of.
        out: The run directory.
        asking: The flag that asks for it, for messages.

    Raises:
        OptionError: If there is none, or of something else, or its file is broken or
            of another version.
    """
    config = out / "config.json"
    if not config.is_file():
        raise OptionError(f"{asking}: there is no run in {out}")
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
        name, _ = content["experiment"], dict(content["options"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise OptionError(
            f"{asking}: cannot read {config} ({reason}); put back a copy of "
            "it, or begin again in another folder"
        ) from error
    if name != script:
        raise OptionError(
            f"{asking}: the run in {out} belongs to {name}.py, expected one of "
            f"{script}.py"
        )
    try:
        return program_of_config(content)
    except OptionError as error:
        versions = content.get("versions")
        version = isinstance(versions, dict) and versions.get("keras_nonnormal")
        by = f" of keras_nonnormal {version}" if version else ""
        raise OptionError(f"{asking}: {config}{by} has {error}") from error


def program_of_config(config: Mapping[str, Any]) -> Program:
    """The program that a `config.json` describes, also of an earlier version.

    Raises:
        OptionError: If its options are none of the script's, or make no sense.
    """
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
        if each is not None and not each.is_of_type(value):
            raise OptionError(f"{value!r} for {flag(name)}, which makes no sense")
    return compose(script, recipe, kept)


def weights(program: Program) -> Path:
    """The file of the network that is to be tested.

    Args:
        program: The program of a test, with the option `checkpoint`.

    Returns:
        A model, `model.keras`, or a state, `checkpoints/epoch-0025.weights.h5`.

    Raises:
        OptionError: If it is not there.
    """
    out, asked = Path(program.run.out or ""), program.options["checkpoint"]
    if asked is None and (out / "model.keras").is_file():
        return out / "model.keras"
    states = {_epochs(path): path for path in out.glob("checkpoints/epoch-*.h5")}
    if asked is not None and asked in states:
        return states[asked]
    trained = sorted(epochs for epochs in states if epochs)
    if asked is not None:
        there = ", ".join(map(str, sorted(states))) or "none"
        raise OptionError(
            f"--checkpoint: the run in {out} keeps the states after epochs {there}; "
            f"received {asked}"
        )
    if not trained:
        raise OptionError(
            f"--test: the run in {out} is not finished and has no checkpoint yet; "
            "expected one with an epoch behind it"
        )
    return states[trained[-1]]


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


def _epochs(path: Path) -> int:
    return int(path.name.removeprefix("epoch-").removesuffix(".weights.h5"))
