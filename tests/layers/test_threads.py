"""Layers and cells that several threads call at the same time."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from tests.layers.registry import CELLS, RECURRENT, UNITS

pytestmark = [
    pytest.mark.usefixtures("uncompiled"),
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow", reason="JAX traces in one thread"
    ),
]

BATCH, TIME, THREADS, CALLS = 2, 3, 6, 12

LAYERS = {
    **{name: entry.make for name, entry in RECURRENT.items()},
    **{
        f"unrolled {name}": lambda entry=RECURRENT[name]: entry.make(unroll=True)
        for name in ("exp", "nnrnn", "eurnn", "stair exp-alpha", "lru", "anru")
    },
    **{
        f"keras {name}": lambda entry=entry: keras.layers.RNN(entry.make())
        for name, entry in CELLS.items()
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
EVERY = pytest.mark.parametrize("name", LAYERS)


def inputs(name):
    random = np.random.default_rng(0)
    shape = (CALLS, BATCH, TIME, FEATURES.get(name, UNITS))
    return random.normal(size=shape).astype("float32")


def at_the_same_time(function, arguments):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, arguments))


@EVERY
def test_six_threads_get_the_numbers_of_one(name):
    keras.utils.set_random_seed(1)
    layer, xs = LAYERS[name](), inputs(name)
    layer.build(xs.shape[1:])

    def call(x):
        return keras.ops.convert_to_numpy(layer(x))

    together = at_the_same_time(call, xs)
    np.testing.assert_allclose(together, list(map(call, xs)), rtol=1e-5, atol=1e-6)


@EVERY
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
