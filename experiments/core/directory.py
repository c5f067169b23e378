"""Run directories as a command line names them: new, to be continued, to be tested."""

import dataclasses
import importlib.util
import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.core.legacy import program_of_config, recipe_before
from experiments.core.options import OptionError
from experiments.core.parts import recipes_of
from experiments.core.program import Program
from experiments.core.runs import read_config, states


def latest_unfinished(script: str) -> Path | None:
    """The run of a script that was begun last and is not finished, if there is one."""
    begun = [
        (config.stat().st_mtime, config.parent)
        for config in Path("runs", script).glob("*/config.json")
        if not config.with_name("summary.json").exists()
    ]
    return max(begun, default=(0, None))[1]


def fresh(script: str, label: str) -> Path:
    """A directory that is not there yet, named by time and what is trained."""
    stem = time.strftime("%Y%m%d-%H%M%S") + f"-{label}"
    endings = ("", *(f"-{number}" for number in range(2, 1000)))
    candidates = (Path("runs", script, stem + ending) for ending in endings)
    return next(each for each in candidates if not each.exists())


def check_free(out: Path) -> None:
    """Raises an `OptionError` if a new run cannot be made in a folder."""
    if (out / "summary.json").exists():
        raise OptionError(f"--out: {out} holds a finished run; choose another folder")
    if (out / "config.json").exists():
        raise OptionError(
            f"--out: {out} holds an unfinished run; add --resume to continue it, or "
            "choose another folder"
        )
    # Some files are what is left of a run that was killed at once.
    if out.exists() and not (
        out.is_dir()
        and all(each.name.startswith((".lock", ".partial-")) for each in out.iterdir())
    ):
        raise OptionError(f"--out: {out} is not an empty folder; choose another one")
    _check_writable(out)


def check_unfinished(out: Path) -> None:
    """Raises an `OptionError` if a run cannot go on."""
    if (summary := out / "summary.json").exists():
        try:
            json.loads(summary.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OptionError(
                f"--resume: cannot read {summary} ({error}); remove it, and the run "
                "ends once more from its last state"
            ) from error
        raise OptionError(f"--resume: the run in {out} is finished")
    _check_writable(out)


def _check_writable(out: Path) -> None:
    there = next(each for each in (out, *out.absolute().parents) if each.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise OptionError(f"--out: cannot write to {there}; choose another folder")


def recipe_of(out: Path) -> str | None:
    """The recipe of a run, if that can be read."""
    try:
        config = read_config(out)
    except OptionError:
        return None
    return config.get("recipe") or recipe_before(config)


def kept_program(script: str, out: Path, asking: str) -> Program:
    """The program that a run of a script was begun with, also by earlier versions.

    Refuses a folder without such a run, naming the flag that is `asking` for it.
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
    by, newer = _release_of(config)
    recipe = config.get("recipe")
    try:
        if recipe is not None and recipe not in (known := recipes_of(script)):
            raise OptionError(f"the recipe {recipe!r}, expected {' or '.join(known)}")
        program = program_of_config(config)
    except OptionError as error:
        raise OptionError(f"{asking}: {file}{by}{newer} has {error}") from error
    why = f"the run is{by}{newer} which may do otherwise" if newer else ""
    return dataclasses.replace(program, why=why)


def _release_of(config: Mapping[str, Any]) -> tuple[str, str]:
    """The release that began a run, and whether it is newer than this one, in words."""
    versions = config.get("versions")
    begun = isinstance(versions, dict) and versions.get("keras_nonnormal")
    if not begun:
        return "", ""
    # The package would bring TensorFlow with it.
    package = importlib.util.find_spec("keras_nonnormal")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).with_name("version.py")
    here = file.read_text(encoding="utf-8").split('"')[1]
    begun_parts, parts = (re.findall(r"\d+", str(each))[:3] for each in (begun, here))
    newer = [int(part) for part in begun_parts] > [int(part) for part in parts]
    words = f", which is newer than this one, {here}," if newer else ""
    return f" of keras_nonnormal {begun}", words


def weights(program: Program) -> Path:
    """The file of the network that is to be tested, by the option `checkpoint`.

    It is a model, `model.keras`, or a state, `checkpoints/epoch-0025.weights.h5`.
    """
    out, asked = Path(program.run.out or ""), program.options["checkpoint"]
    if asked is None and (out / "model.keras").is_file():
        return out / "model.keras"
    kept = states(out)
    if asked is None:
        asked = max(kept, default=0)
        if not asked:
            raise OptionError(
                f"--test: the run in {out} is not finished and has no checkpoint yet; "
                "expected one with an epoch behind it"
            )
    if asked not in kept:
        there = ", ".join(map(str, kept)) or "none"
        raise OptionError(
            f"--checkpoint: the run in {out} keeps the states after epochs {there}; "
            f"received {asked}"
        )
    return kept[asked]
