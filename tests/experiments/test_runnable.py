"""What the options allow can be trained: an epoch of a few steps, and all after it.

KERAS_NONNORMAL_RUNNABLE_SETS=30 tries as many of each script, for an hour, on the data
in KERAS_NONNORMAL_DATA.
"""

import contextlib
import io
import os
import traceback

import keras
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from experiments.core.command import program_of
from experiments.core.options import OptionError
from experiments.core.run import execute
from keras_nonnormal.datasets import DatasetError
from keras_nonnormal.training import TrainingDiverged
from tests.experiments.option_sets import SCRIPTS, option_sets

COUNTS = {"copy": 2, "addition": 1}
if asked := os.environ.get("KERAS_NONNORMAL_RUNNABLE_SETS"):
    COUNTS = dict.fromkeys(SCRIPTS, int(asked))
# What makes a run short, where the other options allow it.
FEW = {"batch_size": 2, "pretrain_batch": 2, "evaluation_columns": 2}
FEW |= {"train_size": 4, "validation_size": 2, "test_size": 2, "epochs": 1, "rounds": 1}
FEW |= {"updates": 2, "log_interval": 1, "pretrain_steps": 1, "corrupt_epochs": 1}
FEW |= {"units": 8, "emsize": 4, "embedding": 4, "width": 6}
FEW |= {"depth": 3, "layers": 2, "bptt": 5, "max_steps": 8, "slen": 8, "controller": 4}
TEXT = {"train_size": 300, "validation_size": 60, "test_size": 60}
SHORT = {"T": 25, "c_length": 10, "budget": 500, "window": 20, "repeat": 1}
# Of the machine, or of other runs.
SETTLED = {"jit": False, "tensorboard": False, "device": "cpu", "cuda": False}
SETTLED |= {"data": None, "store": None, "save": None, "json": False}


def shortened(program, out):
    """The same program with less of everything that takes time."""
    names = program.options.keys()
    text = {"bptt", "corpus", "window"} & names
    changes = {**SETTLED, **FEW, **(TEXT if text else {}), **SHORT, "out": str(out)}
    if "init_scale" in names:
        changes["compare"] = None
    for name, value in changes.items():
        if name in names:
            usual = program.options[name]
            if name not in SETTLED and isinstance(usual, int):
                value = min(value, usual)
            with contextlib.suppress(OptionError):
                program = program.changed(**{name: value})
    return program


def tried(arguments, script, out):
    """How a run of these arguments went; None if they are refused."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            program = shortened(program_of(script, arguments), out)
        except SystemExit:
            return None
        try:
            execute(program)
        except (DatasetError, OptionError, TrainingDiverged) as error:
            return f"{type(error).__name__}: {str(error).splitlines()[0]}"
        except Exception:
            words = " ".join(arguments)
            return f"FAILED {program.label} {words}\n{traceback.format_exc(-4)}"
        finally:
            keras.utils.clear_session()
    return "finished"


def outcomes(script, count, out):
    """How so many runs went of sets that are accepted."""
    found = []

    @settings(
        max_examples=20 * count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(option_sets(script, odd=False))
    def run(arguments):
        if len(found) < count:
            outcome = tried(arguments, script, out / str(len(found)))
            found.extend([] if outcome is None else [outcome])

    run()
    return found


@pytest.mark.parametrize(("script", "count"), COUNTS.items())
def test_sets_that_are_accepted_run(script, count, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = outcomes(script, count, tmp_path)
    print(script, len(found), "sets:", found.count("finished"), "finished")
    print("\n".join(sorted({each for each in found if each != "finished"})))
    assert len(found) == count
    assert [each for each in found if each.startswith("FAILED")] == []
    assert "finished" in found
