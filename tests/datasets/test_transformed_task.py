"""What can be done to a task: transforms, drives, and random ones when training."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal.datasets import (
    Examples,
    SineAugmentation,
    Splits,
    Task,
    driven_task,
    local_linear,
    sin_transform,
    step_drive,
    transformed_task,
)

STEPS, ROWS = 16, 60


def encode(inputs, targets):
    return tf.cast(inputs, "float32")[..., None] / 255, targets


@pytest.fixture(scope="module")
def task():
    """Sixty sequences of which some steps are 0, always in one order."""
    draw = np.random.default_rng(0)

    def examples():
        pixels = draw.integers(0, 256, (ROWS, STEPS)) * draw.integers(0, 2, STEPS)
        return Examples(pixels.astype("uint8"), np.arange(ROWS, dtype="int32"))

    return Task(
        name="noise",
        splits=Splits(examples(), examples(), examples()),
        encode=encode,
        shuffle=False,
        input_width=1,
        output_width=ROWS,
        per_step=False,
        length=STEPS,
        trivial_loss=1.0,
    )


def listed(batches):
    return [tuple(map(np.asarray, batch)) for batch in batches]


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize(
    "transform", [lambda x: sin_transform(x, period=STEPS), local_linear]
)
def test_a_transformed_task_is_tested_on_transformed_sequences(
    task, transform, split
):  # Row A21
    changed = listed(transformed_task(task, transform).evaluation_batches(split, 25))
    clean = listed(task.evaluation_batches(split, 25))
    assert len(changed) == 3
    for (x, y), (clean_x, clean_y) in zip(changed, clean, strict=True):
        np.testing.assert_array_equal(x, transform(clean_x))
        assert not np.array_equal(x, clean_x)
        np.testing.assert_array_equal(y, clean_y)


def test_a_drive_is_the_last_feature_of_every_sequence(task):  # Row A21
    drive = step_drive(STEPS, 1.5, 6, 4)
    driven = driven_task(task, drive)
    assert (driven.input_width, driven.length) == (2, STEPS)
    for (x, y), (clean, targets) in zip(
        listed(driven.evaluation_batches("test", 25)),
        listed(task.evaluation_batches("test", 25)),
        strict=True,
    ):
        assert x.dtype == clean.dtype
        np.testing.assert_array_equal(x[..., :1], clean)
        np.testing.assert_array_equal(x[..., 1], np.tile(drive, (len(x), 1)))
        np.testing.assert_array_equal(y, targets)
    spec = driven.training_batches(10, seed=1).element_spec[0]
    assert spec == tf.TensorSpec((10, STEPS, 2), tf.float32)


@pytest.mark.parametrize("length", [STEPS - 1, 784])
def test_a_drive_of_another_length_is_refused(task, length):
    with pytest.raises(ValueError, match=rf"shape \({STEPS},\).*shape \({length},\)"):
        driven_task(task, np.ones(length))


def augmented(task, ratio, **options):
    return dataclasses.replace(
        task, augment=SineAugmentation(ratio=ratio, period=STEPS, **options)
    )


def amplitudes(task, clean, epochs, *, seed=1, start_epoch=0):
    """By how much batches were changed, and at which frequency: `(epochs, 6, 2)`.

    Also checks that nothing else became of them.
    """
    own = task.training_batches(10, seed=seed, start_epoch=start_epoch)
    before = clean.training_batches(10, seed=seed, start_epoch=start_epoch)
    found = []
    for (x, y), (clean_x, clean_y) in zip(
        listed(own.take(6 * epochs)), listed(before.take(6 * epochs)), strict=True
    ):
        np.testing.assert_array_equal(y, clean_y)
        np.testing.assert_array_equal(x == 0, clean_x == 0)
        found.append(sine_of(x, clean_x))
    return np.reshape(found, (epochs, 6, 2))


def sine_of(x, clean):
    """Amplitude and frequency that make of the clean batch the one there is."""
    if np.array_equal(x, clean):
        return 0.0, 0.0
    time = np.arange(STEPS) / STEPS
    steps = np.flatnonzero((clean > 0).any(axis=(0, 2)))
    factor = np.array(
        [
            np.median(x[:, t][clean[:, t] > 0] / clean[:, t][clean[:, t] > 0])
            for t in steps
        ]
    )
    grid = np.linspace(0, 2, 4001)
    errors = np.abs(
        1 + 0.2 * np.sin(2 * np.pi * grid[:, None] * time[steps]) - factor
    ).max(axis=1)
    # Half a step of the grid turns the last step by 8e-4 at most.
    assert errors.min() < 2e-3
    return 0.2, grid[errors.argmin()]


# Row A18
def test_the_chosen_batches_have_sines_of_random_frequency(task):
    found = amplitudes(augmented(task, 0.3), task, epochs=60)
    chosen = found[..., 0] > 0
    # 360 draws: the share has a standard deviation of 0.024.
    assert chosen.mean() == pytest.approx(0.3, abs=0.08)
    frequencies = found[chosen][:, 1]
    # About 108 draws from U(0, 2): its mean has a standard deviation of 0.056.
    assert frequencies.mean() == pytest.approx(1, abs=0.2)
    assert frequencies.min() < 0.2
    assert frequencies.max() > 1.8
    # Another draw every epoch: no batch is always or never chosen.
    assert chosen.any(axis=0).all()
    assert not chosen.all(axis=0).any()


# Row A18
def test_what_is_chosen_depends_on_seed_epoch_and_batch_alone(task):
    unbroken = amplitudes(augmented(task, 0.5), task, epochs=5)
    resumed = amplitudes(augmented(task, 0.5), task, epochs=2, start_epoch=3)
    np.testing.assert_array_equal(resumed, unbroken[3:])
    other = amplitudes(augmented(task, 0.5), task, epochs=5, seed=2)
    assert (other != unbroken).any()


def test_the_order_of_the_digits_is_that_without_augmentation(task):
    shuffled = dataclasses.replace(task, shuffle=True)
    found = amplitudes(augmented(shuffled, 1.0), shuffled, epochs=2)
    assert (found[..., 0] > 0).all()


def test_a_ratio_of_0_changes_nothing_and_of_1_everything(task):
    assert not amplitudes(augmented(task, 0.0), task, epochs=3).any()
    assert (amplitudes(augmented(task, 1.0), task, epochs=3)[..., 0] > 0).all()


def test_evaluation_is_not_augmented(task):
    for (x, _), (clean, _) in zip(
        listed(augmented(task, 1.0).evaluation_batches("validation")),
        listed(task.evaluation_batches("validation")),
        strict=True,
    ):
        np.testing.assert_array_equal(x, clean)


def test_the_draws_of_a_seed_are_the_same_for_ever(task):
    # A change of these numbers breaks the resumption of runs of earlier versions.
    found = amplitudes(augmented(task, 0.5), task, epochs=1, seed=7, start_epoch=2)
    np.testing.assert_array_equal(found[0, :, 0] > 0, [0, 1, 0, 0, 1, 0])
    np.testing.assert_allclose(found[0, [1, 4], 1], [1.0265, 1.996], atol=1e-9)


def test_augmented_batches_are_endless_and_of_static_shape(task):
    batches = augmented(task, 0.5).training_batches(10, seed=1)
    assert batches.cardinality() == tf.data.INFINITE_CARDINALITY
    assert batches.element_spec == (
        tf.TensorSpec((10, STEPS, 1), tf.float32),
        tf.TensorSpec((10,), tf.int32),
    )


@pytest.mark.parametrize("ratio", [-0.1, 1.5, float("nan")])
def test_a_ratio_that_is_no_probability_is_refused(ratio):
    with pytest.raises(ValueError, match=rf"probability, 0 to 1.*ratio={ratio}"):
        SineAugmentation(ratio=ratio)
