"""The one path of a run: data, model, stability, training, tests, report."""

import contextlib
import dataclasses
import functools
import json
import os
import platform
import shutil
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
from experiments.core.rounds import execute_rounds

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
    prog, says = f"{script}.py", True
    shown = (
        contextlib.redirect_stdout(sys.stderr)
        if program.run.json
        else contextlib.nullcontext()
    )
    try:
        with shown:
            if program.why and is_first(program):
                print(f"{prog}: {program.why}", flush=True)
            load_tensorflow()
            from keras_nonnormal.datasets import DatasetError
            from keras_nonnormal.training import (
                DeviceError,
                RunDirectoryError,
                TrainingDiverged,
                WorkerLost,
            )
            from keras_nonnormal.training.files import FULL, WriteError

            try:
                if program.options.get("test"):
                    summary = program.recipe.test(program)
                else:
                    with as_one_run(program) as (here, says):
                        summary = execute(here)
            except (
                DatasetError,
                DeviceError,
                OptionError,
                RunDirectoryError,
            ) as error:
                refuse(prog, error)
            except TrainingDiverged as error:
                print(f"\n{prog}: training diverged: {error}", file=sys.stderr)
                return 1
            except WorkerLost as error:
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
    if program.run.json and says:
        print(json.dumps(summary, indent=2))
    return 0


def execute(program: Program, callbacks: Callbacks | None = None) -> dict[str, Any]:
    """Trains, reports, and finishes the run directory.

    Args:
        program: The program, with `run.out`.
        callbacks: Maps a program and its task to more Keras callbacks.

    Returns:
        The summary that is in `summary.json`.
    """
    if program.run.rounds > 1:
        one = functools.partial(execute, callbacks=callbacks)
        return execute_rounds(program, one, config(program))
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
        return finish(runs[0], main, others)


def train_one(
    program: Program,
    task: Any,
    held: contextlib.ExitStack,
    callbacks: Callbacks | None = None,
) -> Trained:
    """Trains the network of a program into its run directory, which stays locked.

    Args:
        program: The program.
        task: Its data.
        held: What holds the lock of the directory.
        callbacks: Maps a program and its task to more Keras callbacks.
    """
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
    trained: Trained, main: Mapping[str, Any], others: list[Any] | None = None
) -> dict[str, Any]:
    """Writes the summary of a run, with which it is finished.

    Args:
        trained: The run.
        main: The summary of its training.
        others: The same of runs that it is compared with.

    Returns:
        What is in `summary.json`.
    """
    program = trained.program
    summary = {
        "experiment": program.script,
        "recipe": program.recipe.name,
        "directory": str(trained.directory.path),
        **main,
        "compared": others or [],
        "published": dict(program.recipe.published(program)),
    }
    trained.directory.finish(summary)
    return summary


def config(program: Program) -> dict[str, Any]:
    """What is needed to repeat a run, for `config.json`."""
    import keras
    import numpy
    import tensorflow

    import keras_nonnormal

    return {
        "experiment": program.script,
        "recipe": program.recipe.name,
        "family": family_before(program),
        "options": {**program.options, "resume": False},
        "versions": {
            "python": platform.python_version(),
            "keras_nonnormal": keras_nonnormal.__version__,
            "keras": keras.__version__,
            "tensorflow": tensorflow.__version__,
            "numpy": numpy.__version__,
        },
        "machine": platform.platform(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def load_tensorflow() -> None:
    """Imports TensorFlow without the notes it writes about itself."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _quiet_stderr():
        import tensorflow

        import keras_nonnormal.training  # noqa: F401

        tensorflow.config.list_physical_devices()  # says so if there is no GPU driver


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Holds back what is written to file descriptor 2; shows it if something fails.

    Until its logging is set up, TensorFlow writes there whatever the log level says.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
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
