"""The recurrence against a plain loop over time, states and parameters of any kind."""

import itertools

import numpy as np
import pytest
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal import recurrence as recurrences
from keras_nonnormal.recurrence import Recurrence
from tests.helpers import DTYPE, DTYPES, TOLERANCE, relative_error, value_and_gradients

TIME, BATCH, FEATURES, UNITS = 9, 3, 4, 5


def tanh_step(z, state, inputs, parameters):
    return (ops.tanh(z),)


def gated_step(z, state, inputs, parameters):
    """An LSTM's gates with a per-step scale: several states, inputs, parameters."""
    (scale,), (peephole, bias) = inputs, parameters
    i, f, c, o = ops.split(z, 4, axis=-1)
    memory = ops.sigmoid(f + peephole) * state[1] + ops.sigmoid(i) * ops.tanh(c + bias)
    return scale * ops.sigmoid(o) * ops.tanh(memory), memory


def normalised_step(z, state, inputs, parameters):
    """Not elementwise: units of one sample act on each other."""
    return (ops.softmax(z) - 0.5 * state[0],)


CASES = {
    "tanh": (tanh_step, None, 1, UNITS, 0, 0),
    "tanh by its slope": (tanh_step, lambda h: 1 - h * h, 1, UNITS, 0, 0),
    "gates": (gated_step, None, 2, 4 * UNITS, 1, 2),
    "normalised": (normalised_step, None, 1, UNITS, 0, 0),
}


def tensors(case, dtype):
    _, _, states, width, inputs, parameters = CASES[case]
    random = np.random.default_rng(0)
    shapes = [
        (TIME, BATCH, FEATURES),
        (FEATURES, width),
        (width,),
        (UNITS, width),
        *[(BATCH, UNITS)] * states,
        *[(TIME, 1, 1)] * inputs,
        *[(UNITS,)] * parameters,
    ]
    return [random.normal(0, 0.5, shape).astype(dtype) for shape in shapes]


def plain_loop(step, states, inputs, arrays, return_sequences, gain=None):
    x, kernel, bias, matrix, *rest = arrays
    state = tuple(rest[:states])
    per_step, parameters = rest[states : states + inputs], rest[states + inputs :]
    outputs = []
    for t in range(x.shape[0]):
        fed_back = state[0] if gain is None else gain[t] * state[0]
        z = ops.matmul(x[t], kernel) + bias + ops.matmul(fed_back, matrix)
        state = step(z, state, tuple(x[t] for x in per_step), tuple(parameters))
        outputs.append(state[0])
    return (*state, ops.stack(outputs)) if return_sequences else state


# XLA once for each kind of step, in one go and in chunks.
COMPILED = [
    *((case, True, DTYPE, None) for case in CASES),
    *((case, False, DTYPE, 10) for case in ("tanh by its slope", "gates")),
    ("gates", True, DTYPES[-1], None),
]


@pytest.mark.parametrize(
    ("case", "return_sequences", "dtype", "chunk"),
    [
        pytest.param(*each, marks=[pytest.mark.compiled] * (each in COMPILED))
        for each in itertools.product(CASES, [True, False], DTYPES, [None, 10])
        # 10: two steps or less to a chunk, which is the same for either precision.
        if each[2] == DTYPE or not each[3]
    ],
)
def test_values_and_gradients_are_those_of_a_plain_loop(
    case, return_sequences, dtype, chunk, monkeypatch
):
    step, slope, states, _, inputs, _ = CASES[case]
    recurrence = Recurrence(step, slope)
    arrays = tensors(case, dtype)
    if chunk:
        monkeypatch.setattr(recurrences, "CHUNK_ELEMENTS", chunk)
        monkeypatch.setattr(recurrences, "CHUNK_ROWS", 1)

    def fused(x, kernel, bias, matrix, *rest):
        outputs, state = recurrence(
            x,
            (kernel, bias),
            matrix,
            tuple(rest[:states]),
            tuple(rest[states : states + inputs]),
            tuple(rest[states + inputs :]),
            return_sequences,
        )
        return (*state, outputs) if return_sequences else state

    def plain(*arrays):
        return plain_loop(step, states, inputs, arrays, return_sequences)

    random = np.random.default_rng(1)
    shapes = [(BATCH, UNITS)] * states + [(TIME, BATCH, UNITS)] * return_sequences
    cotangents = [random.normal(size=shape).astype(dtype) for shape in shapes]
    expected = value_and_gradients(plain, arrays, cotangents)
    actual = value_and_gradients(fused, arrays, cotangents)
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < TOLERANCE[dtype], errors


@pytest.mark.parametrize(
    ("case", "per_sample"),
    [
        pytest.param(*each, marks=[pytest.mark.compiled] * (each == ("gates", True)))
        for each in itertools.product(CASES, [True, False])
    ],
)
def test_gain_multiplies_what_is_fed_back(case, per_sample, monkeypatch):
    step, slope, states, _, inputs, _ = CASES[case]
    recurrence = Recurrence(step, slope)
    random = np.random.default_rng(1)
    shape = (TIME, BATCH if per_sample else 1, 1)
    arrays = [random.normal(size=shape).astype(DTYPE), *tensors(case, DTYPE)]
    monkeypatch.setattr(recurrences, "CHUNK_ELEMENTS", 10)  # two steps to a chunk
    monkeypatch.setattr(recurrences, "CHUNK_ROWS", 1)

    def fused(gain, x, kernel, bias, matrix, *rest):
        outputs, state = recurrence(
            x,
            (kernel, bias),
            matrix,
            tuple(rest[:states]),
            tuple(rest[states : states + inputs]),
            tuple(rest[states + inputs :]),
            gain=gain,
        )
        return (*state, outputs)

    def plain(gain, *arrays):
        return plain_loop(step, states, inputs, arrays, True, gain)

    shapes = [(BATCH, UNITS)] * states + [(TIME, BATCH, UNITS)]
    cotangents = [random.normal(size=shape).astype(DTYPE) for shape in shapes]
    expected = value_and_gradients(plain, arrays, cotangents)
    actual = value_and_gradients(fused, arrays, cotangents)
    errors = [relative_error(a, e) for a, e in zip(actual, expected, strict=True)]
    assert max(errors) < TOLERANCE[DTYPE], errors


@pytest.mark.compiled
def test_without_its_own_compilation_the_numbers_are_the_same():
    arrays = tensors("gates", DTYPE)
    x, kernel, bias, matrix, h, c, scale, *parameters = arrays
    arguments = x, (kernel, bias), matrix, (h, c), (scale,), tuple(parameters)
    compiled, _ = Recurrence(gated_step)(*arguments)
    assert _backend.jit_compile_enabled()
    try:
        _backend.set_jit_compile(False)
        plain, _ = Recurrence(gated_step)(*arguments)
    finally:
        _backend.set_jit_compile(True)
    assert relative_error(plain, compiled) < TOLERANCE[DTYPE]


def test_one_recurrence_serves_several_shapes():
    recurrence = Recurrence(tanh_step)
    for time, batch in [(1, 1), (4, 2), (2, 4)]:
        outputs, (last,) = recurrence(
            np.ones((time, batch, FEATURES), DTYPE),
            (np.ones((FEATURES, UNITS), DTYPE),),
            np.eye(UNITS, dtype=DTYPE),
            (np.zeros((batch, UNITS), DTYPE),),
        )
        assert tuple(outputs.shape) == (time, batch, UNITS)
        np.testing.assert_array_equal(outputs[-1], last)


@pytest.mark.parametrize(("batch", "count"), [(20, 4), (1, 1), (128, 14), (None, 14)])
def test_chunks_have_rows_enough_for_the_products_after_them(batch, count):
    chunks = recurrences._chunks(70, 4600, batch)
    assert len(chunks) == count
    assert [t for now in chunks for t in range(70)[now]] == list(range(70))
