"""What the `config.json` of a run says of its options, without heavy imports."""

import dataclasses
import json
import types
import typing
from pathlib import Path
from typing import Any

from experiments.experiment import Experiment
from experiments.options import OptionError, flag


def kept_options(experiment: Experiment, out: Path, asking: str) -> Any:
    """The options that a run was begun with.

    Args:
        experiment: The experiment that it is to be one of.
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
        name, family = content["experiment"], content.get("family", "starts")
        kept = dict(content["options"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise OptionError(
            f"{asking}: cannot read {config} ({_reason(error)}); put back a copy of "
            "it, or begin again in another folder"
        ) from error
    if name != experiment.name:
        raise OptionError(
            f"{asking}: the run in {out} belongs to {name}.py, expected one of "
            f"{experiment.name}.py"
        )
    if family != experiment.family:
        raise OptionError(
            f"{asking}: the run in {out} is of the experiments on {family}, expected "
            f"one of those on {experiment.family}"
        )
    try:
        return experiment.options(**_known(experiment.options, kept))
    except OptionError as error:
        versions = content.get("versions")
        version = isinstance(versions, dict) and versions.get("keras_nonnormal")
        by = f" of keras_nonnormal {version}" if version else ""
        raise OptionError(f"{asking}: {config}{by} has {error}") from error


def _known(options_class: type[Any], kept: dict[str, Any]) -> dict[str, Any]:
    """Options whose names and types are known here."""
    hints = typing.get_type_hints(options_class)
    known = {field.name for field in dataclasses.fields(options_class)}
    if strangers := sorted(kept.keys() - known):
        raise OptionError(
            "options that are not known here: " + ", ".join(map(flag, strangers))
        )
    for name, value in kept.items():
        if not _is(value, hints[name]):
            raise OptionError(f"{value!r} for {flag(name)}, which makes no sense")
    return kept


def _is(value: Any, hint: Any) -> bool:
    """Whether a value that comes from JSON is of a type, or one of several."""
    if isinstance(hint, types.UnionType):
        return any(_is(value, each) for each in hint.__args__)
    if typing.get_origin(hint) is tuple:
        return isinstance(value, list) and all(_is(each, float) for each in value)
    if hint is float:
        hint = int | float
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _reason(error: Exception) -> str:
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)
