"""R1: the networks of the paper, their losses and their metrics."""

import keras
import numpy as np
import pytest

import keras_nonnormal
from keras_nonnormal import RecallAccuracy, ToleranceAccuracy
from keras_nonnormal.datasets import addition_task, copying_task
from keras_nonnormal.training import (
    compiles_whole_steps,
    loss_and_metrics,
    simple_recurrent_network,
)


@pytest.fixture(scope="module")
def tasks(digits_task):
    sizes = {"train": 32, "validation": 16, "test": 16}
    return {
        "copy": copying_task(25, **sizes),
        "addition": addition_task(20, **sizes),
        "psmnist": digits_task,
    }


@pytest.mark.parametrize(
    ("name", "activation", "input_shape", "output_shape"),
    [
        ("copy", "elu", (None, 25, 10), (None, 25, 9)),
        ("addition", "relu", (None, 20, 2), (None, 1)),
        ("psmnist", "elu", (None, 784, 1), (None, 10)),
    ],
)
def test_network_of_each_task_R1(tasks, name, activation, input_shape, output_shape):
    model = simple_recurrent_network(tasks[name], 10, activation=activation)
    assert model.input_shape == input_shape
    assert model.output_shape == output_shape
    recurrent = model.get_layer("recurrent")
    assert isinstance(recurrent, keras.layers.SimpleRNN)
    assert keras.activations.serialize(recurrent.activation) == activation
    readout = model.get_layer("readout")
    assert keras.activations.serialize(readout.activation) == "linear"
    assert len(model.layers) == 3


def test_the_chain_is_fed_from_its_first_units_and_biases_are_zero_R1(tasks):
    model = simple_recurrent_network(tasks["copy"], 12, activation="elu")
    kernel, recurrent, bias = model.get_layer("recurrent").get_weights()
    np.testing.assert_array_equal(recurrent, np.float32(1.02) * np.eye(12, k=1))
    np.testing.assert_array_equal(kernel, np.float32(0.9) * np.eye(10, 12))
    assert not bias.any()
    assert not model.get_layer("readout").get_weights()[1].any()


def test_the_gain_and_the_seed_reach_the_recurrent_matrix_R1(tasks):
    def matrix(seed):
        model = simple_recurrent_network(
            tasks["copy"],
            12,
            activation="elu",
            init="orthogonal",
            init_scale=0.5,
            seed=seed,
        )
        return model.get_layer("recurrent").get_weights()[1]

    np.testing.assert_allclose(matrix(1) @ matrix(1).T, 0.25 * np.eye(12), atol=1e-6)
    np.testing.assert_array_equal(matrix(1), matrix(1))
    assert np.abs(matrix(1) - matrix(2)).max() > 0.01


def test_losses_R1(tasks):
    """Cross-entropy over all steps in nats, of one step, and the mean square."""
    loss, _ = loss_and_metrics(tasks["copy"])
    # Uniform over the nine classes at every step costs ln 9.
    value = loss(np.zeros((2, 25), "int32"), np.zeros((2, 25, 9), "float32"))
    assert float(value) == pytest.approx(np.log(9), rel=1e-6)
    loss, _ = loss_and_metrics(tasks["psmnist"])
    value = loss(np.zeros(2, "int32"), np.zeros((2, 10), "float32"))
    assert float(value) == pytest.approx(np.log(10), rel=1e-6)
    loss, _ = loss_and_metrics(tasks["addition"])
    assert float(loss(np.ones((2, 1)), np.full((2, 1), 3.0))) == pytest.approx(4.0)


def test_metrics_mean_something_T6(tasks):
    def kinds(name):
        return [type(metric) for metric in loss_and_metrics(tasks[name])[1]]

    assert kinds("copy") == [RecallAccuracy]
    assert kinds("addition") == [ToleranceAccuracy, keras.metrics.MeanAbsoluteError]
    assert kinds("psmnist") == [keras.metrics.SparseCategoricalAccuracy]


@pytest.mark.parametrize("name", ["copy", "addition", "psmnist"])
def test_a_saved_model_evaluates_as_before_R1(tasks, name, tmp_path):
    task = tasks[name]
    model = simple_recurrent_network(task, 10, activation="relu", seed=0)
    loss, metrics = loss_and_metrics(task)
    model.compile("sgd", loss=loss, metrics=metrics)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    test = task.splits.test
    x, y = task.encode(test.inputs, test.targets)
    settings = {"verbose": 0, "return_dict": True}
    assert loaded.evaluate(x, y, **settings) == model.evaluate(x, y, **settings)


@pytest.mark.parametrize(("units", "whole"), [(255, True), (256, False)])
def test_whole_steps_are_compiled_where_layers_are_small(units, whole):
    layers = [keras.layers.Dense(300), keras_nonnormal.FusedLSTM(units)]
    model = keras.Sequential([*layers, keras.layers.Dense(2)])
    assert compiles_whole_steps(model) == whole
    around = keras.Sequential([keras.layers.Bidirectional(layers[1])])
    assert compiles_whole_steps(around) == whole
