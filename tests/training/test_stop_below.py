"""R4: stopping below a value."""

import types

import keras
import numpy as np
import pytest

from keras_nonnormal.training import StopBelow


@pytest.mark.parametrize(
    ("logs", "stops"),
    [
        ({"val_loss": 0.0024}, True),
        ({"val_loss": 0.0025}, False),  # strict
        ({"val_loss": 0.1}, False),
        ({"val_loss": float("nan")}, False),
        ({"loss": 0.0001}, False),
        ({}, False),
        (None, False),
    ],
)
def test_stops_strictly_below_and_never_without_the_metric_R4(logs, stops):
    callback = StopBelow(0.0025)
    callback.set_model(types.SimpleNamespace(stop_training=False))
    callback.on_epoch_end(0, logs)
    assert callback.model.stop_training is stops


def fit(callback, **settings):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.zeros((8, 1), "float32")
    history = model.fit(x, x, epochs=3, verbose=0, callbacks=[callback], **settings)
    return len(history.epoch)


def test_fit_ends_after_the_first_epoch_below_the_value_R4():
    assert fit(StopBelow(0.5), validation_split=0.5) == 1


def test_fit_without_validation_data_goes_on_R4():
    assert fit(StopBelow(0.5)) == 3


def test_another_metric_can_be_watched_R4():
    assert fit(StopBelow(0.5, monitor="loss")) == 1
