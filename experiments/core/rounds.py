"""Runs that are repeated with other seeds, and the means of their results."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.program import Program
from experiments.core.report import aligned
from experiments.core.statistics import Mean

Execute = Callable[[Program], dict[str, Any]]


def execute_rounds(
    program: Program, execute: Execute, config: dict[str, Any]
) -> dict[str, Any]:
    """Runs a program once per round, each round in a folder of its own.

    A run that was broken off goes on in the round in which it was.

    Args:
        program: The program, with `run.rounds`.
        execute: Runs one round.
        config: The content of `config.json`.

    Returns:
        The summary that is in `summary.json`: mean and standard deviation of the test
        results, and the results of every round.
    """
    from keras_nonnormal.training import RunDirectory, placed

    run = program.run
    with placed(run.device, run.strategy):
        program.task.load(run.seed)  # what is missing is said before a folder is made
    with RunDirectory(run.out) as directory:
        directory.claim(config, run.resume)
        directory.checkpoints.rmdir()  # every round has its own
        summaries = [_summary(each, execute) for each in rounds(program)]
        results = [each.get("test") or _last(each) for each in summaries]
        means = {name: Mean.of([e[name] for e in results]) for name in results[0]}
        last = run.seed + run.rounds - 1
        title = f"{program.start}, seeds {run.seed} to {last}"
        head = (title, "mean", "standard deviation", "seeds")
        cells = [
            (
                name.replace("_", " "),
                f"{each.mean:.4f}",
                f"{each.deviation:.4f}",
                str(each.count),
            )
            for name, each in means.items()
        ]
        print("\n" + "\n".join(aligned([head, *cells])))
        print(f"\nthe run is in {directory.path}, a folder per round")
        summary = {
            "experiment": program.script,
            "recipe": program.recipe.name,
            "directory": str(directory.path),
            "start": program.start,
            **{k: summaries[0][k] for k in ("parameters", "trivial_loss")},
            "test": {name: each.mean for name, each in means.items()},
            "test_deviation": {name: each.deviation for name, each in means.items()},
            "rounds": summaries,
            "published": dict(program.recipe.published(program)),
        }
        directory.finish(summary)
    return summary


def rounds(program: Program) -> Iterator[Program]:
    """The program of every round: the next seed each, in the folder `seed-401`."""
    for seed in range(program.run.seed, program.run.seed + program.run.rounds):
        changes: dict[str, Any] = {"seed": seed, "rounds": 1}
        changes["out"] = str(Path(program.run.out or "", f"seed-{seed}"))
        if path := program.options.get("save"):
            changes["save"] = f"{Path(path).with_suffix('')}-seed-{seed}.keras"
        yield program.changed(**changes)


def _last(summary: dict[str, Any]) -> dict[str, float]:
    """The last row of metrics, of a task that has no test."""
    return {k: v for k, v in summary["last"].items() if k not in ("epoch", "seconds")}


def _summary(program: Program, execute: Execute) -> dict[str, Any]:
    """The summary of a round, which may be finished already."""
    out = Path(program.run.out or "")
    if not (out / "summary.json").exists():
        print()
        return execute(program)
    from keras_nonnormal.training.run_directory import read_json

    done = read_json(out / "config.json", "options")["options"].get("epochs")
    if done != (asked := program.options.get("epochs")):
        raise OptionError(
            f"--epochs: the round of seed {program.run.seed} in {out.parent} is "
            f"finished with {done}, expected as many for all, received {asked}"
        )
    return read_json(out / "summary.json", "test", "parameters", "trivial_loss")
