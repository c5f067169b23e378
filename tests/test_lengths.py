"""Sequences of many lengths through few compiled programs."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import _backend, recurrence
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
        (3, 16, 128, SHORT),
        (SHORT, 16, 128, SHORT),
        (SHORT + 1, 16, 128, 2 * SHORT),
        (1000, 16, 64, 1024),
        (3, 1, 64, 2048),  # tiny: one program for all
        (65, 1000, 1024, 128),  # nothing small: the next power of two
        (33, 1000, 1024, 64),
    ],
)
def test_buckets(time, batch, width, bucket):
    assert int(bucket_of(ops.zeros((time, batch, width)))) == bucket


def test_buckets_are_few():
    buckets = {int(bucket_of(ops.zeros((t, 4, 64)))) for t in range(1, 1001)}
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
    *("lem", "ind", "min gru"),
)


@pytest.mark.compiled
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_of_the_true_length(name, masked, monkeypatch):
    monkeypatch.setattr(recurrence, "EARLY_CALLS", 1)  # compiled from the second call
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
    assert [varies for *_, varies, _ in signatures] == [False, True]


@pytest.fixture
def compiled(monkeypatch):
    """Lists for every call of a compiled pass whether it was one of the early ones."""
    calls = []
    jit_twice = _backend.jit_twice

    def watched(function):
        def reporting(kind, run):
            def report(*args):
                tf.py_function(lambda: calls.append(kind), [], [])
                return run(*args)

            return report

        plain, compiled = jit_twice(function)
        return reporting("early", plain), reporting("compiled", compiled)

    monkeypatch.setattr(_backend, "jit_twice", watched)
    return calls


@pytest.mark.compiled
@pytest.mark.parametrize("length", [None, 5])
def test_graphs_are_compiled_after_some_calls(length, compiled, monkeypatch):
    monkeypatch.setattr(recurrence, "EARLY_CALLS", 2)
    monkeypatch.setattr(recurrence, "FEW_CALLS", 2)
    layer = RECURRENT["simple tanh"].make()
    layer.build((None, None, 4))  # of any length
    signature = [tf.TensorSpec((2, length, 4))]

    def slope(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = layer(x)
        return tape.gradient(output, x)

    function = tf.function(slope, signature, autograph=False)
    for _ in range(3):
        function(tf.ones((2, 5, 4)))
    assert compiled == 4 * ["early"] + 2 * ["compiled"]


@pytest.mark.compiled
def test_a_layer_of_a_known_length_is_compiled_at_once(compiled):
    layer = RECURRENT["simple tanh"].make()
    layer.build((None, 5, 4))
    tf.function(layer)(tf.ones((2, 5, 4)))
    assert not compiled


@pytest.mark.compiled
def test_where_xla_compiles_the_whole_no_calls_are_counted():
    layer = RECURRENT["lstm"].make()
    layer.build((None, None, 4))
    signature = [tf.TensorSpec((2, None, 4))]
    counting = tf.function(layer, signature, autograph=False)
    whole = tf.function(layer, signature, jit_compile=True, autograph=False)
    x = tf.random.stateless_uniform((2, 6, 4), (0, 0))
    np.testing.assert_allclose(counting(x), whole(x), atol=1e-6)
    operations = [
        op.type for op in whole.get_concrete_function().graph.get_operations()
    ]
    assert not {"Stage", "StageSize"} & set(operations)


@pytest.mark.compiled
def test_a_saved_model_counts_no_calls(tmp_path):
    layer = RECURRENT["simple tanh"].make()
    model = keras.Sequential([keras.Input((None, 4)), layer])
    x = tf.random.stateless_uniform((2, 6, 4), (0, 0))
    model.export(tmp_path / "model", format="tf_saved_model", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    graph = loaded.signatures["serving_default"].graph.as_graph_def()
    functions = [n.op for f in graph.library.function for n in f.node_def]
    assert "StageSize" not in functions
    np.testing.assert_allclose(loaded.serve(x), model(x), atol=1e-6)


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
