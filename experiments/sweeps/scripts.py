"""The scripts whose runs can be swept over, and their experiments."""

import importlib
from collections.abc import Iterable

from experiments.core.runs import MODULES
from experiments.experiment import Experiment
from experiments.families import chosen

SCRIPTS = (
    *("copy", "addition", "psmnist", "ptb_char"),
    *("deep_rnn", "ffn", "language_model"),
)


def experiments_of(script: str) -> list[Experiment]:
    """The experiments of a script; the first is what it does if nothing is said."""
    module = importlib.import_module(f"experiments.{MODULES.get(script, script)}")
    return [each for each in vars(module).values() if isinstance(each, Experiment)]


def of_family(script: str, family: str) -> Experiment:
    """The experiment of a script that is of a family."""
    (found,) = (each for each in experiments_of(script) if each.family == family)
    return found


def meant_by(script: str, names: Iterable[str], preset: str | None) -> Experiment:
    """The experiment of a script that options of these names mean."""
    flags = [f"--{name}=" for name in names if name != "preset"]
    preset_flag = [] if preset is None else [f"--preset={preset}"]
    return chosen(experiments_of(script), [*flags, *preset_flag])
