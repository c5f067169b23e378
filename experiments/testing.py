"""What is settled before a run is tested again, without heavy imports."""

import dataclasses
from pathlib import Path
from typing import Any

from experiments.core.options import by_role, options_of
from experiments.core.runs import states
from experiments.experiment import Experiment
from experiments.kept import kept_options
from experiments.options import OptionError, flag

# The roles of options that may be said of a test.
FREE = ("where", "numerics", "shown", "test")


def tested(experiment: Experiment, given: dict[str, Any]) -> Any:
    """The options of a run that is to be tested.

    Args:
        experiment: The experiment.
        given: The options that were given as flags.

    Returns:
        The options that the run has, with those of the test.

    Raises:
        OptionError: If there is no such run, or nothing of it that can be tested.
    """
    if given.get("resume"):
        raise OptionError("--test: a test trains nothing, expected no --resume")
    if "out" not in given:
        raise OptionError("--test: name the run to be tested by --out")
    out = Path(given["out"])
    options = kept_options(experiment, out, "--test")
    free = by_role(options_of(experiment.options), *FREE)
    for name, value in given.items():
        if name in free:
            continue
        if value != (has := getattr(options, name)):
            raise OptionError(
                f"{flag(name)}: the run in {out} has {has!r} and is tested so; "
                f"received {value!r}"
            )
    if getattr(options, "rounds", 1) > 1:
        raise OptionError(
            f"--test: the run in {out} has a folder for each of its rounds, expected "
            f"one of them: --out {out / f'seed-{options.seed}'}"
        )
    options = dataclasses.replace(options, **{"resume": False, "json": False, **given})
    weights(options)
    return options


def weights(options: Any) -> Path:
    """The file of the network that is to be tested.

    Args:
        options: The options of a test.

    Returns:
        A model, `model.keras`, or a state, `checkpoints/epoch-0025.weights.h5`.

    Raises:
        OptionError: If it is not there.
    """
    out, asked = Path(options.out), options.checkpoint
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
