"""Rows 32 and A17: reduced rates and best weights, epoch by epoch."""

import types

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.training import (
    BestWeights,
    EpochCheckpoint,
    ReduceOnPlateau,
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


def rate_of(model):
    return float(model.optimizer.learning_rate)


HALVING = {"factor": 0.5, "patience": 0}


def test_the_rate_is_halved_after_every_epoch_that_is_no_new_minimum():
    model = model_with_rate(0.8)
    rows = run(ReduceOnPlateau(**HALVING), model=model)
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx([0.8, 0.8, 0.8, 0.4, 0.4])  # trained with
    assert rate_of(model) == pytest.approx(0.2)


@pytest.mark.parametrize("epochs_before", [1, 2, 3, 4])
@pytest.mark.parametrize("plan", [HALVING, {"patience": 1}, {"threshold": 0.4}])
def test_reducing_goes_on_where_it_was(plan, epochs_before):
    losses = [3.0, 2.0, 2.0, 1.9, 5.0, 1.7]
    plan = {"patience": 1, **plan}
    model = model_with_rate(0.8)
    unbroken = run(ReduceOnPlateau(**plan), losses, model=model)
    resumed = model_with_rate(0.8)
    rows = run(ReduceOnPlateau(**plan), losses[:epochs_before], model=resumed)
    again = ReduceOnPlateau(**plan, history=rows)
    rows += run(again, losses[epochs_before:], epochs_before, model=resumed)
    assert rows == unbroken
    assert rate_of(resumed) == rate_of(model)


# Row A17
@given(
    losses=st.lists(
        st.integers(1, 400).map(lambda i: i / 100), min_size=1, max_size=40
    ),
    mode=st.sampled_from(["min", "max"]),
    factor=st.sampled_from([0.1, 0.5]),
    patience=st.integers(0, 4),
    min_rate=st.sampled_from([0.0, 1e-3]),
    broken_off=st.integers(0, 40),
)
def test_rates_are_those_of_the_callback_of_keras_with_one_more_epoch(
    losses, mode, factor, patience, min_rate, broken_off
):
    def stand_in():  # for an optimizer
        return types.SimpleNamespace(
            optimizer=types.SimpleNamespace(learning_rate=np.float32(0.5))
        )

    theirs = keras.callbacks.ReduceLROnPlateau(
        "val_loss", factor, patience + 1, mode=mode, min_delta=0, min_lr=min_rate
    )
    theirs.on_train_begin()
    expected = [row["learning_rate"] for row in run(theirs, losses, model=stand_in())]
    plan = {"factor": factor, "patience": patience, "mode": mode, "min_rate": min_rate}
    model = stand_in()
    rows = run(ReduceOnPlateau(**plan), losses[:broken_off], model=model)
    again = ReduceOnPlateau(**plan, history=rows)
    rows += run(again, losses[broken_off:], len(rows), model=model)
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx(expected, rel=1e-5)  # theirs are rounded


def test_the_threshold_is_a_share_of_the_best():  # Row A17
    for threshold, loss, reduced in ((0.1, 0.89, 0), (0.1, 0.91, 1), (0.0, 0.91, 0)):
        plan = ReduceOnPlateau(patience=0, threshold=threshold)
        model = model_with_rate(0.5)
        rows = run(plan, [1.0, loss, 0.1], model=model)
        assert rows[-1]["learning_rate"] == pytest.approx(0.5 * 0.1**reduced)


def test_ten_epochs_need_not_be_better_and_the_eleventh_must():  # Row A17
    model = model_with_rate(1e-4)
    losses = [1.0, *[1.0] * 11, 0.5, *[0.6] * 11, 0.7]
    rates = [
        row["learning_rate"] for row in run(ReduceOnPlateau(), losses, model=model)
    ]
    assert rates[:12] == pytest.approx([1e-4] * 12)
    assert rates[12:24] == pytest.approx([1e-5] * 12)
    assert rates[24:] == pytest.approx([1e-6])


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("factor", 0.0),
        ("factor", 1.0),
        ("patience", -1),
        ("threshold", 1.0),
        ("min_rate", -1e-6),
    ],
)
def test_plans_that_cannot_be_are_refused(argument, value):
    with pytest.raises(ValueError, match=f"Expected `{argument}`.*{argument}={value}"):
        ReduceOnPlateau(**{argument: value})


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
