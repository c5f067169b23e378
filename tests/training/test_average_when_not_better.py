"""When averaging begins, and what is then evaluated and kept."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal.optimizers import AveragedSGD
from keras_nonnormal.training import (
    AverageWhenNotBetter,
    BestWeights,
    CarriedState,
    WatchedModel,
)


class Model:
    def __init__(self):
        self.optimizer = AveragedSGD()
        self.optimizer.build([keras.Variable([0.0])])


def begun(losses, window, history=0):
    """The epoch after which averaging begins, or None."""
    rows = [{"val_loss": loss} for loss in losses]
    callback = AverageWhenNotBetter(window, history=rows[:history])
    callback.set_model(Model())
    for epoch, row in enumerate(rows[history:], history + 1):
        callback.on_epoch_end(epoch - 1, row)
        assert row["averaged"] == 0
        if int(callback.model.optimizer._first) == 1:
            return epoch
    return None


def test_averaging_begins_as_published():
    """Worse than the best of all but the last n epochs before."""
    losses = [5, 4, 3, 3.5, 3.1, 3.2, 2.9]
    assert begun(losses, 1) == 5  # 3.1 is worse than 3, 3.5 is not worse than 4
    assert begun(losses, 2) == 6
    assert begun(losses, 3) is None
    assert begun([1, 2], 2) is None  # too early
    for history in range(6):  # a run that goes on
        assert begun(losses, 2, history) == 6


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    network = keras.Sequential([keras.Input((1,)), layer])
    model = WatchedModel(network)
    optimizer = AveragedSGD(0.25, start=3)
    model.compile(optimizer, loss="mse", run_eagerly=True)
    x, y = np.ones((1, 1)), np.ones((1, 1))
    best = BestWeights(tmp_path_factory.mktemp("best"))
    history = model.fit(
        x, y, epochs=4, validation_data=(x, y), verbose=0,
        callbacks=[AverageWhenNotBetter(5), best],
    )  # fmt: skip
    return network, history.history, best


WEIGHTS = 1 - 0.5 ** np.arange(1, 5)  # after each update


def test_evaluations_are_those_of_the_mean(fitted):
    _, history, _ = fitted
    means = [*WEIGHTS[:2], WEIGHTS[2], WEIGHTS[2:].mean()]
    np.testing.assert_allclose(history["val_loss"], (1 - np.array(means)) ** 2, 1e-5)
    np.testing.assert_allclose(history["loss"], 0.25 ** np.arange(4), 1e-5)
    assert history["averaged"] == [0, 0, 1, 1]


def test_what_is_kept_and_left_behind_is_the_mean(fitted):
    network, _, best = fitted
    for _ in range(2):
        assert float(network.weights[0][0, 0]) == pytest.approx(WEIGHTS[2:].mean())
        network.set_weights([np.zeros((1, 1))])
        best.restore(network)


def test_an_impossible_window_is_refused():
    with pytest.raises(ValueError, match="`window` must be at least 1"):
        AverageWhenNotBetter(0)


@pytest.mark.parametrize("usual_length", [None, 8])
def test_the_rate_is_in_proportion_to_the_length_of_a_chunk(usual_length):
    keras.utils.set_random_seed(0)
    tokens, state = keras.Input((4,), dtype="int32"), keras.Input((1,))
    logits = keras.layers.Embedding(2, 2, embeddings_initializer="zeros")(tokens)
    network = keras.Model([tokens, state], [logits, keras.layers.Identity()(state)])
    model = CarriedState(network, (1,), usual_length=usual_length)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss, run_eagerly=True)
    weights = np.array([[2.0, 2.0, 0.0, 0.0]])  # two steps of four
    batch = (np.zeros((1, 4)), np.zeros((1, 4)), weights)
    model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    moved = float(network.weights[0][0, 0])
    rate = 0.5 if usual_length is None else 0.5 * 2 / 8
    assert moved == pytest.approx(rate * 0.5)  # the gradient is 1/2
    assert float(model.optimizer.learning_rate) == 0.5
