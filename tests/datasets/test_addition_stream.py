import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.datasets import addition_stream_legacy, addition_stream_task
from keras_nonnormal.datasets.addition import encode_addition
from tests.golden import cases


def drawn(task, batch_size, seed=400):
    return next(iter(task.training_batches(batch_size, seed=seed).as_numpy_iterator()))


@settings(max_examples=12, deadline=None)
@given(length=st.integers(2, 41), data=st.data(), seed=st.integers(0, 2**60))
def test_marks_fall_into_both_halves_and_are_summed(length, data, seed):  # Row 27
    half = length // 2
    ones = data.draw(st.integers(1, 2 * half))
    x, y = drawn(addition_stream_task(length, ones=ones), 40, seed)
    assert x.shape == (40, length, 2)
    assert y.shape == (40, 1)
    assert x.dtype == y.dtype == np.float32
    values, marks = x[..., 0], x[..., 1]
    assert np.isin(marks, (0, 1)).all()
    np.testing.assert_array_equal(marks[:, :half].sum(axis=1), ones // 2)
    np.testing.assert_array_equal(marks[:, length - half :].sum(axis=1), -(-ones // 2))
    assert marks.sum() == 40 * ones
    assert values.min() >= 0
    assert values.max() < 1
    # Float32 sums of up to 40 numbers in another order.
    np.testing.assert_allclose((values * marks).sum(axis=1), y[:, 0], rtol=1e-5)


@pytest.mark.parametrize("setting", cases("nnrnn/task_adding", r"seed(\d+)"))
def test_legacy_draws_are_the_published_ones(golden, setting):  # Row 27
    arrays = golden("nnrnn/task_adding")
    length, batch, ones, seed = (
        int(arrays[f"{name}{setting}"]) for name in ("seq_len", "batch", "ones", "seed")
    )
    updates = addition_stream_legacy(length, ones=ones, batch_size=batch, seed=seed)
    examples = next(updates)
    x, y = encode_addition(examples.inputs, examples.targets, value_first=True)
    np.testing.assert_array_equal(x, arrays[f"x{setting}"])
    # The sum of three float64 numbers, rounded to float32, depends on their order.
    np.testing.assert_allclose(y, arrays[f"y{setting}"], rtol=1.2e-7)


def test_legacy_draws_go_on_where_they_ended():  # Row 27
    updates = addition_stream_legacy(7, batch_size=2, seed=5)
    next(updates)
    np.random.seed(5)  # what the published program does
    for _ in range(2):
        values = np.random.rand(2, 7)
        for _ in range(2):
            np.random.choice(3, 1, replace=False)
            np.random.choice(3, 1, replace=False)
    np.testing.assert_array_equal(next(updates).inputs.values, values.astype("float32"))


@pytest.mark.parametrize("length", [6, 7])
def test_every_step_of_both_halves_is_marked_equally_often(length):  # Row 27
    x, _ = drawn(addition_stream_task(length, ones=2), 3000)
    counts = x[..., 1].sum(axis=0)
    # 3000 draws of three steps: a count has standard deviation 26 around 1000.
    np.testing.assert_allclose(counts[:3], 1000, atol=130)
    np.testing.assert_allclose(counts[-3:], 1000, atol=130)
    assert length == 6 or counts[3] == 0


def test_trivial_loss_is_that_of_always_answering_the_mean():  # Row 27, Q18
    for ones in (2, 3):
        task = addition_stream_task(20, ones=ones)
        _, y = drawn(task, 20_000)
        error = np.mean((y - ones / 2) ** 2)
        # The squared error has standard deviation 0.3, its mean of 20000 one of 0.002.
        assert task.trivial_loss == pytest.approx(error, abs=0.01)
    assert addition_stream_task(20).trivial_loss == 1 / 6


def test_the_task_says_what_it_is():
    task = addition_stream_task(20)
    assert (task.name, task.length, task.per_step) == ("addition", 20, False)
    assert (task.input_width, task.output_width) == (2, 1)
    assert not task.classification


@pytest.mark.parametrize("make", [addition_stream_task, addition_stream_legacy])
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"length": 1}, "length"),
        ({"ones": 0}, "ones"),
        ({"length": 7, "ones": 7}, "ones"),
    ],
)
def test_arguments_out_of_range_are_named(make, arguments, named):
    with pytest.raises(ValueError, match=rf"Expected `{named}`.*Received"):
        make(**arguments)
