"""The runs of a sweep: their options, and the run directories named by these."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.experiment import Experiment
from experiments.options import OptionError
from experiments.packets import FREE
from experiments.presets import Preset
from experiments.sweeps.grids import Axes, Grid
from experiments.sweeps.scripts import meant_by, of_family
from experiments.sweeps.values import field_of, read

# Options that say where a run is trained and how it is shown, not what it is.
NOT_THE_RUN = {
    *("preset", "quick", "out", "resume", "json", "save"),
    *("device", "cuda", "tensorboard", "strategy", "verbose"),
}


@dataclass(frozen=True)
class Planned:
    """A run of a sweep.

    Args:
        script: Name of the script.
        family: Which of the script's experiments it is.
        options: All options, as plain data; `out` is its directory.
        key: The hash of all that the run is.
    """

    script: str
    family: str
    options: Mapping[str, Any]
    key: str

    @property
    def directory(self) -> Path:
        """Its run directory."""
        return Path(self.options["out"])

    def experiment(self) -> tuple[Experiment, Any]:
        """The experiment, and its options as the experiment has them."""
        experiment = of_family(self.script, self.family)
        return experiment, experiment.options(**self.options)

    def told(self, names: Sequence[str]) -> str:
        """Some of its options in words: `init chain, lr 0.0001`."""
        return ", ".join(f"{name} {in_words(self.options[name])}" for name in names)

    @property
    def shape(self) -> str:
        """What it has in common with runs that could be trained in one program."""
        return _canonical(self.script, self.family, self.options, NOT_THE_RUN | FREE)


# What a worker trains at once, and what is given out again if the worker dies.
Unit = tuple[Planned, ...]


def planned(grid: Grid, out: Path, only: Axes | None = None) -> list[Planned]:
    """The runs of a grid, each once, in its order.

    Args:
        grid: The grid.
        out: The folder of their run directories.
        only: Options and the values that a run must have to be one of them.

    Raises:
        OptionError: If there is no such option, or a value or a combination of them
            makes no sense.
    """
    runs: dict[str, Planned] = {}
    for setting in grid.settings:
        run = _planned(grid.script, setting, out)
        if _is_one_of(run, only or {}):
            runs.setdefault(run.key, run)
    return list(runs.values())


def varied(options: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The options in which runs differ, and their values in order.

    Args:
        options: The options of each run.
    """
    if not options:
        return {}
    values: dict[str, list[Any]] = {}
    for name in options[0]:
        if name in NOT_THE_RUN:
            continue
        different = dict.fromkeys(_hashable(each.get(name)) for each in options)
        if len(different) > 1:
            numbers = all(isinstance(each, int | float) for each in different)
            values[name] = sorted(different) if numbers else list(different)
    return values


def in_words(value: Any) -> str:
    """The value of an option, in few characters."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _planned(script: str, setting: Preset, out: Path) -> Planned:
    experiment = _meant(script, tuple(setting), setting.get("preset"))
    given = _given(experiment, setting)
    options = dataclasses.asdict(_settled(experiment, given))
    text = _canonical(script, experiment.family, options, NOT_THE_RUN)
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    options |= {"out": str(out / key), "resume": True, "json": False}
    return Planned(script, experiment.family, options, key)


@functools.cache
def _meant(script: str, names: tuple[str, ...], preset: str | None) -> Experiment:
    return meant_by(script, names, preset)


def _given(experiment: Experiment, setting: Preset) -> dict[str, Any]:
    """The options of a setting under their own names, in their own types."""
    given = {}
    for name, value in setting.items():
        field = field_of(experiment.options, name)
        if field is None or field.name in ("out", "resume", "json", "test"):
            raise OptionError(
                f"--grid: {experiment.name}.py --help has no option {name!r} "
                "that a sweep could set"
            )
        given[field.name] = read(experiment.options, field.name, value)
    return experiment.options.understood(given)


def _settled(experiment: Experiment, given: dict[str, Any]) -> Any:
    preset = given.get("preset", experiment.unnamed_preset(given))
    if preset not in experiment.presets:
        raise OptionError(
            f"preset: expected one of those that {experiment.name}.py --help shows, "
            f"received {preset!r}"
        )
    values = {"preset": preset, **experiment.settings(preset, given)}
    if (compare := field_of(experiment.options, "compare")) is not None:
        values["compare"] = compare.default  # a grid has all that is to be compared
    values["tensorboard"] = False
    return experiment.options(**{**values, **given})


def _canonical(
    script: str, family: str, options: Mapping[str, Any], leave: set[str]
) -> str:
    kept = {name: value for name, value in options.items() if name not in leave}
    what = {"experiment": script, "family": family, "options": kept}
    return json.dumps(what, sort_keys=True)


def _is_one_of(run: Planned, only: Axes) -> bool:
    experiment = of_family(run.script, run.family)
    for name, values in only.items():
        field = field_of(experiment.options, name)
        if field is None:
            raise OptionError(f"--only: {run.script}.py has no option {name!r}")
        wanted = [read(experiment.options, field.name, value) for value in values]
        if run.options[field.name] not in wanted:
            return False
    return True


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
