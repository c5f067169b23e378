"""Starts an experiment from its command line and says how it ended."""

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from experiments.cluster import as_one_run
from experiments.experiment import Experiment
from experiments.families import chosen
from experiments.options import OptionError
from experiments.prepare import prepare, refuse
from experiments.settings import RunOptions


def launch(
    experiments: Sequence[Experiment], arguments: list[str] | None = None
) -> int:
    """Runs the experiment of a script that its arguments ask for.

    Args:
        experiments: The experiments of the script; the first if nothing else is said.
        arguments: Command-line arguments; None for those of the program.

    Returns:
        The exit code: 0, or 1 after a training that diverged or when there is no space
        left on the disk, 2 for what cannot be run as asked, 130 after Ctrl-C.
    """
    experiment = chosen(experiments, arguments)
    options = prepare(experiment, arguments, _others(experiments, experiment))
    prog, says = f"{experiment.name}.py", True
    shown = (
        contextlib.redirect_stdout(sys.stderr)
        if options.json
        else contextlib.nullcontext()
    )
    try:
        with shown:
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
                if getattr(options, "test", False):
                    summary = experiment.test(options)
                else:
                    with as_one_run(options) as (here, says):
                        summary = experiment.run(here)
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
                _say(prog, options, f"{error}; ", "begin again")
                return 1
            except OSError as error:
                if not (isinstance(error, WriteError) or error.errno in FULL):
                    raise
                advice = "free some and " if error.errno in FULL else ""
                _say(prog, options, f"error: {error.strerror}; {advice}", "begin again")
                return 1
    except KeyboardInterrupt:
        _say(prog, options, "interrupted; ", "nothing was written")
        return 130
    if options.json and says:
        print(json.dumps(summary, indent=2))
    return 0


def _others(experiments: Sequence[Experiment], shown: Experiment) -> str:
    """How to get the help of a script's other experiments."""
    return "\n".join(
        f"{each.name}.py {each.example} --help: {each.about}"
        for each in experiments
        if each is not shown
    )


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


def _say(prog: str, options: RunOptions, what: str, without_run: str) -> None:
    """Says what ended a run, and how to go on, if there is something to go on with."""
    how = _how_to_go_on(prog, options) or without_run
    print(f"\n{prog}: {what}{how}", file=sys.stderr)


def _how_to_go_on(prog: str, options: RunOptions) -> str:
    if getattr(options, "test", False):
        return "the run is as it was"
    if not options.out or not Path(options.out, "config.json").exists():
        return ""  # nothing was written
    return f"go on with: python experiments/{prog} --resume --out {options.out}"
