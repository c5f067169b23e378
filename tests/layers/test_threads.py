"""Layers and cells that several threads call at the same time."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from tests.layers.registry import CELLS, RECURRENT, UNITS, first_of_each_kind

if keras.backend.backend() != "tensorflow":
    pytest.skip("JAX traces in one thread", allow_module_level=True)

import tensorflow as tf

pytestmark = pytest.mark.usefixtures("uncompiled")

BATCH, TIME, THREADS, CALLS = 2, 3, 6, 12

# What keeps other things between calls than the first of its kind: activations with
# variables, matrices that move, stairs that are learned, and other scans.
SPECIAL = (
    "simple modrelu",
    "lstm stair",
    "exp cayley",
    "exp dynamic",
    "eurnn real fft",
)
SPECIAL += ("nnrnn gamma", "anru stair", "alif stair", "lru associative", "min gru log")
SPECIAL += ("slstm stair", "parametrized cayley", "stair exp-alpha", "stair schur")
LAYERS = {
    **{
        name: RECURRENT[name].make
        for name in (*first_of_each_kind(RECURRENT), *SPECIAL)
    },
    **{
        f"unrolled {name}": lambda entry=RECURRENT[name]: entry.make(unroll=True)
        for name in ("exp", "nnrnn", "eurnn", "stair exp-alpha", "lru", "anru")
    },
    **{
        f"keras {name}": lambda entry=CELLS[name]: keras.layers.RNN(entry.make())
        for name in first_of_each_kind(CELLS)
    },
}
FEATURES = {
    **{name: entry.features for name, entry in RECURRENT.items()},
    **{f"keras {name}": entry.features for name, entry in CELLS.items()},
}
WITH_MASKS_OF_ITS_OWN = {
    "dropout": {"dropout": 0.5},
    "recurrent dropout": {"recurrent_dropout": 0.5},
    "weight dropout": {"weight_dropout": 0.5},
}
# Fitted by Keras: a matrix that moves, states that are kept, loops of Keras's own, an
# associative scan, and a learned stair.
FITTED = ("exp dynamic", "anru", "unrolled nnrnn", "keras parametrized tanh")
FITTED += ("lru associative", "stair exp-alpha")


def inputs(name):
    random = np.random.default_rng(0)
    shape = (CALLS, BATCH, TIME, FEATURES.get(name, UNITS))
    return random.normal(size=shape).astype("float32")


def at_the_same_time(function, arguments):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, arguments))


@pytest.fixture(scope="module", autouse=True)
def _types_are_known(uncompiled_file):
    """TensorFlow looks up the class of an argument once, and not with several threads.

    Where two of them ask at the same time, its dispatcher reads what is freed.
    """
    layer, x = LAYERS["unrolled stair exp-alpha"](), tf.ones((BATCH, TIME, UNITS))
    layer(x)
    tf.function(lambda x: layer(x), autograph=False).get_concrete_function(x)


@pytest.mark.parametrize("name", LAYERS)
def test_six_threads_get_the_numbers_of_one(name):
    """The first of them differentiates in a graph, which is traced meanwhile."""
    keras.utils.set_random_seed(1)
    layer, xs = LAYERS[name](), inputs(name)
    layer.build(xs.shape[1:])

    def gradients(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = sum(tf.reduce_sum(y) for y in tf.nest.flatten(layer(x)))
        return tape.gradient(loss, [x, *layer.trainable_variables])

    def call(job):
        x, trains = job
        if trains:
            graph = tf.function(gradients, autograph=False).get_concrete_function(x)
            # Those of a stair's numbers are slices with indices.
            slopes = [tf.convert_to_tensor(g) for g in graph(x) if g is not None]
            assert slopes
            assert all(np.all(np.isfinite(g)) for g in slopes)
        return keras.ops.convert_to_numpy(layer(x))

    jobs = [(tf.constant(x), number == 0) for number, x in enumerate(xs)]
    together = at_the_same_time(call, jobs)
    alone = [call((x, False)) for x, _ in jobs]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FITTED)
def test_one_thread_predicts_while_another_trains(name):
    keras.utils.set_random_seed(1)
    xs = inputs(name)
    model = keras.Sequential([keras.Input(xs.shape[2:]), LAYERS[name]()])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    y = np.zeros((BATCH, *model.output_shape[1:]), "float32")

    def call(job):
        x, trains = job
        if trains:
            model.train_on_batch(x, y)
        return model.predict_on_batch(x) if trains else np.asarray(model(x))

    jobs = [(x, number % 4 == 0) for number, x in enumerate(xs)]
    together = at_the_same_time(call, jobs)
    alone = [np.asarray(model(x)) for x in xs]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", WITH_MASKS_OF_ITS_OWN)
def test_masks_of_a_call_that_trains_are_not_seen_by_others(kind):
    arguments = WITH_MASKS_OF_ITS_OWN[kind]
    kinds = ("simple tanh", "lstm") if "weight" in kind else ("simple tanh", "gru")
    for name in kinds:
        layer, xs = RECURRENT[name].make(**arguments), inputs(name)
        layer.build(xs.shape[1:])

        def call(job, layer=layer):
            x, training = job
            return keras.ops.convert_to_numpy(layer(x, training=training))

        jobs = [(x, number % 2 == 0) for number, x in enumerate(xs)]
        together = at_the_same_time(call, jobs)
        for (x, training), output in zip(jobs, together, strict=True):
            if not training:
                np.testing.assert_allclose(output, call((x, False)), rtol=1e-5)
