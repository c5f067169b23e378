"""Rows 29 and 43, F8: gradients by the states."""

import keras
import numpy as np
import pytest

from experiments.core import run
from experiments.figures import _networks
from keras_nonnormal.layers import NNRNN, FusedSimpleRNN
from tests.experiments.pictures.drawing import columns

pytestmark = pytest.mark.usefixtures("uncompiled")


@pytest.mark.compiled
def test_state_gradients_are_those_of_the_published_program(golden):  # Rows 29, 43
    arrays = golden("nnrnn/smnist_step")
    inputs = keras.Input((784, 1))
    layer = NNRNN(8)
    model = keras.Model(inputs, keras.layers.Dense(10)(layer(inputs)))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    names = {"skew": "X", "upper": "T", "offset": "modrelu_bias"}
    for variable in layer.variables:
        if (name := names.get(variable.name, variable.name)) in arrays:
            variable.assign(arrays[name])
    model.layers[-1].set_weights([arrays["head_kernel"], arrays["head_bias"]])
    images = arrays["images"][:, arrays["order"], None].astype("float32")
    norms = _networks.gradient_norms(model, layer, images, arrays["labels"])
    # 1e-3: single precision over 784 steps.
    np.testing.assert_allclose(norms, arrays["grad_norm_h"], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("net", ["nnRNN", "LSTM"])
def test_state_gradients_are_slopes_of_the_loss(runs, net):
    """Against a finite difference: the last state changes the loss of one step."""
    model, layer = _networks.load(runs / net / "model.keras", with_loss=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 21, 10)).astype("float32")
    y = rng.integers(0, 9, (2, 21))
    norms = _networks.gradient_norms(model, layer, x, y)
    assert norms.shape == (2, 21)
    logits = keras.ops.convert_to_numpy(model(x))[:, -1]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances[[0, 1], y[:, -1]] -= 1
    readout, _ = model.layers[-1].get_weights()
    # The mean over 2 x 21 losses.
    expected = np.linalg.norm(chances @ readout.T, axis=1) / 42
    np.testing.assert_allclose(norms[:, -1], expected, rtol=1e-4)


def test_gradients_of_a_run_of_a_script(python, tmp_path):  # F8
    flags = ["--T=30", "--hidden-units=6", "--train-size=320", "--validation-size=32"]
    more = ["--test-size=32", "--epochs=1", "--compare=none", "--init=orthogonal"]
    arguments = [*flags, *more, "--no-jit", "--out", str(tmp_path / "run")]
    assert run.main("copy", arguments) == 0
    shown = python(
        *("experiments/figures.py", "gradients", tmp_path / "run", "--batch=3"),
        *("--out", tmp_path / "figures"),
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert shown.stdout.strip() == str(tmp_path / "figures/gradients-copy.png")
    norms = columns(tmp_path / "figures/gradients-copy.csv")
    assert norms["step"] == tuple(str(step) for step in range(1, 31))
    assert all(float(norm) > 0 for norm in norms["orthogonal 6"])


@pytest.mark.parametrize("net", ["nnRNN", "expRNN", "RNN", "LSTM"])
def test_a_state_with_a_stair_reaches_the_loss_by_its_own_output(staired_runs, net):
    """The output is the scaled state; both are one in the published programs."""
    model, layer = _networks.load(staired_runs / net / "model.keras", with_loss=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 21, 10)).astype("float32")
    y = rng.integers(0, 9, (2, 21))
    norms = _networks.gradient_norms(model, layer, x, y)
    logits = keras.ops.convert_to_numpy(model(x))[:, -1]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances[[0, 1], y[:, -1]] -= 1
    readout, _ = model.layers[-1].get_weights()
    expected = np.linalg.norm(chances @ readout.T, axis=1) / 42
    np.testing.assert_allclose(norms[:, -1], expected, rtol=1e-4)


@pytest.mark.parametrize("stair", [None, "n"])
def test_gradients_of_a_language_model_begin_at_zero_states(stair):
    """Which has states for inputs and outputs, and no loss of its own."""
    tokens = keras.Input((None,), dtype="int32")
    layer = FusedSimpleRNN(
        3, stair=stair, return_sequences=True, return_state=True, activation="tanh"
    )
    states = [keras.Input((size,)) for size in ([3, 1] if stair else [3])]
    embedded = keras.layers.Embedding(5, 4)(tokens)
    hidden, *after = layer(embedded, initial_state=states)
    readout = keras.layers.Dense(5)
    model = keras.Model([tokens, *states], [readout(hidden), *after])
    model.compile()
    x, y = np.random.default_rng(0).integers(0, 5, (2, 2, 6))
    norms = _networks.gradient_norms(model, layer, x, y)
    zeros = [np.zeros((2, size)) for size in ([3, 1] if stair else [3])]
    logits = keras.ops.convert_to_numpy(model([x, *zeros])[0])[:, -1]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances[[0, 1], y[:, -1]] -= 1
    kernel, _ = readout.get_weights()
    expected = np.linalg.norm(chances @ kernel.T, axis=1) / 12  # of 2 x 6 losses
    np.testing.assert_allclose(norms[:, -1], expected, rtol=1e-4)
