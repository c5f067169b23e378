"""A recurrent layer beside a loop over its equation in float64 NumPy."""

import keras
import numpy as np

from tests.helpers import DTYPE, TOLERANCE, relative_error

BATCH, TIME, FEATURES, UNITS = 3, 7, 4, 6


def built(kind, features=FEATURES, **arguments):
    """A layer with all states given out, from one seed."""
    keras.utils.set_random_seed(1)
    given = {"return_sequences": True, "return_state": True, "dtype": DTYPE}
    given |= {"bias_initializer": keras.initializers.RandomNormal(stddev=0.3)}
    layer = kind(UNITS, **{**given, **arguments})
    layer.build((BATCH, TIME, features))
    return layer


def draws(*shapes, seed=2):
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype(DTYPE) for shape in shapes]


def float64(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor), "float64")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def check_steps(layer, step):
    """Checks outputs and final states against `step(drive, states, recurrent)`.

    `drive` is what the input and the bias give, `recurrent` the recurrent kernel.
    """
    count = len(layer.state_size)
    x, *states = draws((BATCH, TIME, FEATURES), *[(BATCH, UNITS)] * count)
    outputs, *last = layer(x, initial_state=states)
    cell = layer.cell
    kernel, recurrent, bias = map(
        float64, (cell.kernel, cell.recurrent_kernel, cell.bias)
    )
    states = [state.astype("float64") for state in states]
    for time in range(TIME):
        states = step(x[:, time] @ kernel + bias, states, recurrent)
        assert relative_error(outputs[:, time], states[0]) < TOLERANCE[DTYPE]
    for actual, expected in zip(last, states, strict=True):
        assert relative_error(actual, expected) < TOLERANCE[DTYPE]
