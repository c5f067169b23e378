"""Sequences of many lengths through few compiled programs."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal._lengths import SHORT, bucket_of, pad
from keras_nonnormal.recurrence import LENGTHS
from tests.helpers import compiled_recurrences, relative_error
from tests.layers.registry import RECURRENT

if keras.backend.backend() != "tensorflow":
    pytest.skip("JAX compiles for every length", allow_module_level=True)

import tensorflow as tf


@pytest.mark.parametrize(
    ("time", "batch", "width", "bucket"),
    [
        (3, 2, 4, SHORT),
        (SHORT, 2, 4, SHORT),
        (SHORT + 1, 2, 4, 2 * SHORT),
        (1000, 16, 64, 1024),
        (65, 1000, 1024, 128),  # nothing small: the next power of two
        (33, 1000, 1024, 64),
    ],
)
def test_buckets(time, batch, width, bucket):
    sequence = ops.zeros((time, batch, 1))
    assert int(bucket_of(sequence, width)) == bucket


def test_buckets_are_few():
    buckets = {int(bucket_of(ops.zeros((t, 4, 1)), 64)) for t in range(1, 1001)}
    assert len(buckets) <= 4


def test_padding_is_of_zeros_behind():
    padded = ops.convert_to_numpy(pad(ops.ones((2, 1, 3)), 5))
    np.testing.assert_array_equal(padded[:, 0, 0], [1, 1, 0, 0, 0])


def values_and_gradients(layer, x, mask):
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, mask=mask)
        loss = sum(tf.reduce_sum(tf.sin(each)) for each in tf.nest.flatten(outputs))
    sources = [x, *layer.trainable_variables]
    gradients = tape.gradient(loss, sources, unconnected_gradients="zero")
    return [tf.convert_to_tensor(each) for each in [*outputs, *gradients]]


NAMES = (
    *("simple tanh", "simple modrelu", "simple gamma", "simple stair", "lstm", "gru"),
    *("exp", "eurnn", "anru", "alif", "lru", "stair alpha", "stair exp-alpha"),
    "min gru",
)


@pytest.mark.compiled
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_of_the_true_length(name, masked):
    arguments = {"return_sequences": True, "return_state": True}
    layer = RECURRENT[name].make(dtype="float64", **arguments)
    layer.build((None, None, 4))
    random = np.random.default_rng(0)
    function = tf.function(
        lambda x, mask: values_and_gradients(layer, x, mask if masked else None),
        input_signature=[
            tf.TensorSpec((None, None, 4), "float64"),
            tf.TensorSpec((None, None), "bool"),
        ],
        autograph=False,
    )
    for time, batch in ((7, 3), (1, 3), (12, 3)):
        x = tf.constant(random.normal(size=(batch, time, 4)))
        mask = tf.constant(random.random((batch, time)) < 0.7)
        actual = function(x, mask)
        with compiled_recurrences(False):
            expected = values_and_gradients(layer, x, mask if masked else None)
        for a, e in zip(actual, expected, strict=True):
            assert a.shape == e.shape
            assert relative_error(a, e) < 1e-10


@pytest.mark.compiled
def test_eager_calls_share_programs_after_a_few_lengths():
    layer = RECURRENT["simple tanh"].make()
    for time in range(1, 2 * LENGTHS + 3):
        layer(np.zeros((2, time, 4), "float32"))
    signatures = list(layer._recurrences[False]._compiled)
    assert [varies for *_, varies in signatures] == [False, True]


@pytest.mark.compiled
def test_second_derivatives_of_sequences_of_any_length():
    layer = RECURRENT["lstm"].make(dtype="float64")
    layer.build((None, None, 4))

    def penalty(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x) ** 2)
        return tf.reduce_sum(tape.gradient(loss, x) ** 2)

    def slopes(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = penalty(x)
        return tape.gradient(value, x)

    x = tf.constant(np.random.default_rng(0).normal(size=(2, 6, 4)))
    signature = [tf.TensorSpec((None, None, 4), "float64")]
    actual = tf.function(slopes, signature, autograph=False)(x)
    with compiled_recurrences(False):
        np.testing.assert_allclose(actual, slopes(x), rtol=1e-9, atol=1e-12)
