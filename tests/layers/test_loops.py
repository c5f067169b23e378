"""The choice between the compiled recurrence and Keras's own loop."""

import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

from keras_nonnormal import FusedGRU, FusedLSTM, FusedSimpleRNN, fused_loops
from tests.layers.registry import RECURRENT

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("name", RECURRENT)
def test_both_loops_give_the_same_numbers(name):
    entry = RECURRENT[name]
    layer = entry.make(return_sequences=True)
    x = RANDOM.normal(size=(2, 5, entry.features)).astype("float32")
    auto = layer(x)
    assert layer.loop_in_use().fused == entry.fused
    with fused_loops(False):
        assert not layer.loop_in_use().fused
        np.testing.assert_allclose(layer(x), auto, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("fused", [True, False])
def test_choice_is_part_of_the_configuration_if_it_is_made(name, fused):
    layer = RECURRENT[name].make(fused=fused)
    assert type(layer).from_config(layer.get_config()).fused is fused
    assert "fused" not in RECURRENT[name].make().get_config()


@pytest.mark.parametrize(
    ("layer", "training", "reason"),
    [
        (lambda **k: FusedSimpleRNN(4, unroll=True, **k), False, "unroll=True"),
        (
            lambda **k: FusedLSTM(4, recurrent_dropout=0.5, **k),
            True,
            "recurrent_dropout",
        ),
        (lambda **k: FusedGRU(4, reset_after=False, **k), False, "does not cover"),
    ],
)
def test_reasons_are_said_and_insisting_is_refused(layer, training, reason):
    x = np.zeros((2, 3, 4), "float32")
    assert reason in str(layer().loop_in_use(training))
    insisting = layer(fused=True, name="mine")
    with pytest.raises(ValueError, match=f"Layer 'mine'.*{reason}"):
        insisting(x, training=training)
    with fused_loops(True), pytest.raises(ValueError, match="fused_loops"):
        layer()(x, training=training)


def test_anything_else_is_refused():
    with pytest.raises(ValueError, match="True, False or 'auto'"):
        FusedSimpleRNN(4, fused="yes")


def test_context_is_that_of_its_thread():
    layer, seen = FusedSimpleRNN(4), []
    with fused_loops(False):
        thread = threading.Thread(target=lambda: seen.append(layer.loop_in_use().fused))
        thread.start()
        thread.join()
        assert not layer.loop_in_use().fused
    assert seen == [True]


def exported(name, path, format):
    """Outputs of a small model for some input, and the file it was exported to."""
    layers = [RECURRENT[name].make(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((6, 4), batch_size=1), *layers])
    x = RANDOM.normal(size=(1, 6, 4)).astype("float32")
    expected = np.asarray(model(x))
    model.export(path, format=format, verbose=False)
    return x, expected


@pytest.mark.compiled
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's")
class TestSavedModel:
    def test_runs_where_this_package_is_not(self, tmp_path):
        arrays = {}
        for name in ("lstm", "exp", "stair fixed"):
            x, expected = exported(name, tmp_path / name, "tf_saved_model")
            arrays |= {f"{name} x": x, f"{name} y": expected}
        np.savez(tmp_path / "arrays.npz", **arrays)
        program = """
import sys, numpy as np, tensorflow as tf
arrays = np.load("arrays.npz")
for name in ("lstm", "exp", "stair fixed"):
    loaded = tf.saved_model.load(name)
    y = loaded.serve(arrays[name + " x"])
    np.testing.assert_allclose(y, arrays[name + " y"], rtol=1e-5, atol=1e-5)
assert "keras_nonnormal" not in sys.modules
"""
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def test_lite_models_are_written(self, tmp_path):
        exported("lstm", tmp_path / "m.tflite", "litert")
        assert (tmp_path / "m.tflite").stat().st_size > 0


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf2onnx")
class TestONNX:
    NAMES = (
        *("simple tanh", "simple gamma", "lstm", "lstm stair", "gru", "exp"),
        *("exp cayley", "nnrnn", "eurnn fft", "anru", "alif", "lru", "pascal"),
        *("stair fixed", "stair exp", "antisymmetric gated", "lipschitz", "cornn"),
        *("lem", "sco", "ind", "lru block"),
        *("lmu", "min lstm", "rg-lru", "slstm"),
    )

    # A loop with a mask has all that one without has: those are fewer.
    @pytest.mark.parametrize(("masked", "names"), [(False, NAMES[::3]), (True, NAMES)])
    def test_exported_layers_give_the_same_numbers(self, masked, names, tmp_path):
        """All in one model: a file of ONNX takes long to write."""
        onnxruntime = pytest.importorskip("onnxruntime")
        pytest.importorskip("tf2onnx")
        time, batch = (None, None) if masked else (6, 3)
        sequences = keras.Input((time, 4), batch_size=batch)
        outputs = []
        for name in names:
            entry = RECURRENT[name]
            seen = sequences[..., : entry.features]
            seen = keras.layers.Masking()(seen) if masked else seen
            outputs.append(entry.make()(seen))
        model = keras.Model(sequences, outputs)
        x = RANDOM.normal(size=(3, 6, 4)).astype("float32")
        x[:, 4:] = 0
        expected = model(x)
        model.export(tmp_path / "m.onnx", format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
        actual = session.run(None, {session.get_inputs()[0].name: x})
        for name, a, e in zip(names, actual, expected, strict=True):
            np.testing.assert_allclose(a, e, rtol=1e-5, atol=1e-5, err_msg=name)

    def test_saved_models_go_on_to_other_converters(self, tmp_path):
        """With Keras's own loop, and operations that ONNX has."""
        onnxruntime = pytest.importorskip("onnxruntime")
        pytest.importorskip("tf2onnx")
        names = ("simple gamma", "stair exp", "lru block")
        sequences = keras.Input((4, 4), batch_size=2)
        outputs = [
            RECURRENT[name].make()(sequences[..., : RECURRENT[name].features])
            for name in names
        ]
        model = keras.Model(sequences, outputs)
        x = RANDOM.normal(size=(2, 4, 4)).astype("float32")
        with fused_loops(False):
            model.export(tmp_path / "saved", verbose=False)
        command = [sys.executable, "-m", "tf2onnx.convert", "--tag", "serve"]
        command += [
            "--saved-model",
            tmp_path / "saved",
            "--output",
            tmp_path / "m.onnx",
        ]
        subprocess.run(command, check=True, capture_output=True)
        session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
        actual = session.run(None, {session.get_inputs()[0].name: x})
        for name, a, e in zip(names, actual, model(x), strict=True):
            np.testing.assert_allclose(a, e, rtol=1e-5, atol=1e-5, err_msg=name)
