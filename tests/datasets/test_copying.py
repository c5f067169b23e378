import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.datasets import (
    copying,
    copying_legacy,
    copying_task,
    copying_trivial_loss,
)
from tests.golden import cases

SMALL = {"train": 40, "validation": 20, "test": 20}


def one_batch(task, examples):
    return map(np.asarray, task.encode(examples.inputs, examples.targets))


@settings(max_examples=30, deadline=None)
@given(
    symbols=st.integers(1, 12),
    blanks=st.integers(0, 40),
    seed=st.integers(0, 2**40),
)
def test_T1_layout_of_inputs_and_targets(symbols, blanks, seed):
    length = 2 * symbols + 1 + blanks
    train = copying(length, **SMALL, seed=seed, symbols=symbols).train
    inputs, targets = train.inputs, train.targets
    assert inputs.shape == targets.shape == (40, length)
    assert inputs.dtype == targets.dtype == np.uint8
    remembered = inputs[:, :symbols]
    assert remembered.min() >= 1
    assert remembered.max() <= 8
    delimiter = length - symbols - 1
    np.testing.assert_array_equal(inputs[:, delimiter], 9)
    np.testing.assert_array_equal(inputs[:, symbols:delimiter], 0)
    np.testing.assert_array_equal(inputs[:, delimiter + 1 :], 0)
    np.testing.assert_array_equal(targets[:, : length - symbols], 0)
    np.testing.assert_array_equal(targets[:, length - symbols :], remembered)


def test_T1_all_eight_symbols_are_equally_likely():
    symbols = copying(21, train=8000, validation=1, test=1).train.inputs[:, :10]
    counts = np.bincount(symbols.ravel(), minlength=9)[1:]
    # 80000 draws: a count has standard deviation 94 around 10000.
    np.testing.assert_allclose(counts, 10_000, atol=500)


def test_T1_widths_are_fixed_although_one_sequence_misses_symbols(golden):
    # Inferred widths gave this sample fewer than nine target classes (quirk 9).
    tasks = golden("nonnormal_init/tasks")
    seed = int(tasks["copy_width_defect_seed"])
    count, length, width = map(int, tasks["copy_width_defect_y_shape"])
    sizes = {"train": count, "validation": 0, "test": 1}
    task = copying_task(length, **sizes, seed=seed, legacy=True)
    x, y = one_batch(task, task.splits.train)
    assert y.max() + 1 == width < task.output_width
    assert x.shape == (count, length, 10)
    assert (task.input_width, task.output_width) == (10, 9)


def test_T1_encoded_inputs_are_one_hot_and_targets_sparse():
    task = copying_task(30, **SMALL)
    x, y = one_batch(task, task.splits.train)
    assert x.shape == (40, 30, 10)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.sum(axis=-1), 1)
    np.testing.assert_array_equal(x.argmax(axis=-1), task.splits.train.inputs)
    assert y.dtype == np.int32
    np.testing.assert_array_equal(y, task.splits.train.targets)


def test_T1_shortest_sequence_has_the_delimiter_right_after_the_symbols():
    inputs = copying(21, **SMALL).train.inputs
    np.testing.assert_array_equal(inputs[:, 10], 9)


@pytest.mark.parametrize("length", [20, 10, 1, 0, -5, 21.0, "30"])
@pytest.mark.parametrize(
    "make", [copying, copying_legacy, copying_task, copying_trivial_loss]
)
def test_T1_sequences_too_short_for_the_task_are_refused(make, length):
    with pytest.raises(ValueError, match=r"Expected `length`.*Received") as raised:
        make(length)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("option", ["train", "validation", "test", "seed", "symbols"])
def test_T1_negative_sizes_are_refused(option):
    with pytest.raises(ValueError, match=rf"Expected `{option}`.*{option}=-1"):
        copying(30, **{**SMALL, option: -1})


def test_T1_the_seed_determines_the_data():
    first, again = (copying(30, **SMALL, seed=5) for _ in range(2))
    other = copying(30, **SMALL, seed=6)
    for split in ("train", "validation", "test"):
        inputs = getattr(first, split).inputs
        np.testing.assert_array_equal(inputs, getattr(again, split).inputs)
        assert (inputs != getattr(other, split).inputs).any(axis=1).all()


def test_T1_global_random_state_is_neither_used_nor_changed():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = copying(30, **SMALL).train.inputs
    copying_legacy(30, train=5, test=5, seed=1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(2)
    np.testing.assert_array_equal(copying(30, **SMALL).train.inputs, first)


def test_T1_splits_share_no_more_sequences_than_chance_has_it():
    splits = copying(21, train=20_000, validation=20_000, test=20_000)
    train, validation, test = (
        set(map(bytes, part.inputs))
        for part in (splits.train, splits.validation, splits.test)
    )
    # Of 8^10 sequences, two such samples share 0.4 on average.
    assert len(train & validation) <= 5
    assert len(train & test) <= 5
    assert len(validation & test) <= 5


def test_T1_the_size_of_one_split_leaves_the_others_alone():
    small = copying(30, train=5, validation=5, test=5)
    large = copying(30, train=50, validation=0, test=5)
    np.testing.assert_array_equal(small.test.inputs, large.test.inputs)


def test_validation_of_size_zero_is_the_test_split():
    splits = copying(30, train=5, validation=0, test=7)
    assert splits.validation is splits.test
    assert len(splits.validation) == 7


@pytest.mark.parametrize(
    "seed", cases("nonnormal_init/tasks", r"copy_seed(\d+)_x_train_ids")
)
def test_T2_legacy_mode_reproduces_the_published_arrays(golden, seed):
    tasks = golden("nonnormal_init/tasks")
    key = f"copy_seed{seed}"
    train, length = tasks[f"{key}_x_train_ids"].shape
    sizes = {"train": train, "validation": 0, "test": len(tasks[f"{key}_x_test_ids"])}
    task = copying_task(length, **sizes, seed=int(seed), legacy=True)
    for part in ("train", "test"):
        examples = getattr(task.splits, part)
        np.testing.assert_array_equal(examples.inputs, tasks[f"{key}_x_{part}_ids"])
        np.testing.assert_array_equal(examples.targets, tasks[f"{key}_y_{part}_ids"])
        x, y = one_batch(task, examples)
        np.testing.assert_array_equal(x, tasks[f"{key}_x_{part}_onehot"])
        np.testing.assert_array_equal(np.eye(9)[y], tasks[f"{key}_y_{part}_onehot"])
    assert task.splits.validation is task.splits.test


@pytest.mark.parametrize(
    "seed", cases("nonnormal_init/tasks", r"copy_first_symbols_seed(\d+)")
)
def test_T2_legacy_mode_reproduces_the_draws_at_full_size(golden, seed):
    inputs = copying_legacy(21, train=60_000, test=1, seed=int(seed)).train.inputs
    first = golden("nonnormal_init/tasks")[f"copy_first_symbols_seed{seed}"]
    rows, symbols = first.shape
    np.testing.assert_array_equal(inputs[:rows, :symbols], first)


def test_T2_legacy_mode_refuses_what_was_never_published():
    with pytest.raises(ValueError, match=r"Expected `validation=0`.*validation=10"):
        copying_task(30, train=5, validation=10, test=5, legacy=True)
    with pytest.raises(ValueError, match=r"Expected `symbols=10`.*symbols=5"):
        copying_task(30, train=5, validation=0, test=5, symbols=5, legacy=True)
    with pytest.raises(ValueError, match=r"Expected `seed`.*0 to 4294967295"):
        copying_legacy(30, train=5, test=5, seed=2**32)


def test_T5_trivial_loss_is_the_published_one(golden):
    tasks = golden("nonnormal_init/tasks")
    losses = [copying_trivial_loss(int(length)) for length in tasks["baseline_T"]]
    np.testing.assert_allclose(losses, tasks["copy_memoryless_loss"], rtol=1e-14)


def test_T5_trivial_loss_is_that_of_a_network_that_remembers_nothing():
    targets = copying(50, train=1000, validation=1, test=1).train.targets
    guess = np.where(np.arange(9) == 0, 0, 1 / 8)  # over the symbols, at the recall
    prediction = np.tile(np.eye(9)[0], (50, 1))
    prediction[-10:] = guess
    probability = prediction[np.arange(50), targets]
    assert copying_trivial_loss(50) == pytest.approx(-np.log(probability).mean())


def test_T5_success_is_half_of_the_trivial_loss():
    task = copying_task(500, **SMALL)
    assert task.trivial_loss == pytest.approx(0.041589, abs=5e-7)
    assert task.success_loss == pytest.approx(0.020794, abs=5e-7)
    assert copying_task(50, **SMALL, symbols=5).trivial_loss == pytest.approx(
        5 * math.log(8) / 50
    )


def test_T7_the_default_data_takes_eighty_megabytes():
    examples = copying_task(**SMALL).splits.train
    per_row = (examples.inputs.nbytes + examples.targets.nbytes) / len(examples)
    assert per_row * 80_000 == 80e6


def test_the_task_has_a_target_at_every_step():
    task = copying_task(30, **SMALL)
    assert (task.name, task.length, task.per_step) == ("copy", 30, True)
