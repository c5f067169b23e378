"""IndRNN: its equation, a loop without products, and clipped recurrent weights."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import IndRNN
from keras_nonnormal.recurrence import Recurrence
from tests.helpers import relative_error, value_and_gradients
from tests.layers.own_loop import BATCH, TIME, UNITS, built, check_steps, draws, float64

pytestmark = pytest.mark.usefixtures("uncompiled")


def test_every_unit_is_fed_back_to_itself_alone():
    layer = built(IndRNN)

    def step(drive, states, recurrent):
        return [np.maximum(drive + recurrent * states[0], 0)]

    check_steps(layer, step)
    np.testing.assert_array_equal(
        float64(layer.recurrent_matrix()), np.diag(float64(layer.cell.recurrent_kernel))
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="reads a graph")
def test_there_is_no_product_in_the_loops_over_time():
    import tensorflow as tf

    def products(kind, **arguments):
        layer = built(kind, activation="tanh", **arguments)

        def gradients(x):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x)[0])
            return tape.gradient(loss, layer.trainable_variables)

        graph = tf.function(gradients, autograph=False).get_concrete_function(
            tf.TensorSpec((BATCH, TIME, 4), layer.compute_dtype)
        )
        functions = [f for f in graph.graph.as_graph_def().library.function]
        loops = {
            node.attr["body"].func.name
            for each in functions
            for node in each.node_def
            if node.op in ("While", "StatelessWhile")
        }
        assert loops
        bodies = [f for f in functions if f.signature.name in loops]
        return sum(node.op == "MatMul" for f in bodies for node in f.node_def)

    from keras_nonnormal.layers import FusedSimpleRNN

    assert products(IndRNN) == 0
    assert products(FusedSimpleRNN) >= 2  # forward and backward: they would be seen


@pytest.mark.parametrize("gain", [False, True])
def test_a_diagonal_gives_the_numbers_of_the_matrix_that_has_it(gain):
    """Outputs, and the gradients by everything."""
    recurrence = Recurrence(
        lambda z, state, inputs, parameters: (keras.ops.tanh(z) + 0.1 * state[0],)
    )
    x, kernel, h, row, cotangent, g = draws(
        (TIME, BATCH, 4), (4, UNITS), (BATCH, UNITS), (1, UNITS), (TIME, BATCH, UNITS),
        (TIME, 1, 1),
    )  # fmt: skip

    def outputs(matrix_of):
        def function(x, kernel, h, row, g):
            gains = g if gain else None
            return (recurrence(x, (kernel,), matrix_of(row), (h,), gain=gains)[0],)

        return value_and_gradients(function, [x, kernel, h, row, g], [cotangent])

    diagonal = outputs(lambda row: row)
    dense = outputs(lambda row: row * keras.ops.eye(UNITS, dtype=row.dtype))
    for actual, expected in zip(diagonal, dense, strict=True):
        assert relative_error(actual, expected) < 1e-5


def test_recurrent_weights_are_clipped_after_every_update():
    layer = built(
        IndRNN, recurrent_bound=0.5, return_sequences=False, return_state=False
    )
    assert np.abs(float64(layer.cell.recurrent_kernel)).max() <= 0.5
    model = keras.Sequential([keras.Input((TIME, 4)), layer])
    model.compile(keras.optimizers.SGD(10.0), "mse")
    x, y = draws((BATCH, TIME, 4), (BATCH, UNITS))
    model.train_on_batch(x, 5 * y)
    weights = np.abs(float64(layer.cell.recurrent_kernel))
    assert weights.max() == pytest.approx(0.5)
    again = IndRNN.from_config(layer.get_config()).cell
    assert again.recurrent_constraint.bound == again.recurrent_bound == 0.5


def test_bounds_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="`recurrent_bound` to be a number above 0"):
        IndRNN(UNITS, recurrent_bound=0)
    with pytest.raises(ValueError, match="not both"):
        IndRNN(UNITS, recurrent_bound=1.0, recurrent_constraint="nonneg")
