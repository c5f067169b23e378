import keras
import numpy as np
import pytest

from keras_nonnormal import StairCell
from keras_nonnormal.analysis import (
    gradient_bounds,
    loss_gradient_norms,
    state_gradient_norms,
    state_gradients,
)
from keras_nonnormal.layers import NNRNN, FusedSimpleRNN
from tests.golden import variants


@pytest.mark.parametrize("name", variants("nnrnn/nnrnn_*"))
def test_norms_of_the_published_state_gradients(golden, name):  # Row 29
    gradients = golden(f"nnrnn/nnrnn_{name}")["grad_h"]
    norms = state_gradient_norms(gradients)
    assert norms.shape == gradients.shape[:2]
    np.testing.assert_allclose(norms**2, (gradients**2).sum(axis=2), rtol=1e-12)


def test_one_sequence_has_one_norm_per_step():
    np.testing.assert_array_equal(state_gradient_norms([[3, 4], [0, 1]]), [5, 1])


def test_single_precision_does_not_underflow():
    tiny = np.full((1, 1, 4), 1e-30, np.float32)
    assert state_gradient_norms(tiny)[0, 0] == pytest.approx(2e-30)


def test_squares_that_underflow_in_double_precision_do_not_matter():
    tiny = np.array([[3e-190, 4e-190], [0, 0], [5e-324, 0]])
    np.testing.assert_allclose(state_gradient_norms(tiny), [5e-190, 0, 5e-324])


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_what_is_not_finite_is_shown_to_be_so(broken):
    assert not np.isfinite(state_gradient_norms([[broken, 1.0]])[0])


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2, 2)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"`gradients` must have shape"):
        state_gradient_norms(np.ones(shape))


def test_gradients_of_a_foreign_cell_with_a_stair():
    cell = StairCell(keras.layers.SimpleRNNCell(3, activation=None), "n")
    layer = keras.layers.RNN(cell)
    layer.build((1, 4, 3))
    cell.set_weights([np.zeros((3, 3)), np.eye(3), np.zeros(3)])

    def loss(outputs):
        return keras.ops.sum(outputs[-1][:, :1])

    found = state_gradients(layer, np.zeros((1, 4, 3)), loss)
    bounds = gradient_bounds([1 / 2, 2 / 3, 3 / 4, 4 / 5])
    np.testing.assert_allclose(found[0, :, 0], bounds, rtol=1e-6)


def test_gradients_through_a_linear_layer_are_powers_of_its_matrix():
    layer = keras.layers.SimpleRNN(2, None, dtype="float64")
    layer.build((1, 4, 2))
    matrix = np.array([[0.5, 1.0], [0.0, -0.25]])
    layer.set_weights([np.eye(2), matrix, np.zeros(2)])
    found = state_gradients(
        layer, np.ones((1, 4, 2)), lambda outputs: keras.ops.sum(outputs[-1][:, 0])
    )
    powers = [np.linalg.matrix_power(matrix, 3 - t)[:, 0] for t in range(4)]
    np.testing.assert_allclose(found[0], powers, rtol=1e-12)


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
    norms = loss_gradient_norms(model, layer, images, arrays["labels"])
    # 1e-3: single precision over 784 steps.
    np.testing.assert_allclose(norms, arrays["grad_norm_h"], rtol=1e-3, atol=1e-9)


@pytest.mark.usefixtures("uncompiled")
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
    norms = loss_gradient_norms(model, layer, x, y)
    zeros = [np.zeros((2, size)) for size in ([3, 1] if stair else [3])]
    logits = keras.ops.convert_to_numpy(model([x, *zeros])[0])[:, -1]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chances[[0, 1], y[:, -1]] -= 1
    kernel, _ = readout.get_weights()
    expected = np.linalg.norm(chances @ kernel.T, axis=1) / 12  # of 2 x 6 losses
    np.testing.assert_allclose(norms[:, -1], expected, rtol=1e-4)
