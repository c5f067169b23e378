"""What a user meets first: the import, the public names, the project's own files."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_nonnormal

ROOT = Path(keras_nonnormal.__file__).parents[1]


HEAVY = ("tensorflow_datasets", "matplotlib", "torch", "ray")


def importing():
    """How long the import takes where Keras is, and what of the heavy comes with it."""
    program = f"""
import json, sys, time, keras
before, start = {{*sys.modules}}, time.perf_counter()
import keras_nonnormal
seconds = time.perf_counter() - start
print(json.dumps([seconds, sorted({{*{HEAVY}}} & ({{*sys.modules}} - before))]))
"""
    return json.loads(
        subprocess.check_output([sys.executable, "-c", program], cwd=ROOT)
    )


@pytest.fixture(scope="module")
def imported():
    return importing()


def test_import_adds_less_than_a_third_of_a_second_to_that_of_keras(imported):
    # The better of two: a busy machine is not a slow import.
    assert imported[0] < 0.3 or importing()[0] < 0.3


def test_import_loads_neither_data_sets_nor_pictures(imported):
    assert imported[1] == []


def test_every_public_name_is_there_and_every_class_is_registered_with_keras():
    registered = keras.saving.get_custom_objects()
    for name in keras_nonnormal.__all__:
        value = getattr(keras_nonnormal, name)
        if isinstance(value, type) and not issubclass(value, keras.callbacks.Callback):
            assert registered[f"keras_nonnormal>{value.__name__}"] is value
    assert len({*keras_nonnormal.__all__}) == len(keras_nonnormal.__all__)


def test_a_model_with_everything_of_ours_loads_after_the_import_alone(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((7, 3)),
            keras_nonnormal.FusedSimpleRNN(
                4,
                return_sequences=True,
                kernel_initializer=keras_nonnormal.Source(),
                recurrent_initializer=keras_nonnormal.Chain(),
            ),
            keras.layers.Dense(2),
        ]
    )
    model.compile(
        keras_nonnormal.RMSpropKeras2(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras_nonnormal.RecallAccuracy(3)],
    )
    model.fit(np.ones((2, 7, 3)), np.ones((2, 7)), verbose=0)
    model.save(tmp_path / "model.keras")
    program = (
        "import keras, keras_nonnormal; "
        "model = keras.models.load_model('model.keras'); "
        "print(type(model.optimizer).__name__, int(model.optimizer.iterations))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    printed = subprocess.check_output(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment
    )
    assert printed.split() == [b"RMSpropKeras2", b"1"]


def test_readme_has_the_two_commands_and_setup_reads_the_one_list():
    commands = [
        line.strip()
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("    python3 -m venv")
    ]
    assert [c.split()[-1] for c in commands] == ["experiments/copy.py", "pytest"]
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        package = re.match(r"[\w-]*", line).group()
        assert not package or f'"{package}>' not in (ROOT / "setup.py").read_text()


def test_the_readmes_examples_run(monkeypatch):
    text = (ROOT / "README.md").read_text()
    names = {"x_train": np.ones((8, 5, 3), "float32")}
    few = functools.partial(keras_nonnormal.stabilize, steps=2, frames=1, verbose=0)
    monkeypatch.setattr(keras_nonnormal, "stabilize", few)
    shapes = []
    for program in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(program, names)
        shapes.append(tuple(names["model"](keras.ops.zeros((2, 5, 3))).shape))
    assert shapes == [(2, 10), (2, 5, 9), (2, 32), (2, 32), (2, 5, 4)]
