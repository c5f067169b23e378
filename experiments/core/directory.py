"""Run directories as a command line names them: new, to be continued, to be tested."""

import json
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from experiments.core.legacy import program_of_config, recipe_before
from experiments.core.options import OptionError, flag
from experiments.core.program import Program
from experiments.core.runs import read_config, states


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
        config = read_config(out)
    except OptionError:
        return None
    return config.get("recipe") or recipe_before(config)


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
    file = out / "config.json"
    if not file.is_file():
        raise OptionError(f"{asking}: there is no run in {out}")
    try:
        config = read_config(out)
    except OptionError as error:
        raise OptionError(
            f"{asking}: {error}; put back a copy of it, or begin again in another "
            "folder"
        ) from error
    name = config.get("experiment")
    if name != script:
        raise OptionError(
            f"{asking}: the run in {out} belongs to {name}.py, expected one of "
            f"{script}.py"
        )
    try:
        return program_of_config(config)
    except OptionError as error:
        versions = config.get("versions")
        version = isinstance(versions, dict) and versions.get("keras_nonnormal")
        by = f" of keras_nonnormal {version}" if version else ""
        raise OptionError(f"{asking}: {file}{by} has {error}") from error


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
    kept = states(out)
    if asked is not None and asked in kept:
        return kept[asked]
    trained = [epochs for epochs in kept if epochs]
    if asked is not None:
        there = ", ".join(map(str, kept)) or "none"
        raise OptionError(
            f"--checkpoint: the run in {out} keeps the states after epochs {there}; "
            f"received {asked}"
        )
    if not trained:
        raise OptionError(
            f"--test: the run in {out} is not finished and has no checkpoint yet; "
            "expected one with an epoch behind it"
        )
    return kept[trained[-1]]


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
