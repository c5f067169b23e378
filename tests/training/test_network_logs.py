"""Row S29: what is logged of a network itself, epoch by epoch."""

import types

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.layers import FusedSimpleRNN
from keras_nonnormal.training import (
    SpectralNormLog,
    StopWhenNotFinite,
    TrainingDiverged,
    VariableLog,
    WatchedModel,
    read_metrics,
)
from keras_nonnormal.training.callbacks.spectral_norm_log import spectral_norm

STEPS = 5


def staired(stair="alpha"):
    inputs = keras.Input((STEPS, 1))
    layer = FusedSimpleRNN(4, stair=stair, name="recurrent")
    return WatchedModel(keras.Model(inputs, layer(inputs)))


def after_epochs(callback, model, values, start=0):
    """What a callback makes of epochs that end with these learned stairs."""
    callback.set_model(model)
    callback.on_train_begin()
    alpha = model.network.get_layer("recurrent").stair.alpha
    for epoch, value in enumerate(values, start):
        alpha.assign(np.full(STEPS, value, "float32"))
        callback.on_epoch_end(epoch, {})


def test_a_variable_is_written_after_every_epoch_exactly(tmp_path):
    file = tmp_path / "alpha.csv"
    values = [1.0, np.float32(0.1), np.float32(1 / 3)]
    after_epochs(VariableLog(file, "alpha"), staired(), values)
    assert file.read_text().splitlines()[0] == "epoch,0,1,2,3,4"
    rows = read_metrics(file)
    assert [row.pop("epoch") for row in rows] == [1, 2, 3]
    read = np.array([list(row.values()) for row in rows], "float32")
    np.testing.assert_array_equal(read, np.repeat([values], STEPS, axis=0).T)


def test_rows_after_the_epoch_a_run_goes_on_from_are_dropped(tmp_path):
    file, model = tmp_path / "alpha.csv", staired()
    after_epochs(VariableLog(file, "alpha"), model, [1.0, 2.0, 3.0])
    # The state of the third epoch was not kept.
    after_epochs(VariableLog(file, "alpha"), model, [4.0, 5.0], start=2)
    assert [row["0"] for row in read_metrics(file)] == [1.0, 2.0, 4.0, 5.0]


def test_a_variable_that_is_not_there_is_named_with_those_that_are(tmp_path):
    log = VariableLog(tmp_path / "alpha.csv", "alpha")
    log.set_model(staired("expn"))
    with pytest.raises(ValueError, match=r"bias, kernel, recurrent_kernel.*'alpha'"):
        log.on_train_begin()


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_spectral_norm_is_the_largest_singular_value(rows, columns, seed):
    matrix = np.random.default_rng(seed).standard_normal((rows, columns))
    largest = np.linalg.norm(matrix, 2)
    # Close singular values are not told apart in 100 iterations, but then are close.
    assert spectral_norm(matrix) == pytest.approx(largest, rel=0.02)
    assert spectral_norm(matrix) <= largest * (1 + 1e-12)


def test_the_spectral_norm_of_nothing_is_zero():
    assert spectral_norm(np.zeros((3, 2))) == 0


def test_the_spectral_norm_is_that_of_the_recurrent_matrix():
    model, log, logs = staired("expn"), SpectralNormLog(), {}
    model.network.get_layer("recurrent").cell.recurrent_kernel.assign(
        np.diag([1.0, -2.5, 2.0, 0.0])
    )
    log.set_model(model)
    log.on_train_begin()
    log.on_epoch_end(0, logs)
    assert logs["spectral_norm"] == pytest.approx(2.5)


def test_a_network_without_recurrent_matrix_is_refused():
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(1, name="only")
    log = SpectralNormLog()
    log.set_model(WatchedModel(keras.Model(inputs, dense(inputs))))
    with pytest.raises(ValueError, match=r"recurrent layer.*only"):
        log.on_train_begin()


def test_callbacks_of_the_caller_add_to_what_is_logged_and_go_on(train_small, tmp_path):
    logs = {"callbacks": [SpectralNormLog(), VariableLog(tmp_path / "k.csv", "bias")]}
    logs["compiled"] = False
    train_small(tmp_path / "run", epochs=2, **logs)
    _, result = train_small(tmp_path / "run", epochs=3, resume=True, **logs)
    assert all(row["spectral_norm"] > 0.9 for row in result.history)
    written = read_metrics(tmp_path / "run" / "metrics.csv")
    assert [row["spectral_norm"] for row in written] == [
        row["spectral_norm"] for row in result.history
    ]
    assert [row["epoch"] for row in read_metrics(tmp_path / "k.csv")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("stair", "limit"),
    [
        ("expalpha", r"overflows in float32 for alpha z below -88.*-0\.3748"),
        ("alpha", "numbers for max_steps=5 time steps, then NaN"),
        ("expn", "not finite; a smaller learning rate or gain may help"),
    ],
)
def test_a_training_that_diverges_says_what_a_stair_cannot_do(stair, limit):
    watch = StopWhenNotFinite()
    model = staired(stair)
    model.optimizer = types.SimpleNamespace(iterations=3)
    watch.set_model(model)
    watch.on_epoch_begin(0)
    for diverge in (watch.on_train_batch_end, watch.on_epoch_end):
        with pytest.raises(TrainingDiverged, match=limit) as error:
            diverge(0, {"loss": np.nan, "val_loss": np.nan})
        assert "\n" not in str(error.value)
