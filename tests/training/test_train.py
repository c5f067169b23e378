import sys

import keras
import numpy as np
import pytest

from keras_nonnormal.optimizers import RMSpropKeras2
from keras_nonnormal.training import Schedule, TrainingDiverged, read_metrics
from keras_nonnormal.training.train import largest_divisor
from tests.training.schedules import HALVING

STEPS = 20  # per epoch, of `train_small`


def losses(result):
    """The history without wall times."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in result.history]


def assert_same_weights(one, other):
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def unbroken(train_small, tmp_path_factory):
    """`(folder, model, result)` of four epochs in one go."""
    folder = tmp_path_factory.mktemp("unbroken")
    return folder, *train_small(folder, epochs=4, tensorboard=True)


def test_two_runs_of_one_seed_are_identical_R5(train_small, unbroken, tmp_path):
    _, first, first_result = unbroken
    second, second_result = train_small(tmp_path, epochs=4)
    assert losses(first_result) == losses(second_result)
    assert_same_weights(first, second)


def test_the_seed_decides_the_order_of_the_data_R5(train_small, unbroken, tmp_path):
    _, other = train_small(tmp_path, epochs=1, seed=4)
    assert losses(other)[0] != losses(unbroken[2])[0]


def test_a_run_leaves_everything_the_table_says(unbroken):
    folder, _, result = unbroken
    assert names(folder) == [
        "checkpoints",
        "config.json",
        "metrics.csv",
        "model.keras",
        "tensorboard",
    ]
    assert names(folder / "checkpoints") == ["epoch-0004.weights.h5"]
    assert read_metrics(folder / "metrics.csv") == result.history
    assert list(result.history[0]) == [
        "epoch",
        "seconds",
        "loss",
        "recall_accuracy",
        "val_loss",
        "val_recall_accuracy",
    ]
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4]
    events = folder.glob("tensorboard/*/events.out.tfevents.*")
    assert {path.parent.name for path in events} == {"train", "validation"}


def test_the_saved_model_is_an_ordinary_one_with_the_last_weights(unbroken, small_task):
    folder, model, result = unbroken
    loaded = keras.saving.load_model(folder / "model.keras")
    assert type(loaded) is type(model)
    assert_same_weights(loaded, model)
    test = small_task.splits.test
    x, y = small_task.encode(test.inputs, test.targets)
    metrics = loaded.evaluate(x, y, verbose=0, return_dict=True)
    assert metrics == pytest.approx(result.test, rel=1e-5)  # other batches


def test_a_resumed_run_ends_like_an_unbroken_one(train_small, unbroken, tmp_path):
    _, model, result = unbroken
    train_small(tmp_path, epochs=1)
    # Broken off after writing the metrics of an epoch and before keeping its state.
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("2,1.0,9.0,0.0,9.0,0.0\n")
    resumed, resumed_result = train_small(tmp_path, resume=True, epochs=4)
    assert_same_weights(resumed, model)
    assert losses(resumed_result) == losses(result)
    for ours, theirs in zip(
        resumed.optimizer.variables, model.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_training_stops_early_and_stays_stopped(train_small, tmp_path):
    settings = {"epochs": 3, "stop_below": 100.0}
    model, result = train_small(tmp_path, **settings)
    assert result.stopped_early
    assert len(result.history) == 1
    resumed, again = train_small(tmp_path, resume=True, **settings)
    assert losses(again) == losses(result)
    assert_same_weights(resumed, model)


def test_a_diverging_run_names_its_step_and_keeps_the_last_good_state(
    train_small, tmp_path
):
    # The 27th update, in the second epoch, is immense; the 28th loss shows it.
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([25], [1e-3, 1e30])
    optimizer = RMSpropKeras2(rate, global_clipnorm=10.0)
    with pytest.raises(TrainingDiverged, match="step 28 ") as error:
        train_small(tmp_path, epochs=4, optimizer=optimizer)
    assert (error.value.step, error.value.epoch) == (28, 2)
    assert names(tmp_path / "checkpoints") == ["epoch-0001.weights.h5"]
    assert not (tmp_path / "model.keras").exists()
    assert len(read_metrics(tmp_path / "metrics.csv")) == 1


def test_a_run_that_diverges_at_once_keeps_the_state_it_began_with(
    train_small, tmp_path
):
    with pytest.raises(TrainingDiverged):
        train_small(tmp_path, learning_rate=1e30)
    assert names(tmp_path / "checkpoints") == ["epoch-0000.weights.h5"]
    assert not (tmp_path / "metrics.csv").exists()


def test_without_xla_the_numbers_are_the_same_up_to_rounding(
    train_small, unbroken, tmp_path
):
    _, compiled = train_small(tmp_path, epochs=1, compiled=True)
    assert losses(compiled)[0] == pytest.approx(losses(unbroken[2])[0], rel=1e-3)


EVERYTHING = {
    "keep_best": True,
    "reduce_on_plateau": HALVING,
    "monitor": "val_recall_accuracy",
    "save_every": 2,
    "log_gradient_norm": True,
    "learning_rate": 0.02,  # too much: some epochs are worse than the one before
}


@pytest.fixture(scope="module")
def with_everything(train_small, tmp_path_factory):
    """`(folder, model, result)` of four epochs with all options."""
    folder = tmp_path_factory.mktemp("everything")
    return folder, *train_small(folder, epochs=4, **EVERYTHING)


def test_all_that_is_asked_for_is_logged(with_everything):  # Row 41
    folder, _, result = with_everything
    assert list(result.history[0]) == [
        "epoch",
        "seconds",
        "loss",
        "gradient_norm",
        "learning_rate",
        "recall_accuracy",
        "val_loss",
        "val_recall_accuracy",
    ]
    assert read_metrics(folder / "metrics.csv") == result.history
    assert all(row["gradient_norm"] > 0 for row in result.history)


def test_the_rate_is_halved_where_the_history_says_so(with_everything):  # Row 32
    rate, best = 0.02, 0.0
    history = with_everything[2].history
    for row in history:
        assert row["learning_rate"] == pytest.approx(rate)
        if row["val_recall_accuracy"] <= best:
            rate /= 2
        best = max(best, row["val_recall_accuracy"])
    assert rate < 0.02  # or else this test has seen nothing


def test_the_best_model_is_tested_and_saved(
    train_small, with_everything, small_task, tmp_path
):  # Rows 32 and 41
    folder, model, result = with_everything
    accuracies = [row["val_recall_accuracy"] for row in result.history]
    best = int(np.argmax(accuracies)) + 1
    assert result.best["epoch"] == best < 4
    kept = [
        f"best-{best:04d}.weights.h5",
        *(f"epoch-000{i}.weights.h5" for i in (2, 4)),
    ]
    assert names(folder / "checkpoints") == kept
    stopped, there = train_small(
        tmp_path, epochs=best, **{**EVERYTHING, "keep_best": False}
    )
    assert_same_weights(model, stopped)
    assert result.test == there.test
    assert_same_weights(keras.saving.load_model(folder / "model.keras"), stopped)


def test_a_run_with_all_options_resumes_bit_for_bit(
    train_small, with_everything, tmp_path
):
    _, model, result = with_everything
    train_small(tmp_path, epochs=2, **EVERYTHING)
    resumed, again = train_small(tmp_path, resume=True, epochs=4, **EVERYTHING)
    assert losses(again) == losses(result)
    assert again.test == result.test
    assert_same_weights(resumed, model)
    for ours, theirs in zip(
        resumed.optimizer.variables, model.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_the_rate_may_be_reduced_by_another_value_than_the_best(
    train_small, with_everything, tmp_path
):  # Row A17
    plan = {"factor": 0.1, "patience": 1, "monitor": "val_loss", "mode": "max"}
    settings = {**EVERYTHING, "reduce_on_plateau": plan}
    settings |= {"log_gradient_norm": False}
    _, result = train_small(tmp_path, epochs=4, **settings)
    rate, losses_, count = 0.02, [], 0
    for row in result.history:
        assert row["learning_rate"] == pytest.approx(rate)
        count = 0 if row["val_loss"] > max(losses_, default=0) else count + 1
        if count > 1:
            rate, count = rate / 10, 0
        losses_.append(row["val_loss"])
    assert rate < 0.02  # or else this test has seen nothing


@pytest.mark.parametrize("wrong", [{"epochs": -1}, {"batch_size": 0}])
def test_schedules_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=r"at least.*Received: epochs=") as refused:
        Schedule(**{"epochs": 1, "batch_size": 8, **wrong})
    assert "\n" not in str(refused.value)


def test_a_monitored_value_that_is_not_logged_is_refused(train_small, tmp_path):
    with pytest.raises(ValueError, match="'val_bpc'"):
        train_small(tmp_path, keep_best=True, monitor="val_bpc")


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_shows_loss_and_validation(
    train_small, tmp_path, capsys, monkeypatch, terminal
):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    train_small(tmp_path, epochs=2, verbose="auto")
    shown = capsys.readouterr().out
    assert "Epoch 2/2" in shown
    assert f"{STEPS}/{STEPS}" in shown
    assert "val_recall_accuracy" in shown
    assert ("━" in shown) is terminal  # the live bar, with the time that is left


@pytest.mark.parametrize(
    ("number", "most", "divisor"),
    [(3750, 50, 50), (200, 50, 50), (63, 50, 21), (97, 50, 1), (7, 50, 7), (1, 50, 1)],
)
def test_largest_divisor(number, most, divisor):
    assert largest_divisor(number, most) == divisor
