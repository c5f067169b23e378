"""Row 25: RMSprop as TensorFlow 1 had it, on one update of four EURNNs."""

import keras
import numpy as np
import pytest

from keras_nonnormal.optimizers import RMSpropTF1
from tests.golden import variants


@pytest.mark.parametrize(("style", "numbers"), variants("nnrnn/eurnn_*_*"))
def test_one_update_repeats_tensorflow_1(float64, golden, style, numbers):  # Row 25
    archive = golden(f"nnrnn/eurnn_{style}_{numbers}")
    parameters = [p.removeprefix("new_") for p in archive.files if p[:4] == "new_"]
    assert len(parameters) >= 5
    optimizer = RMSpropTF1(
        float(archive["tf1_rmsprop_lr"]), rho=float(archive["tf1_rmsprop_decay"])
    )
    variables = [keras.Variable(archive[p]) for p in parameters]
    gradients = [keras.ops.convert_to_tensor(archive[f"grad_{p}"]) for p in parameters]
    optimizer.apply(gradients, variables)
    for variable, p in zip(variables, parameters, strict=True):
        moved = keras.ops.convert_to_numpy(variable) - archive[p]
        expected = archive[f"new_{p}"] - archive[p]
        # The gradients on record are finite differences, good to about 1e-9.
        np.testing.assert_allclose(moved, expected, rtol=1e-6, atol=1e-10)


def test_first_step_is_that_of_gradient_descent_over_the_root_of_rho():
    gradient = np.float32([1e-4, -1e-3])
    weight = keras.Variable(np.zeros(2, "float32"))
    RMSpropTF1(0.1, rho=0.81).apply([keras.ops.convert_to_tensor(gradient)], [weight])
    moved = keras.ops.convert_to_numpy(weight)
    np.testing.assert_allclose(moved, -0.1 * gradient / 0.9, rtol=1e-5)


def test_epsilon_is_under_the_root():
    weight = keras.Variable(np.zeros(1, "float32"))
    optimizer = RMSpropTF1(0.1, rho=0.0, epsilon=16.0)
    optimizer.apply([keras.ops.convert_to_tensor(np.float32([3.0]))], [weight])
    assert float(weight[0]) == pytest.approx(-0.1 * 3 / 5)
