"""A model that is saved on one backend computes the same on the others.

The folder that `KERAS_NONNORMAL_EXCHANGE` names is where the backends meet: each run of
this file reads the models that other backends have left there, and leaves its own.
"""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_nonnormal import FusedSimpleRNN, StabilityMonitor, measure, stabilize
from tests.helpers import layer_values_and_gradients, relative_error
from tests.layers.registry import CELLS, RECURRENT

BACKEND = keras.backend.backend()
OTHERS = sorted({"tensorflow", "jax", "torch"} - {BACKEND})
FOLDER = os.environ.get("KERAS_NONNORMAL_EXCHANGE")
BATCH, TIME = 2, 5

pytestmark = pytest.mark.skipif(not FOLDER, reason="needs KERAS_NONNORMAL_EXCHANGE")

MODELS = {
    **{name: entry.make for name, entry in RECURRENT.items()},
    **{
        f"cell {name}": lambda entry=entry, **kwargs: keras.layers.RNN(
            entry.make(), **kwargs
        )
        for name, entry in CELLS.items()
    },
}
FEATURES = {
    **{name: entry.features for name, entry in RECURRENT.items()},
    **{f"cell {name}": entry.features for name, entry in CELLS.items()},
}


def file(backend, name):
    return Path(FOLDER, backend, f"{name.replace(' ', '_')}.keras")


def numbers(model, x):
    """Outputs, gradients of weights and inputs, and outputs under a mask, if any."""
    cotangent = np.random.default_rng(1).normal(size=(BATCH, TIME, model.units))
    arguments = [x], [cotangent.astype("float32")]
    (layer,) = model.layers
    found = [
        *layer_values_and_gradients(layer, *arguments),
        model.predict(x, verbose=0),
    ]
    fused = hasattr(layer, "loop_in_use") and layer.loop_in_use().fused
    if fused or BACKEND != "jax":  # Keras's loop there wants states like the output
        found.append(layer(x, mask=np.arange(TIME) < [[3], [TIME]]))
    return [keras.ops.convert_to_numpy(each) for each in found]


@pytest.mark.parametrize("name", MODELS)
def test_models_of_other_backends_compute_the_same(name):
    for backend in OTHERS:
        if file(backend, name).exists():
            model = keras.models.load_model(file(backend, name))
            model.units = model.output_shape[-1]
            with np.load(file(backend, name).with_suffix(".npz")) as archive:
                x, *expected = (archive[key] for key in archive.files)
            actual = numbers(model, x)
            pairs = zip(actual, expected, strict=False)
            errors = [relative_error(*pair) for pair in pairs]
            assert len(errors) >= min(len(actual), len(expected)) > 2
            assert max(errors) < 1e-5, (backend, errors)

    keras.utils.set_random_seed(2)
    shape = (TIME, FEATURES[name])
    model = keras.Sequential([keras.Input(shape), MODELS[name](return_sequences=True)])
    model.units = model.output_shape[-1]
    x = np.random.default_rng(0).normal(size=(BATCH, *shape)).astype("float32")
    file(BACKEND, name).parent.mkdir(parents=True, exist_ok=True)
    model.save(file(BACKEND, name))
    np.savez(file(BACKEND, name).with_suffix(".npz"), x, *numbers(model, x))


def model_and_inputs():
    keras.utils.set_random_seed(2)
    layer = FusedSimpleRNN(4, return_sequences=True)
    model = keras.Sequential([keras.Input((TIME, 4)), layer, keras.layers.Dense(2)])
    x = np.random.default_rng(0).normal(size=(8, TIME, 4)).astype("float32")
    return model, x


def test_radii_are_those_of_other_backends():
    own, x = model_and_inputs()
    for backend in OTHERS:
        if file(backend, "stable").exists():
            model = keras.models.load_model(file(backend, "stable"))
            with np.load(file(backend, "stable").with_suffix(".npz")) as expected:
                radii = {kind: float(expected[kind]) for kind in expected.files}
            found = measure(model, x, frames=2).kinds()
            assert found == pytest.approx(radii, abs=1e-4), backend
    file(BACKEND, "stable").parent.mkdir(parents=True, exist_ok=True)
    own.save(file(BACKEND, "stable"))
    kinds = measure(own, x, frames=2).kinds()
    np.savez(file(BACKEND, "stable").with_suffix(".npz"), **kinds)


# JAX compiles it for a minute, and TensorFlow has tests/pretraining.
@pytest.mark.skipif(BACKEND != "torch", reason="covered elsewhere")
def test_stabilize_and_its_monitor_work_without_a_compiler():
    model, x = model_and_inputs()
    report = stabilize(model, x, "half", steps=60, frames=TIME, verbose=0)
    assert report.kinds()["rec"] == pytest.approx(0.5, abs=0.1)
    assert abs(report.mean_after - 0.5) < abs(report.mean_before - 0.5)
    model.compile("sgd", "mse")
    history = model.fit(
        x, np.zeros((8, TIME, 2)), verbose=0, callbacks=[StabilityMonitor(x)]
    )
    assert history.history["radius/rec/0"] == pytest.approx([0.5], abs=0.15)
