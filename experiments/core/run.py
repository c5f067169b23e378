"""The one path of a run: data, model, stability, training, tests, report."""

import contextlib
import dataclasses
import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.cluster import as_one_run, is_first
from experiments.core.command import program_of
from experiments.core.legacy import family_before
from experiments.core.options import OptionError, refuse
from experiments.core.program import Program
from experiments.core.report import Mean, aligned

# Maps a program and its task to more Keras callbacks.
Callbacks = Callable[[Program, Any], list[Any]]


@dataclass(frozen=True)
class Trained:
    """One training: its program, `RunDirectory`, `TrainingResult` and further tests."""

    program: Program
    directory: Any
    result: Any
    tests: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def main(
    script: str, arguments: list[str] | None = None, description: str | None = None
) -> int:
    """Runs what a command line means.

    Args:
        script: Name of the script.
        arguments: Command-line arguments; None for those of the program.
        description: What `--help` says first.

    Returns:
        The exit code: 0, or 1 after a training that diverged or when there is no space
        left on the disk, 2 for what cannot be run as asked, 130 after Ctrl-C.
    """
    program = program_of(script, arguments, description)
    says, json_alone = True, program.run.json
    try:
        with contextlib.redirect_stdout(sys.stderr if json_alone else sys.stdout):
            if program.why and is_first(program):
                print(f"{script}.py: {program.why}", flush=True)
            load_tensorflow()
            from keras_nonnormal import training
            from keras_nonnormal.datasets import DatasetError
            from keras_nonnormal.training.files import FULL, WriteError

            asked = (DatasetError, OptionError, training.DeviceError)
            try:
                if program.options.get("test"):
                    summary = program.recipe.test(program)
                else:
                    with as_one_run(program) as (here, says):
                        summary = execute(here)
            except (*asked, training.RunDirectoryError) as error:
                refuse(f"{script}.py", error)
            except training.TrainingDiverged as error:
                print(f"\n{script}.py: training diverged: {error}", file=sys.stderr)
                return 1
            except training.WorkerLost as error:
                _say(program, f"{error}; ", "begin again")
                return 1
            except OSError as error:
                if not (isinstance(error, WriteError) or error.errno in FULL):
                    raise
                advice = "free some and " if error.errno in FULL else ""
                _say(program, f"error: {error.strerror}; {advice}", "begin again")
                return 1
    except KeyboardInterrupt:
        _say(program, "interrupted; ", "nothing was written")
        return 130
    if json_alone and says:
        print(json.dumps(summary, indent=2))
    return 0


def execute(program: Program, callbacks: Callbacks | None = None) -> dict[str, Any]:
    """Trains, reports, and finishes the run directory of a program, `run.out`.

    Returns:
        The summary that is in `summary.json`.
    """
    if program.run.rounds > 1:
        return execute_rounds(program, functools.partial(execute, callbacks=callbacks))
    from keras_nonnormal.recurrence import set_jit_compile
    from keras_nonnormal.training import in_words, placed

    begun, run, recipe = time.perf_counter(), program.run, program.recipe
    set_jit_compile(run.jit is not False)
    with contextlib.ExitStack() as held:
        with placed(run.device, run.strategy):
            words = in_words(recipe.batch_size)
            task = program.task.load(run.seed)
            print(recipe.announcement(program, task))
            if run.strategy != "none":
                print(f"{run.strategy}: {words}")
        runs = [train_one(program, task, held, callbacks)]
        if (other := recipe.compared(program)) is not None:
            runs.append(train_one(other, task, held, callbacks))
        directory = runs[0].directory
        draw(runs, task, directory.curves)
        summaries = {each.program.start: summary_of(each, task) for each in runs}
        print(recipe.report(program, summaries))
        print(f"\n{time.perf_counter() - begun:.0f} s; the run is in {directory.path}")
        print(f"learning curves: {directory.curves}")
        if verdict := recipe.verdict(program, summaries):
            print(verdict)
        main, *others = summaries.values()
        for each in runs[1:]:
            each.directory.finish(summaries[each.program.start])
        return finish(program, directory, main, {"compared": others})


def train_one(
    program: Program,
    task: Any,
    held: contextlib.ExitStack,
    callbacks: Callbacks | None = None,
) -> Trained:
    """Trains the network of a program into its run directory, locked while `held`."""
    import keras

    from keras_nonnormal.training import RunDirectory, TrainingResult, placed, train
    from keras_nonnormal.training.files import replacing

    print(f"\n{program.start}:")
    run, recipe = program.run, program.recipe
    directory = held.enter_context(RunDirectory(run.out))
    if not directory.finished:  # one to compare with may be, in a resumed run
        directory.claim(config(program), run.resume)
    keras.utils.clear_session()  # not within a strategy, of which it loses track
    keras.utils.set_random_seed(run.seed)
    with placed(run.device, run.strategy):
        model = program.network.model(program, task)
        recipe.stabilize(program, model, task, directory)
        if recipe.trains:
            told = recipe.training(program, task)
            if callbacks is not None:
                more = callbacks(program, task)
                told = {**told, "callbacks": [*told.get("callbacks", ()), *more]}
            result = train(
                model,
                task,
                directory,
                optimizer=recipe.new_optimizer(program, task),
                seed=run.seed,
                jit_compile=program.compiles_steps,
                tensorboard=run.writes_events,
                **told,
            )
        else:
            with replacing(directory.model) as temporary:
                model.save(temporary)
            result = TrainingResult(history=[], test={}, stopped_early=False)
        tests = recipe.tests(program, model, task)
    if path := program.options.get("save"):
        with replacing(Path(path).with_suffix(".keras")) as temporary:
            shutil.copyfile(directory.model, temporary)
    return Trained(program, directory, result, tests)


def summary_of(trained: Trained, task: Any) -> dict[str, Any]:
    """The results of one training, for `summary.json`."""
    program = trained.program
    parameters = program.network.parameters(program, task)
    result = program.recipe.summary(program, task, trained.result)
    summary = {"start": program.start}
    if parameters is not None:
        summary["parameters"] = parameters
    summary |= result
    if trained.tests:
        summary["tests"] = {"none": trained.result.test, **trained.tests}
    return summary


def draw(runs: list[Trained], task: Any, path: Path) -> None:
    """Draws the learning curves of runs into a file."""
    from keras_nonnormal.plotting import learning_curves
    from keras_nonnormal.training.files import replacing

    program = runs[0].program
    fresh = getattr(program.task, "updates_per_epoch", None)
    histories = {
        each.program.start: [
            {**row, "update": fresh * row["epoch"]} if fresh else row
            for row in each.result.history
        ]
        for each in runs
    }
    figure = learning_curves(histories, **program.recipe.curves(program, task))
    with replacing(path) as temporary:
        figure.savefig(temporary)


def finish(
    program: Program, directory: Any, main: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Writes and returns `summary.json`, with which a run is finished.

    It holds the summary of the training, `main`, and `more`.
    """
    summary = {
        "experiment": program.script,
        "recipe": program.recipe.name,
        "directory": str(directory.path),
        **main,
        **more,
        "published": dict(program.recipe.published(program)),
    }
    directory.finish(summary)
    return summary


def execute_rounds(
    program: Program, execute: Callable[[Program], dict[str, Any]]
) -> dict[str, Any]:
    """Runs a program once per round, each round in a folder of its own.

    A run that was broken off goes on in the round in which it was. The summary has mean
    and standard deviation of the test results, or of the last row of a task without a
    test, and those of every round.
    """
    from keras_nonnormal.training import RunDirectory, placed

    run = program.run
    with placed(run.device, run.strategy):
        program.task.load(run.seed)  # what is missing is said before a folder is made
    with RunDirectory(run.out) as directory:
        directory.claim(config(program), run.resume)
        directory.checkpoints.rmdir()  # every round has its own
        summaries = [_round(each, execute) for each in rounds(program)]
        results = [each.get("test") or each["last"] for each in summaries]
        names = [name for name in results[0] if name not in ("epoch", "seconds")]
        means = {name: Mean.of(each[name] for each in results) for name in names}
        title = f"{program.start}, seeds {run.seed} to {run.seed + run.rounds - 1}"
        rows = [(title, "mean", "standard deviation", "seeds")]
        for name, each in means.items():
            numbers = f"{each.mean:.4f}", f"{each.deviation:.4f}", str(each.count)
            rows.append((name.replace("_", " "), *numbers))
        print("\n" + "\n".join(aligned(rows)))
        print(f"\nthe run is in {directory.path}, a folder per round")
        shared = ("parameters", "trivial_loss")
        main = {k: summaries[0][k] for k in shared if k in summaries[0]}
        main["test"] = {name: each.mean for name, each in means.items()}
        main["test_deviation"] = {name: each.deviation for name, each in means.items()}
        main = {"start": program.start, **main}
        return finish(program, directory, main, {"rounds": summaries})


def rounds(program: Program) -> Iterator[Program]:
    """The program of every round: the next seed each, in the folder `seed-401`."""
    for seed in range(program.run.seed, program.run.seed + program.run.rounds):
        changes: dict[str, Any] = {"seed": seed, "rounds": 1}
        changes["out"] = str(Path(program.run.out or "", f"seed-{seed}"))
        if path := program.options.get("save"):
            changes["save"] = f"{Path(path).with_suffix('')}-seed-{seed}.keras"
        yield program.changed(**changes)


def _round(
    program: Program, execute: Callable[[Program], dict[str, Any]]
) -> dict[str, Any]:
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
    return read_json(out / "summary.json")


def config(program: Program) -> dict[str, Any]:
    """What is needed to repeat a run, for `config.json`."""
    import keras
    import numpy
    import tensorflow

    import keras_nonnormal

    packages = (keras_nonnormal, keras, tensorflow, numpy)
    return {
        "experiment": program.script,
        "recipe": program.recipe.name,
        "family": family_before(program),
        "options": {**program.options, "resume": False},
        "versions": {
            "python": platform.python_version(),
            **{each.__name__: each.__version__ for each in packages},
        },
        "commit": commit(),
        "machine": platform.platform(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def commit() -> str | None:
    """The commit of this program, with `-dirty` if files were changed; None if it is
    in no repository, or there is no git.
    """
    asked = ("git", "describe", "--always", "--dirty", "--exclude=*")
    try:
        said = subprocess.run(
            asked, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() or None


def load_tensorflow() -> None:
    """Imports TensorFlow without the notes that it writes about itself.

    Until its logging is set up, it writes to file descriptor 2 whatever the log level
    says. What was held back is shown if something fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            import tensorflow

            import keras_nonnormal.training  # noqa: F401

            tensorflow.config.list_physical_devices()  # notes that no GPU has a driver
        except Exception:
            notes.seek(0)
            os.write(kept, notes.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _say(program: Program, what: str, without_run: str) -> None:
    """Says what ended a run, and how to go on, if there is something to go on with."""
    prog, out = f"{program.script}.py", program.run.out
    how = without_run
    if program.options.get("test"):
        how = "the run is as it was"
    elif out and Path(out, "config.json").exists():
        how = f"go on with: python experiments/{prog} --resume --out {out}"
    print(f"\n{prog}: {what}{how}", file=sys.stderr)
