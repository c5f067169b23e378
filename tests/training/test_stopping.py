"""When training ends before its last epoch, and what dropout draws."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_nonnormal.training import EpochSeeds, StopEarly, TimeLimit, WatchedModel


def stopped_after(callback, losses):
    """The epoch after which a callback ends a training with these losses."""
    callback.set_model(SimpleNamespace(stop_training=False))
    for epoch, loss in enumerate(losses):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if callback.model.stop_training:
            return epoch + 1
    return None


def test_patience_is_counted_in_epochs_that_are_not_the_best():  # LSC row 47
    losses = [5, 4, 4.5, 4.2, 3, 3, 3.5, 2]
    assert stopped_after(StopEarly(3), losses) is None
    assert stopped_after(StopEarly(2), losses) == 4
    assert stopped_after(StopEarly(None), losses) is None
    history = [{"val_loss": loss} for loss in losses[:3]]
    assert stopped_after(StopEarly(2, history=history), losses[3:]) == 1
    assert StopEarly(1, history=history).reached
    with pytest.raises(ValueError, match="`patience` must be at least 1"):
        StopEarly(0)


def test_no_epoch_begins_that_would_end_too_late(monkeypatch):  # LSC row 47
    clock = iter([0.0, 10.0, 10.0, 20.0, 20.0, 30.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert stopped_after(TimeLimit(25.0), [1, 1, 1]) == 2
    history = [{"seconds": 10.0}] * 2
    assert TimeLimit(25.0, history=history).reached
    assert not TimeLimit(35.0, history=history).reached
    assert TimeLimit(35.0, spent=6.0, history=history).reached
    assert not TimeLimit(1.0, spent=6.0).reached  # one epoch there is
    with pytest.raises(ValueError, match="`seconds` must be positive"):
        TimeLimit(0.0)


def test_dropout_of_an_epoch_is_that_of_its_number():
    inputs = keras.Input((50,))
    hidden = keras.layers.Dropout(0.5)(inputs)
    model = WatchedModel(keras.Model(inputs, keras.layers.Dropout(0.5)(hidden)))

    def draw(seed, epoch):
        callback = EpochSeeds(seed)
        callback.set_model(model)
        callback.on_epoch_begin(epoch)
        return np.asarray(model(np.ones((1, 50), "float32"), training=True))

    first = draw(1, 3)
    draw(1, 4)
    np.testing.assert_array_equal(draw(1, 3), first)
    assert (draw(1, 4) != first).any()
    assert (draw(2, 3) != first).any()
    assert len(set(first[0])) == 2  # 0 and 4: two masks that differ
    assert 0.1 < (first != 0).mean() < 0.45
