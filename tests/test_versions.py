"""The versions that are supported, and what is said of others and of newer files."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_nonnormal
from keras_nonnormal import _release, _versions

ROOT = Path(keras_nonnormal.__file__).parents[1]


@pytest.mark.parametrize("name", ["keras", "tensorflow"])
def test_bounds_are_those_of_the_requirements(name):
    lowest, end = _versions.SUPPORTED[name]
    assert f"\n{name}>={lowest},<{end}\n" in (ROOT / "requirements.txt").read_text()


def test_versions_of_python_are_those_of_the_package():
    lowest, end = _versions.SUPPORTED["Python"]
    assert f'requires-python = ">={lowest},<{end}"' in (
        ROOT / "pyproject.toml"
    ).read_text("utf-8")


@pytest.mark.parametrize("installed", ["3.10.0", "3.16.0.dev2026102704", "3.99"])
def test_supported_versions_pass(installed):
    _versions.check("keras", installed)


@pytest.mark.parametrize("installed", ["2.15.0", "3.9.2", "4.0.0rc1"])
def test_another_version_is_refused_in_one_line(installed):
    with pytest.raises(ImportError) as error:
        _versions.check("keras", installed)
    text = str(error.value)
    assert "supports keras >=3.10,<4. Installed: keras " + installed in text
    assert "\n" not in text


def imported(tmp_path, backend="jax", **modules):
    """What the import says beside other modules than those that are installed."""
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    command = [sys.executable, "-c", "import keras_nonnormal"]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(ROOT)])
    run = subprocess.run(command, env=environment, text=True, capture_output=True)
    return run.stderr.strip().splitlines()[-1]


def test_the_import_looks_at_the_version_of_keras(tmp_path):
    last = imported(tmp_path, keras="__version__ = '3.8.0'")
    assert last.startswith("ImportError: keras_nonnormal ")
    assert last.endswith("Installed: keras 3.8.0")


def test_the_import_names_the_backend_that_is_not_there(tmp_path):
    missing = "raise ModuleNotFoundError('No module named jax', name='jax')"
    last = imported(tmp_path, keras=missing)
    assert "pip install 'keras_nonnormal[jax]'" in last


def test_the_import_refuses_a_backend_that_it_does_not_run_on(tmp_path):
    odd = (
        "__version__ = '3.15.0'\n"
        "class backend:\n"
        "    backend = staticmethod(lambda: 'openvino')"
    )
    last = imported(tmp_path, keras=odd)
    assert "tensorflow, jax, torch. Received: 'openvino'" in last


def saved_model(path, release=None, **arguments):
    """A model in a file, as if a release with other arguments had written it."""
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            keras_nonnormal.FusedSimpleRNN(
                4, recurrent_initializer=keras_nonnormal.Chain()
            ),
        ]
    )
    model.save(path)
    if release is None:
        return model
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(files["config.json"])
    layer = config["config"]["layers"][1]["config"]
    assert layer[_release.KEY] == keras_nonnormal.__version__
    layer.update({_release.KEY: release, **arguments})
    files["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return model


def test_configs_note_the_release_while_a_model_is_saved_alone(tmp_path):
    model = saved_model(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        text = archive.read("config.json").decode()
    assert text.count(_release.KEY) == 2  # of the layer and of its initializer
    assert _release.KEY not in json.dumps(model.get_config())
    layer = model.layers[0]
    assert _release.KEY not in type(layer)(**layer.get_config()).get_config()


def test_every_registered_class_notes_it():
    for name, value in keras.saving.get_custom_objects().items():
        if name.startswith("keras_nonnormal>") and hasattr(value, "from_config"):
            assert hasattr(value.get_config, "__wrapped__"), name


@pytest.mark.parametrize("release", ["0.0.9", keras_nonnormal.__version__])
def test_a_file_of_this_or_an_older_release_is_read(tmp_path, release, recwarn):
    model = saved_model(tmp_path / "model.keras", release)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = np.ones((2, 5, 3), "float32")
    np.testing.assert_array_equal(loaded(x), model(x))
    assert not [each for each in recwarn if "newer" in str(each.message)]


def test_a_file_of_a_newer_release_is_read_with_a_warning(tmp_path):
    saved_model(tmp_path / "model.keras", "99.1.0")
    with pytest.warns(
        UserWarning, match=r"by keras_nonnormal 99\.1\.0, which is newer"
    ):
        keras.models.load_model(tmp_path / "model.keras")


def test_a_file_of_a_newer_release_that_cannot_be_read_says_so(tmp_path):
    saved_model(tmp_path / "model.keras", "99.1.0", temperature=3)
    with pytest.raises(ValueError, match="cannot read it") as error:
        keras.models.load_model(tmp_path / "model.keras")
    text = str(error.value)
    assert re.match(r"FusedSimpleRNN was saved by keras_nonnormal 99\.1\.0", text)
    assert "temperature" in text
    assert text.endswith("pip install 'keras_nonnormal>=99.1.0'")
    assert "\n" not in text


def test_masks_behind_a_recurrent_layer_are_as_keras_has_them():
    sequences = keras.layers.Masking()(np.eye(6, dtype="float32").reshape(2, 3, 6))
    passed = []
    for kind in (keras.layers.SimpleRNN, keras_nonnormal.FusedSimpleRNN):
        outputs = kind(4, return_sequences=True)(sequences)
        passed.append(getattr(outputs, "_keras_mask", None) is not None)
    assert passed == [_versions.recurrent_layers_pass_masks_on()] * 2


def test_the_embedding_of_an_older_keras_reads_out_as_the_newer_one():
    reversible = getattr(keras.layers, "ReversibleEmbedding", None)
    if reversible is None:
        pytest.skip("this Keras has none")
    ours, theirs = (
        kind(5, 3, mask_zero=True)
        for kind in (_versions._ReversibleEmbedding, reversible)
    )
    tokens = np.array([[1, 2, 0]])
    for layer in (ours, theirs):
        layer.build()
        layer.set_weights([np.arange(15, dtype="float32").reshape(5, 3)])
    np.testing.assert_array_equal(ours(tokens), theirs(tokens))
    np.testing.assert_array_equal(ours(tokens)._keras_mask, theirs(tokens)._keras_mask)
    states = np.ones((1, 3, 3), "float32")
    np.testing.assert_allclose(ours(states, reverse=True), theirs(states, reverse=True))
    for layer in (ours, theirs):
        symbolic = layer(keras.KerasTensor((2, 4, 3)), reverse=True)
        assert symbolic.shape == (2, 4, 5)
    with pytest.raises(ValueError, match=r"need Keras 3\.12"):
        _versions._ReversibleEmbedding(5, 3, logit_soft_cap=1.0)
