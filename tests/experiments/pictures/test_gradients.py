"""Rows 29 and 43, F8: gradients by the states."""

import keras
import numpy as np
import pytest

from experiments.core import run
from experiments.figures import _runs
from keras_nonnormal.analysis import loss_gradient_norms
from tests.experiments.pictures.drawing import columns

pytestmark = pytest.mark.usefixtures("uncompiled")


@pytest.mark.parametrize("net", ["nnRNN", "LSTM"])
def test_state_gradients_are_slopes_of_the_loss(runs, net):
    """Against a finite difference: the last state changes the loss of one step."""
    model, layer = _runs.load(runs / net / "model.keras", with_loss=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 21, 10)).astype("float32")
    y = rng.integers(0, 9, (2, 21))
    norms = loss_gradient_norms(model, layer, x, y)
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
    model, layer = _runs.load(staired_runs / net / "model.keras", with_loss=True)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 21, 10)).astype("float32")
    y = rng.integers(0, 9, (2, 21))
    norms = loss_gradient_norms(model, layer, x, y)
    logits = keras.ops.convert_to_numpy(model(x))[:, -1]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances[[0, 1], y[:, -1]] -= 1
    readout, _ = model.layers[-1].get_weights()
    expected = np.linalg.norm(chances @ readout.T, axis=1) / 42
    np.testing.assert_allclose(norms[:, -1], expected, rtol=1e-4)
