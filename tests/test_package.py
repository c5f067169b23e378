"""What a user meets first: the import, the public names, the project's own files."""

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


HEAVY = ("tensorflow_datasets", "matplotlib", "scipy", "torch", "ray")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What a process of its own finds: modules of the import, and a model it loads."""
    folder = tmp_path_factory.mktemp("fresh")
    model_with_everything().save(folder / "model.keras")
    program = """
import json, sys, keras
before = {*sys.modules}
import keras_nonnormal
modules = sorted({*sys.modules} - before)
model = keras.models.load_model("model.keras")
loaded = type(model.optimizer).__name__, int(model.optimizer.iterations)
print(json.dumps({"modules": modules, "loaded": loaded}))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    return json.loads(subprocess.check_output(command, cwd=folder, env=environment))


def test_import_adds_its_own_modules_and_hardly_any_other_to_those_of_keras(fresh):
    # How long it takes, a busy machine decides; what it reads does not.
    others = {name.split(".")[0] for name in fresh["modules"]} - {"keras_nonnormal"}
    assert not others - sys.stdlib_module_names


def test_import_loads_neither_data_sets_nor_pictures(fresh):
    names = {name.split(".")[0] for name in fresh["modules"]}
    assert not names.intersection(HEAVY)


def test_every_public_name_is_there_and_every_class_is_registered_with_keras():
    registered = keras.saving.get_custom_objects()
    for name in keras_nonnormal.__all__:
        value = getattr(keras_nonnormal, name)
        if isinstance(value, type) and not issubclass(value, keras.callbacks.Callback):
            assert registered[f"keras_nonnormal>{value.__name__}"] is value
    assert len({*keras_nonnormal.__all__}) == len(keras_nonnormal.__all__)


def model_with_everything():
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
    return model


def test_a_model_with_everything_of_ours_loads_after_the_import_alone(fresh):
    assert fresh["loaded"] == ["RMSpropKeras2", 1]


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


def test_one_version_is_everywhere():
    version = keras_nonnormal.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changes.index("## [Unreleased]") < changes.index(f"## [{version}]")
    for release in changes.split("\n## ")[1:]:
        headings = re.findall(r"^### .*", release, re.MULTILINE)
        assert len(set(headings)) == len(headings), release[:20]
