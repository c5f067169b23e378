"""Validation under a sine that is another one after every epoch, in whole runs."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_nonnormal.datasets import SineAugmentation, sin_transform, transformed_task
from keras_nonnormal.training import (
    RunDirectory,
    Schedule,
    TransformedValidation,
    optimizer_by_name,
    simple_recurrent_network,
    train,
)

ADDED = ["val_transformed_accuracy", "val_transformed_loss"]
STEPS = 28


@pytest.fixture(scope="module")
def short_task(digits_task):
    """The first row of every digit."""

    def encode(inputs, targets):
        return digits_task.encode(inputs[:, :STEPS], targets)

    return dataclasses.replace(digits_task, encode=encode, length=STEPS)


@pytest.fixture(scope="module")
def trained(short_task, tmp_path_factory):
    """Trains a small network, about half of its batches changed: `(model, result)`."""
    augment = SineAugmentation(ratio=0.5, period=STEPS)
    task = dataclasses.replace(short_task, augment=augment)
    folder = tmp_path_factory.mktemp("runs")

    def run(name, epochs, task=task, resume=False, validation_seed=1):
        directory = RunDirectory(folder / name)
        directory.claim({}, resume)
        keras.utils.set_random_seed(3)
        model = simple_recurrent_network(task, 5, activation="elu", seed=3)
        result = train(
            model,
            task,
            directory,
            optimizer=optimizer_by_name("rmsprop-keras2", 3e-2, clip_norm=10.0),
            schedule=Schedule(epochs, 8, reduce_on_plateau={"patience": 0}),
            seed=3,
            callbacks=[TransformedValidation(task, seed=validation_seed, period=STEPS)],
            jit_compile=False,
            verbose=0,
        )
        return model, result

    return run


@pytest.fixture(scope="module")
def unbroken(trained):
    return trained("unbroken", 3)


def rows(result):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in result.history]


def test_what_is_logged_is_the_score_on_transformed_digits(unbroken, short_task):
    model, result = unbroken
    frequency = TransformedValidation(short_task, seed=1).frequency(2)
    changed = transformed_task(
        short_task, lambda x: sin_transform(x, frequency, period=STEPS)
    )
    x, y = next(iter(changed.evaluation_batches("validation")))
    logits = model(x)
    nats = keras.losses.sparse_categorical_crossentropy(y, logits, True)
    last = result.history[-1]
    # Sums of a batch in another order, in single precision.
    assert last["val_transformed_loss"] == pytest.approx(np.mean(nats), rel=1e-5)
    named = np.argmax(logits, axis=-1) == y.numpy()
    assert last["val_transformed_accuracy"] == pytest.approx(named.mean(), rel=1e-6)
    assert last["val_transformed_loss"] != last["val_loss"]
    assert [name for name in last if "transformed" in name] == ADDED


def test_the_frequency_is_another_one_after_every_epoch(short_task):
    watch = TransformedValidation(short_task, seed=1)
    drawn = [watch.frequency(epoch) for epoch in range(500)]
    assert len(set(drawn)) == 500
    assert drawn == [watch.frequency(epoch) for epoch in range(500)]
    assert drawn != [
        TransformedValidation(short_task, seed=2).frequency(i) for i in range(500)
    ]
    # Uniform from 0 to 2: means of 500 have a standard deviation of 0.026.
    assert np.mean(drawn) == pytest.approx(1, abs=0.1)
    assert 0 <= min(drawn) < 0.05
    assert 1.95 < max(drawn) < 2


# Rows A17, A18 and A22
def test_a_run_with_random_transforms_resumes_bit_for_bit(trained, unbroken):
    model, result = unbroken
    trained("resumed", 1)
    resumed, again = trained("resumed", 3, resume=True)
    assert rows(again) == rows(result)
    for ours, theirs in zip(resumed.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# Row A18
def test_changed_batches_change_the_training(trained, unbroken, short_task):
    _, clean = trained("clean", 1, task=short_task)
    assert clean.history[0]["loss"] != unbroken[1].history[0]["loss"]


def test_validation_under_the_sine_changes_nothing_else(trained, unbroken):
    _, other = trained("other", 3, validation_seed=2)
    for ours, theirs in zip(rows(other), rows(unbroken[1]), strict=True):
        assert [ours.pop(k) for k in ADDED] != [theirs.pop(k) for k in ADDED]
        assert ours == theirs
