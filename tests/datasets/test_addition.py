import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.datasets import addition, addition_legacy, addition_task
from tests.golden import cases

SMALL = {"train": 40, "validation": 20, "test": 20}


def one_batch(task, examples):
    return map(np.asarray, task.encode(examples.inputs, examples.targets))


@settings(max_examples=25, deadline=None)
@given(length=st.integers(2, 61), seed=st.integers(0, 2**40))
def test_T3_one_mark_in_each_half_and_the_target_is_their_sum(length, seed):
    task = addition_task(length, **SMALL, seed=seed)
    x, y = one_batch(task, task.splits.train)
    assert x.shape == (40, length, 2)
    assert y.shape == (40, 1)
    assert x.dtype == y.dtype == np.float32
    indicator, values = x[..., 0], x[..., 1]
    assert np.isin(indicator, (0, 1)).all()
    np.testing.assert_array_equal(indicator[:, : length // 2].sum(axis=1), 1)
    np.testing.assert_array_equal(indicator[:, length // 2 :].sum(axis=1), 1)
    assert values.min() >= 0
    assert values.max() < 1
    # Adding zeros is exact, so the sum over the sequence is the sum of the two.
    np.testing.assert_array_equal((indicator * values).sum(axis=1), y[:, 0])


@pytest.mark.parametrize("length", [6, 7])
def test_T3_every_position_of_its_half_is_marked(length):
    marked = addition(length, train=500, validation=1, test=1).train.inputs.marked
    half = length // 2
    assert set(marked[:, 0]) == set(range(half))
    assert set(marked[:, 1]) == set(range(half, length))


def test_T3_values_are_uniform():
    values = addition(100, train=1000, validation=1, test=1).train.inputs.values
    counts, _ = np.histogram(values, bins=10, range=(0, 1))
    # 100000 draws: a count has standard deviation 95 around 10000.
    np.testing.assert_allclose(counts, 10_000, atol=500)


def test_T3_the_seed_determines_the_data():
    first, again = (addition(30, **SMALL, seed=5) for _ in range(2))
    other = addition(30, **SMALL, seed=6)
    for split in ("train", "validation", "test"):
        inputs, repeated = getattr(first, split).inputs, getattr(again, split).inputs
        np.testing.assert_array_equal(inputs.values, repeated.values)
        np.testing.assert_array_equal(inputs.marked, repeated.marked)
        assert not np.isin(inputs.values, getattr(other, split).inputs.values).any()


def test_T3_splits_are_independent():
    splits = addition(30, **SMALL)
    values = [
        part.inputs.values for part in (splits.train, splits.validation, splits.test)
    ]
    assert not np.isin(values[0], values[1]).any()
    assert not np.isin(values[0], values[2]).any()
    assert not np.isin(values[1], values[2]).any()


@pytest.mark.parametrize("length", [1, 0, -3, 2.0])
@pytest.mark.parametrize("make", [addition, addition_legacy, addition_task])
def test_T3_a_sequence_without_two_halves_is_refused(make, length):
    with pytest.raises(ValueError, match=r"Expected `length`.*Received"):
        make(length)


@pytest.mark.parametrize(
    "seed", cases("nonnormal_init/tasks", r"addition_seed(\d+)_x_train")
)
def test_T2_legacy_mode_reproduces_the_published_arrays(golden, seed):
    tasks = golden("nonnormal_init/tasks")
    train, length, _ = tasks[f"addition_seed{seed}_x_train"].shape
    sizes = {"train": train, "validation": 0}
    sizes["test"] = len(tasks[f"addition_seed{seed}_x_test"])
    task = addition_task(length, **sizes, seed=int(seed), legacy=True)
    for part in ("train", "test"):
        x, y = one_batch(task, getattr(task.splits, part))
        # The published arrays are float64; ours are the same numbers, rounded once.
        expected_x = tasks[f"addition_seed{seed}_x_{part}"].astype(np.float32)
        expected_y = tasks[f"addition_seed{seed}_y_{part}"].astype(np.float32)
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)
    assert task.splits.validation is task.splits.test


def test_T2_legacy_mode_refuses_a_validation_split():
    with pytest.raises(ValueError, match="Expected `validation=0`"):
        addition_task(30, train=5, validation=10, test=5, legacy=True)


def test_T5_trivial_loss_is_that_of_always_answering_one(golden):
    task = addition_task(50, train=20_000, validation=1, test=1)
    error = np.mean((task.splits.train.targets - 1) ** 2)
    # The squared error has standard deviation 0.2, its mean of 20000 one of 0.0014.
    assert task.trivial_loss == pytest.approx(error, abs=0.006)
    expected = golden("nonnormal_init/tasks")["addition_constant_loss"]
    assert task.trivial_loss == pytest.approx(float(expected), rel=1e-15)
    assert task.success_loss == pytest.approx(0.08333, abs=5e-6)


def test_T7_the_default_data_takes_a_quarter_of_a_gigabyte():
    examples = addition_task(**SMALL).splits.train
    arrays = (*examples.inputs, examples.targets)
    per_row = sum(array.nbytes for array in arrays) / len(examples)
    assert per_row * 80_000 < 0.25e9


def test_the_task_has_one_target_after_the_last_step():
    task = addition_task(30, **SMALL)
    assert (task.name, task.length, task.per_step) == ("addition", 30, False)
    assert (task.input_width, task.output_width) == (2, 1)
