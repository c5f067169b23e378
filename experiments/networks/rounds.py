"""Runs that are repeated with other seeds, and the means of their results."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.core.statistics import Mean
from experiments.experiment import Experiment
from experiments.options import OptionError
from experiments.tables import aligned


def run_rounds(experiment: Experiment, options: Any) -> dict[str, Any]:
    """Runs an experiment once per round, each round in a folder of its own.

    A run that was broken off goes on in the round in which it was.

    Args:
        experiment: The experiment.
        options: Its options, with `rounds`.

    Returns:
        The summary that is in `summary.json`: mean and standard deviation of the test
        results, and the results of every round.
    """
    from keras_nonnormal.training import RunDirectory, placed

    with placed(options.device, options.strategy):
        experiment.data(options)  # what is missing is said before a folder is made
    with RunDirectory(options.out) as directory:
        directory.claim(experiment.config(options), options.resume)
        directory.checkpoints.rmdir()  # every round has its own
        return _all_rounds(experiment, options, directory)


def _all_rounds(experiment, options, directory) -> dict[str, Any]:
    summaries = [_summary(experiment, each) for each in rounds(options)]
    tests = [each["test"] for each in summaries]
    means = {name: Mean.of(each[name] for each in tests) for name in tests[0]}
    last = options.seed + options.rounds - 1
    title = f"{options.start}, seeds {options.seed} to {last}"
    cells = [
        (name.replace("_", " "), f"{m.mean:.4f}", f"{m.deviation:.4f}", str(m.count))
        for name, m in means.items()
    ]
    head = (title, "mean of tests", "standard deviation", "seeds")
    print("\n" + "\n".join(aligned([head, *cells])))
    print(f"\nthe run is in {directory.path}, a folder per round")
    summary = {
        "experiment": experiment.name,
        "directory": str(directory.path),
        "start": options.start,
        "parameters": summaries[0]["parameters"],
        "trivial_loss": summaries[0]["trivial_loss"],
        "test": {name: each.mean for name, each in means.items()},
        "test_deviation": {name: each.deviation for name, each in means.items()},
        "rounds": summaries,
        "published": dict(experiment.published(options)),
    }
    directory.finish(summary)
    return summary


def rounds(options: Any) -> Iterator[Any]:
    """The options of every round: the next seed each, in the folder `seed-401`."""
    for seed in range(options.seed, options.seed + options.rounds):
        changes: dict[str, Any] = {"seed": seed, "rounds": 1}
        changes["out"] = str(Path(options.out, f"seed-{seed}"))
        if path := getattr(options, "save", None):
            changes["save"] = f"{Path(path).with_suffix('')}-seed-{seed}.keras"
        yield dataclasses.replace(options, **changes)


def _summary(experiment, options) -> dict[str, Any]:
    """The summary of a round, which may be finished already."""
    out = Path(options.out)
    if not (out / "summary.json").exists():
        print()
        return experiment.run(options)
    from keras_nonnormal.training.run_directory import read_json

    config = read_json(out / "config.json", "options")
    if (done := config["options"].get("epochs")) != options.epochs:
        raise OptionError(
            f"--epochs: the round of seed {options.seed} in {out.parent} is finished "
            f"with {done}, expected as many for all, received {options.epochs}"
        )
    return read_json(out / "summary.json", "test", "parameters", "trivial_loss")
