"""Replicas of a network train as one device does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_nonnormal.training import DeviceError, in_words, placed
from keras_nonnormal.training.distributed.data_parallel import shares

ROOT = Path(__file__).parents[2]
# Sums over two halves of a batch round otherwise than one over all of it: about 1e-7 a
# step of single precision, of which these short trainings have about 30.
ROUNDING = 3e-6


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What `replicas.py` found: by case, on one device and on two."""
    program = Path(__file__).with_name("replicas.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path_factory.mktemp("replicas"))],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


# With compiled recurrences, clipped gradients, slow weights and halved rates; with
# states that are carried along and a matrix that moves its chart.
@pytest.mark.parametrize("case", ["copy", "text"])
def test_two_devices_train_as_one_does(trained, case):
    one, two = trained[case]
    assert len(one["curves"]) == len(two["curves"]) > 1
    for row, expected in zip(two["curves"], one["curves"], strict=True):
        assert row == pytest.approx(expected, rel=ROUNDING)
    assert two["test"] == pytest.approx(one["test"], rel=ROUNDING)
    scale = np.abs(one["weights"]).max()
    np.testing.assert_allclose(two["weights"], one["weights"], atol=ROUNDING * scale)


def test_a_loss_that_is_not_finite_in_one_replica_names_the_step(trained):
    assert trained["poisoned"] == [{"step": 3}]


def parts(batches, replicas):
    """The rows of every replica, batch by batch."""
    numbers = range(replicas)
    flat = [part[0].numpy().tolist() for part in shares(batches, replicas, numbers)]
    return [flat[start : start + replicas] for start in range(0, len(flat), replicas)]


def rows(count, size, known=True):
    batches = tf.data.Dataset.range(count).batch(size, drop_remainder=known)
    return batches.map(lambda x: (x,))


def test_shares_are_consecutive_rows():
    assert parts(rows(8, 4), 2) == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


def test_shares_of_a_batch_of_any_size_are_as_equal_as_can_be():
    assert parts(rows(6, 5, known=False), 2) == [[[0, 1], [2, 3, 4]], [[], [5]]]


def test_all_do_the_same_where_there_are_no_equal_shares():
    assert parts(rows(3, 3), 2) == [[[0, 1, 2], [0, 1, 2]]]


def test_one_replica_of_several_gets_its_own_share():
    (part,) = shares(rows(8, 8), 4, range(2, 3))
    assert part[0].numpy().tolist() == [4, 5]
    assert part[0].shape == (2,)


@pytest.mark.parametrize(
    ("device", "strategy", "words"),
    [
        ("auto", "parallel", "Expected a strategy"),
        ("gpu:1", "mirrored", "which takes all"),
        ("gpu:63", "none", "gpu:63"),
        ("auto", "multiworker", "TF_CONFIG"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(monkeypatch, device, strategy, words):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(DeviceError, match=words) as error, placed(device, strategy):
        pass
    assert "\n" not in str(error.value)


def test_one_device_is_a_strategy_too():
    with placed("cpu", "mirrored") as strategy:
        assert strategy.num_replicas_in_sync == 1
        assert in_words(5).startswith("CPU:0: 5 of the 5 sequences")
    assert not tf.distribute.has_strategy()
