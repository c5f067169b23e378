import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonnormal.datasets import (
    copying,
    copying_stream_legacy,
    copying_stream_task,
)
from keras_nonnormal.metrics import RecallAccuracy
from tests.golden import cases


def drawn(task, updates=1, batch_size=10, seed=400):
    """Parts of some updates' batches, each of shape (updates, batch, ...)."""
    batches = task.training_batches(batch_size, seed=seed).take(updates)
    return [np.stack(part) for part in zip(*batches.as_numpy_iterator(), strict=True)]


@settings(max_examples=12, deadline=None)
@given(
    delay=st.integers(1, 30),
    symbols=st.integers(1, 11),
    labels=st.integers(1, 12),
    seed=st.integers(0, 2**60),
)
def test_layout_of_inputs_and_targets(delay, symbols, labels, seed):  # Row 26, Q11
    task = copying_stream_task(delay, symbols=symbols, labels=labels, one_hot=False)
    x, y = drawn(task, 1, 40, seed)
    inputs, targets = x[0, ..., 0], y[0]
    assert inputs.shape == targets.shape == (40, delay + 2 * symbols)
    remembered = inputs[:, :symbols]
    assert set(np.unique(remembered)) <= set(range(1, labels + 1))
    np.testing.assert_array_equal(inputs[:, symbols : symbols + delay - 1], 0)
    np.testing.assert_array_equal(inputs[:, symbols + delay - 1], labels + 1)
    np.testing.assert_array_equal(inputs[:, symbols + delay :], 0)
    np.testing.assert_array_equal(targets[:, : symbols + delay], 0)
    np.testing.assert_array_equal(targets[:, symbols + delay :], remembered)


@pytest.mark.parametrize("setting", cases("nnrnn/task_copy", r"seed(\d+)"))
def test_legacy_draws_are_the_published_ones(golden, setting):  # Row 26
    arrays = golden("nnrnn/task_copy")
    delay, batch, symbols, seed = (
        int(arrays[f"{name}{setting}"]) for name in ("T", "batch", "c_length", "seed")
    )
    updates = copying_stream_legacy(delay, batch_size=batch, symbols=symbols, seed=seed)
    examples = next(updates)
    np.testing.assert_array_equal(examples.inputs, arrays[f"x{setting}"])
    np.testing.assert_array_equal(examples.targets, arrays[f"y{setting}"])
    expected = arrays[f"onehot{setting}"]
    onehot = np.eye(expected.shape[-1], dtype=np.float32)[examples.inputs]
    np.testing.assert_array_equal(onehot, expected)


def test_legacy_draws_of_one_update_follow_those_of_another():  # Row 26
    updates = copying_stream_legacy(5, batch_size=3, symbols=4, seed=9)
    both = np.concatenate([next(updates).inputs, next(updates).inputs])
    at_once = next(copying_stream_legacy(5, batch_size=6, symbols=4, seed=9)).inputs
    np.testing.assert_array_equal(both, at_once)
    np.random.seed(9)  # what the published program does
    symbols = [np.random.randint(8, size=4) + 1 for _ in range(6)]
    np.testing.assert_array_equal(at_once[:, :4], symbols)


def test_legacy_draws_know_other_numbers_of_labels():  # Row 26, Q11
    inputs = next(copying_stream_legacy(5, batch_size=200, labels=3)).inputs
    assert set(np.unique(inputs)) == {0, 1, 2, 3, 4}
    np.testing.assert_array_equal(inputs[:, 10 + 5 - 1], 4)


def test_the_layout_is_that_of_the_stored_task():  # Q28: 20 + T steps
    task = copying_stream_task(200, symbols=10, one_hot=False)
    stored = copying(220, train=10, validation=1, test=1).train
    x, y = drawn(task)
    assert task.length == 220
    np.testing.assert_array_equal(
        np.isin(x[0, ..., 0], (0, 9)), np.isin(stored.inputs, (0, 9))
    )
    np.testing.assert_array_equal(y[0] == 0, stored.targets == 0)


@pytest.mark.parametrize("labels", [3, 8, 20])
def test_one_hot_inputs_have_the_class_numbers_of_scalar_ones(labels):  # Row 26
    options = {"symbols": 6, "labels": labels}
    one_hot, y = drawn(copying_stream_task(9, **options))
    scalar, same_y = drawn(copying_stream_task(9, **options, one_hot=False))
    assert one_hot.shape == (1, 10, 21, labels + 2)
    assert scalar.shape == (1, 10, 21, 1)
    assert one_hot.dtype == scalar.dtype == np.float32
    assert y.dtype == np.int32
    np.testing.assert_array_equal(one_hot.argmax(-1), scalar[..., 0])
    np.testing.assert_array_equal(one_hot.sum(-1), 1)
    np.testing.assert_array_equal(y, same_y)


def test_all_labels_are_equally_likely():
    _, y = drawn(copying_stream_task(1, symbols=10, labels=8), 10, 800)
    counts = np.bincount(y.ravel(), minlength=9)[1:]
    # 80000 draws: a count has standard deviation 94 around 10000.
    np.testing.assert_allclose(counts, 10_000, atol=500)


def delays(inputs, symbols, delimiter):
    """The delays of scalar inputs, by the position of the delimiter."""
    assert ((inputs == delimiter).sum(axis=-1) == 1).all()
    return (inputs == delimiter).argmax(axis=-1) - symbols + 1


def test_varied_delays_are_uniform_and_shared_within_an_update():  # Row 26
    task = copying_stream_task(7, symbols=2, one_hot=False, vary_delay=True)
    x, _, _ = drawn(task, 1200, 3)
    waits = delays(x[..., 0], 2, 9)
    assert (waits == waits[:, :1]).all()
    counts = np.bincount(waits[:, 0], minlength=8)
    assert counts[0] == counts[7] == 0
    # 1200 draws of six delays: a count has standard deviation 13 around 200.
    np.testing.assert_allclose(counts[1:7], 200, atol=65)


def test_varied_delays_pad_the_sequence_of_the_drawn_delay():  # Row 26
    task = copying_stream_task(9, symbols=3, one_hot=False, vary_delay=True)
    assert task.length == 8 + 6
    x, y, weights = drawn(task, 30, 4)
    inputs = x[..., 0]
    for update, wait in enumerate(delays(inputs, 3, 9)[:, 0]):
        used = wait + 6
        symbols = inputs[update, :, :3]
        np.testing.assert_array_equal(inputs[update, :, 3 : wait + 2], 0)
        np.testing.assert_array_equal(inputs[update, :, wait + 3 :], 0)
        np.testing.assert_array_equal(y[update, :, : wait + 3], 0)
        np.testing.assert_array_equal(y[update, :, wait + 3 : used], symbols)
        np.testing.assert_array_equal(y[update, :, used:], 0)
        np.testing.assert_array_equal(weights[update, :, used:], 0)
        assert (weights[update, :, :used] > 0).all()


def test_weights_make_the_loss_the_mean_over_the_steps_that_count():  # Row 26
    task = copying_stream_task(9, symbols=3, vary_delay=True)
    x, y, weights = drawn(task, 8, 4)
    logits = np.random.default_rng(0).normal(size=(*y.shape, 9)).astype(np.float32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for update, wait in enumerate(delays(x.argmax(-1), 3, 9)[:, 0]):
        padded = loss(y[update], logits[update], weights[update])
        cut = loss(y[update, :, : wait + 6], logits[update, :, : wait + 6])
        # One float32 sum of at most 56 terms against another.
        np.testing.assert_allclose(padded, cut, rtol=1e-6)


def test_recall_accuracy_is_that_of_the_last_symbols():  # Row 26
    task = copying_stream_task(20, symbols=5)
    metric = RecallAccuracy(task.recall_steps)
    _, y = drawn(task, 1, 100)
    logits = np.eye(9)[y[0]]
    assert float(metric(y[0], logits)) == 1
    metric.reset_state()
    logits[:, -2:] = np.eye(9)[0]  # two of five symbols forgotten
    assert float(metric(y[0], logits)) == pytest.approx(3 / 5)
    metric.reset_state()
    logits[:] = np.eye(9)[0]
    assert float(metric(y[0], logits)) == 0


def test_trivial_loss_is_that_of_a_network_that_remembers_nothing():
    assert copying_stream_task(200).trivial_loss == pytest.approx(
        10 * math.log(8) / 220, rel=1e-12
    )
    assert copying_stream_task(5, symbols=3, labels=4).trivial_loss == pytest.approx(
        3 * math.log(4) / 11, rel=1e-12
    )
    varied = copying_stream_task(3, symbols=2, vary_delay=True)
    assert varied.trivial_loss == pytest.approx(
        2 * math.log(8) * (1 / 5 + 1 / 6) / 2, rel=1e-12
    )


def test_the_task_says_what_it_is():
    task = copying_stream_task(200, labels=5)
    assert (task.name, task.length, task.per_step) == ("copy", 220, True)
    assert (task.input_width, task.output_width) == (7, 6)
    assert copying_stream_task(200, one_hot=False).input_width == 1
    assert task.classification
    assert not task.stateful


@pytest.mark.parametrize("make", [copying_stream_task, copying_stream_legacy])
@pytest.mark.parametrize(
    ("argument", "value"),
    [("delay", 0), ("symbols", 0), ("labels", 0), ("labels", 255), ("delay", 2.0)],
)
def test_arguments_out_of_range_are_named(make, argument, value):
    with pytest.raises(ValueError, match=rf"Expected `{argument}`.*{argument}={value}"):
        make(**{argument: value})


def test_a_varied_delay_needs_a_choice():
    with pytest.raises(ValueError, match=r"Expected `delay`.*at least 2.*delay=1"):
        copying_stream_task(1, vary_delay=True)
