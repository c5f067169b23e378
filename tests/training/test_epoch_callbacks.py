"""Row 32: rate halving and best weights, epoch by epoch."""

import types

import keras
import numpy as np
import pytest

from keras_nonnormal.training import (
    BestWeights,
    EpochCheckpoint,
    HalveOnPlateau,
    WatchedModel,
)

LOSSES = [3.0, 2.0, 2.0, 1.0, 5.0]


def run(callback, losses=LOSSES, start=0, model=None):
    """What is logged when epochs end with these validation losses."""
    if model is not None:
        callback.set_model(model)
    rows = []
    for epoch, loss in enumerate(losses, start):
        logs = {"val_loss": loss}
        callback.on_epoch_end(epoch, logs)
        rows.append({"epoch": epoch + 1, **logs})
    return rows


def model_with_rate(rate):
    optimizer = keras.optimizers.SGD(rate)
    return types.SimpleNamespace(optimizer=optimizer)


def test_the_rate_is_halved_after_every_epoch_that_is_no_new_minimum():
    model = model_with_rate(0.8)
    rows = run(HalveOnPlateau(), model=model)
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx([0.8, 0.8, 0.8, 0.4, 0.4])  # trained with
    assert float(model.optimizer.learning_rate) == pytest.approx(0.2)


@pytest.mark.parametrize("epochs_before", [1, 2, 3, 4])
def test_halving_goes_on_where_it_was(epochs_before):
    model = model_with_rate(0.8)
    unbroken = run(HalveOnPlateau(), model=model)
    resumed = model_with_rate(0.8)
    rows = run(HalveOnPlateau(), LOSSES[:epochs_before], model=resumed)
    again = HalveOnPlateau(history=rows)
    rows += run(again, LOSSES[epochs_before:], epochs_before, model=resumed)
    assert rows == unbroken
    assert float(resumed.optimizer.learning_rate) == float(
        model.optimizer.learning_rate
    )


@pytest.fixture
def numbered():
    """A model whose only weight can be set to the number of an epoch."""
    inputs = keras.Input((1,))
    dense = keras.layers.Dense(1, use_bias=False)
    return WatchedModel(keras.Model(inputs, dense(inputs)))


def number(path):
    return int(path.name.split("-")[1].split(".")[0])


def epochs(callback, losses, model, start=0):
    """Numbers of the files there are after every epoch."""
    callback.set_model(model)
    names = []
    for epoch, loss in enumerate(losses, start):
        model.network.set_weights([np.float32([[epoch + 1]])])
        callback.on_epoch_end(epoch, {"val_loss": loss})
        names.append(sorted(map(number, callback.folder.iterdir())))
    return names


def weight(model):
    return model.network.get_weights()[0].item()


def test_the_best_weights_are_kept_and_restored(numbered, tmp_path):
    best = BestWeights(tmp_path)
    kept = epochs(best, LOSSES, numbered)
    # The one before stays until the state after the new one must have been saved.
    assert kept == [[1], [1, 2], [2], [2, 4], [4]]
    best.restore(numbered.network)
    assert weight(numbered) == 4


def test_more_may_be_better(numbered, tmp_path):
    best = BestWeights(tmp_path, mode="max")
    epochs(best, LOSSES, numbered)
    best.restore(numbered.network)
    assert weight(numbered) == 5


def test_a_run_killed_after_keeping_the_best_has_the_best_before(numbered, tmp_path):
    epochs(BestWeights(tmp_path), LOSSES[:2], numbered)
    # The state of the second epoch was not saved: the run goes on from the first.
    again = BestWeights(tmp_path, history=[{"epoch": 1, "val_loss": 3.0}])
    again.restore(numbered.network)
    assert weight(numbered) == 1
    epochs(again, [4.0, 3.5], numbered, start=1)  # and takes another course
    again.restore(numbered.network)
    assert weight(numbered) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["best-0001.weights.h5"]


def test_states_of_every_so_many_epochs_stay(numbered, tmp_path):  # Row 41
    numbered.compile("sgd", "mse")
    checkpoint = EpochCheckpoint(tmp_path, keep_every=2)
    checkpoint.save(0, numbered)
    kept = epochs(checkpoint, LOSSES, numbered)
    assert kept == [[1], [2], [2, 3], [2, 4], [2, 4, 5]]
    assert checkpoint.epochs_done() == 5
    with pytest.raises(ValueError, match="keep_every"):
        EpochCheckpoint(tmp_path, keep_every=0)
