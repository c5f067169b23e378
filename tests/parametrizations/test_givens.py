"""Products of plane rotations."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_nonnormal.layers import EUNN
from keras_nonnormal.parametrizations import Givens
from tests.helpers import DTYPE, relative_error, value_and_gradients

ROUND_OFF = {"float32": 5e-6, "float64": 1e-13}[DTYPE]


def built(units, seed=0, **arguments):
    givens = Givens(dtype=DTYPE, **arguments)
    size = 2 * units if givens.complex else units
    givens.build((size, size))
    random = np.random.default_rng(seed)
    for variable in givens.weights:
        variable.assign(random.uniform(-np.pi, np.pi, variable.shape))
    return givens


def matrix(givens):
    return ops.convert_to_numpy(givens.matrix())


@settings(max_examples=15)
@given(
    st.sampled_from([2, 4, 6, 8]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 1000),
    st.data(),
)
def test_matrix_is_unitary_for_all_angles(units, complex_, fft, seed, data):
    units = 8 if fft else units
    capacity = data.draw(st.sampled_from(range(2, units + 1, 2)))
    w = matrix(built(units, seed, capacity=capacity, fft=fft, complex=complex_))
    np.testing.assert_allclose(w @ w.T, np.eye(len(w)), atol=ROUND_OFF)
    if complex_:  # the real form of a complex matrix
        n = units
        np.testing.assert_array_equal(w[:n, :n], w[n:, n:])
        np.testing.assert_array_equal(w[:n, n:], -w[n:, :n])


def test_stages_alternate_between_even_and_odd_pairs():
    givens = built(4, capacity=2, complex=False)
    a, b = (ops.convert_to_numpy(v) for v in givens.angles)

    def stage(pairs, angles):
        m = np.eye(4)
        for (f, s), angle in zip(pairs, angles, strict=True):
            m[f, f], m[s, f] = np.cos(angle), -np.sin(angle)
            m[f, s], m[s, s] = np.sin(angle), np.cos(angle)
        return m

    expected = stage([(0, 1), (2, 3)], a[0]) @ stage([(1, 2)], b[0])
    np.testing.assert_allclose(matrix(givens), expected, atol=ROUND_OFF)


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("capacity", [2, 8])
def test_gradients_through_undone_stages_are_those_of_finite_differences(
    complex_, capacity
):
    if DTYPE != "float64":
        pytest.skip("differences need double precision")
    givens = built(8, capacity=capacity, complex=complex_)
    values = [ops.convert_to_numpy(w) for w in givens.trainable_variables]
    cotangent = np.random.default_rng(1).normal(size=matrix(givens).shape)

    def call(*values):
        mapping = list(zip(givens.trainable_variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return (givens.matrix(),)

    _, *gradients = value_and_gradients(call, values, [cotangent])
    step = 1e-6
    for number, value in enumerate(values):
        index = tuple(s // 2 for s in value.shape)
        ends = []
        for sign in (1, -1):
            moved = [v.copy() for v in values]
            moved[number][index] += sign * step
            moved = [ops.convert_to_tensor(v) for v in moved]
            ends.append(np.sum(ops.convert_to_numpy(call(*moved)[0]) * cotangent))
        difference = (ends[0] - ends[1]) / (2 * step)
        assert gradients[number][index] == pytest.approx(difference, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    ("arguments", "size", "words"),
    [
        ({"capacity": 0}, None, "positive even number of stages"),
        ({"capacity": 5}, None, "Received: capacity=5"),
        ({"capacity": 6, "complex": False}, 4, "at most the number of units, 4"),
        ({"complex": False}, 7, "even number of units"),
        ({"complex": True}, 14, "even number of units. Received: units=7"),
        ({"fft": True, "complex": False}, 12, "power of two"),
    ],
)
def test_what_cannot_be_is_refused(arguments, size, words):
    with pytest.raises(ValueError, match=words):
        Givens(**arguments).build((size, size))


# Row 22: the matrix of the fast-Fourier style as a feed-forward layer.
def test_feed_forward_layer_is_the_published_one(golden):
    g = golden("nnrnn/eurnn_fft_real")
    layer = EUNN(dtype=DTYPE)
    units = len(g["W"])
    layer.build((None, units))
    layer.givens.angles[0].assign(g["theta"])
    y = layer(np.eye(units, dtype=DTYPE))
    assert relative_error(y, g["W"]) < (1e-9 if DTYPE == "float64" else 2e-5)


def test_feed_forward_layer_is_kept_in_a_model(tmp_path):
    model = keras.Sequential([keras.Input((16,)), EUNN(), keras.layers.Dense(1)])
    x = np.random.default_rng(0).normal(size=(5, 16)).astype("float32")
    norms = np.linalg.norm(ops.convert_to_numpy(model.layers[0](x)), axis=1)
    np.testing.assert_allclose(norms, np.linalg.norm(x, axis=1), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0)
    )
    with pytest.raises(ValueError, match="power of two"):
        EUNN()(x[:, :12])
