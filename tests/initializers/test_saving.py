import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_nonnormal
from keras_nonnormal.initializers import (
    Chain,
    FBChain,
    Gatewise,
    HiPPOLegS,
    NonNegativeIdentity,
    Ramp,
    Source,
    gru_initializers,
    lstm_initializers,
    simple_rnn_initializers,
)

EVERY = [
    Chain(1.1, 0.2, "reverse"),
    FBChain(0.1, 0.9, 0.2, "reverse"),
    Ramp(0.2, "reverse"),
    Source(0.5),
    NonNegativeIdentity(seed=3),
    HiPPOLegS(0.1),
    Gatewise([keras.initializers.Orthogonal(gain=0.5, seed=3)]),
]
MODELS = {
    "SimpleRNN": (simple_rnn_initializers, "fbchain"),
    "LSTM": (lstm_initializers, "mixed"),
    "GRU": (gru_initializers, "orthogonal"),
}


def named(value):
    return type(value).__name__


def model_of(layer, **changes):
    factory, name = MODELS[layer]
    kernel, recurrent = factory(name, 5, seed=4, **changes)
    inputs = keras.Input((None, 3))
    rnn = getattr(keras.layers, layer)(
        5, kernel_initializer=kernel, recurrent_initializer=recurrent
    )
    return keras.Model(inputs, keras.layers.Dense(2)(rnn(inputs)))


def shift_weights(model):
    """So that loaded weights cannot be mistaken for freshly initialised ones."""
    model.set_weights([weight + 0.25 for weight in model.get_weights()])


def outputs(model):
    x = np.linspace(-1, 1, 2 * 4 * 3, dtype="float32").reshape(2, 4, 3)
    return keras.ops.convert_to_numpy(model(x))


@pytest.mark.parametrize("initializer", EVERY, ids=named)
def test_I7_config_round_trip(initializer):
    config = initializer.get_config()
    copy = type(initializer).from_config(config)
    assert copy.get_config() == config
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(copy((4, 4))),
        keras.ops.convert_to_numpy(initializer((4, 4))),
    )


@pytest.mark.parametrize("initializer", EVERY, ids=named)
def test_I7_registered_under_the_package_name(initializer):
    serialized = keras.initializers.serialize(initializer)
    assert serialized["registered_name"] == f"keras_nonnormal>{named(initializer)}"
    copy = keras.initializers.deserialize(serialized)
    assert type(copy) is type(initializer)


@pytest.mark.parametrize("cls", [Chain, FBChain, HiPPOLegS, Ramp, Source])
def test_I7_string_identifiers_work_wherever_keras_takes_one(cls):
    identifier = f"keras_nonnormal>{cls.__name__}"
    layer = keras.layers.SimpleRNN(
        4, kernel_initializer="zeros", recurrent_initializer=identifier
    )
    layer.build((1, 2, 3))
    np.testing.assert_array_equal(
        layer.get_weights()[1], keras.ops.convert_to_numpy(cls()((4, 4)))
    )
    assert type(keras.initializers.get(identifier)) is cls


@pytest.mark.parametrize("layer", MODELS)
def test_I7_a_saved_and_reloaded_model_keeps_config_and_weights(tmp_path, layer):
    model = model_of(layer)
    shift_weights(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.to_json() == model.to_json()
    for before, after in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("layer", MODELS)
def test_I7_a_cloned_model_starts_from_the_same_matrices(layer):
    model = model_of(layer)
    start = model.get_weights()[:2]
    shift_weights(model)
    clone = keras.models.clone_model(model)
    for before, after in zip(start, clone.get_weights()[:2], strict=True):
        np.testing.assert_array_equal(before, after)


def test_I7_a_fresh_process_reloads_the_models(tmp_path):
    for layer in MODELS:
        model = model_of(layer)
        shift_weights(model)
        model.save(tmp_path / f"{layer}.keras")
        np.save(tmp_path / f"{layer}.npy", outputs(model))
    subprocess.run(
        [sys.executable, "-c", RELOAD, str(tmp_path), *MODELS],
        env={
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
            "PYTHONPATH": str(Path(keras_nonnormal.__file__).parents[1]),
        },
        check=True,
        timeout=300,
    )


RELOAD = """
import sys
import keras
import numpy as np
import keras_nonnormal.initializers

folder, *layers = sys.argv[1:]
x = np.linspace(-1, 1, 2 * 4 * 3, dtype="float32").reshape(2, 4, 3)
for layer in layers:
    model = keras.saving.load_model(f"{folder}/{layer}.keras")
    expected = np.load(f"{folder}/{layer}.npy")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(model(x)), expected, rtol=1e-6
    )
"""
