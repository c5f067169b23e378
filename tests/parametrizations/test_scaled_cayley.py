"""ScaledCayley, and ScoRNN, whose matrix it is."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import ScoRNN
from keras_nonnormal.parametrizations import Orthogonal, ScaledCayley
from tests.helpers import DTYPE

SIZE = 6


def built(negative_ones, dtype=DTYPE, size=SIZE, **arguments):
    scaled = ScaledCayley(negative_ones, dtype=dtype, **arguments)
    scaled.build((size, size))
    return scaled


def matrix_of(parametrization):
    return np.asarray(keras.ops.convert_to_numpy(parametrization.matrix()), "float64")


@pytest.mark.parametrize("negative_ones", range(SIZE + 1))
def test_it_is_the_formula_of_the_paper_and_has_its_determinant(negative_ones):
    scaled = built(negative_ones)
    x = np.random.default_rng(0).normal(size=(SIZE, SIZE))
    scaled.skew.assign(x)
    a = np.triu(x, 1) - np.triu(x, 1).T
    d = np.diag([1.0] * (SIZE - negative_ones) + [-1.0] * negative_ones)
    expected = np.linalg.solve(np.eye(SIZE) + a, np.eye(SIZE) - a) @ d
    actual = matrix_of(scaled)
    tolerance = {"float64": 1e-13, "float32": 2e-6}[DTYPE]
    np.testing.assert_allclose(actual, expected, atol=tolerance)
    np.testing.assert_allclose(actual.T @ actual, np.eye(SIZE), atol=tolerance)
    assert np.linalg.det(actual) == pytest.approx((-1) ** negative_ones)


def test_it_reaches_a_reflection_which_the_plain_map_never_comes_near():
    reflection = np.diag([1.0] * (SIZE - 1) + [-1.0])
    scaled = built(1)
    scaled.skew.assign(np.zeros((SIZE, SIZE)))
    np.testing.assert_array_equal(matrix_of(scaled), reflection)
    plain = Orthogonal(orthogonal_map="cayley", dtype=DTYPE)
    plain.build((SIZE, SIZE))
    random = np.random.default_rng(1)
    for size in (0.0, 0.3, 3.0, 300.0):
        plain.skew.assign(size * random.normal(size=(SIZE, SIZE)))
        # All of its images turn; the nearest that turns is two away.
        assert np.linalg.norm(matrix_of(plain) - reflection) > 2 - 1e-5


def test_matrix_is_orthogonal_after_a_thousand_updates():
    """In float32: Q is made anew each time, so round-off does not add up."""
    scaled = built(3, "float32", 16)
    random = np.random.default_rng(4)
    for _ in range(1000):
        scaled.skew.assign_sub(0.03 * random.normal(size=(16, 16)))
    assert np.abs(np.array(scaled.skew)).max() > 1
    q = matrix_of(scaled)
    assert np.abs(q.T @ q - np.eye(16)).max() < 1e-6
    assert np.linalg.det(q) == pytest.approx(-1, abs=1e-5)


def test_scornn_feeds_back_through_it():
    keras.utils.set_random_seed(2)
    layer = ScoRNN(SIZE, 2, activation="tanh", return_sequences=True, dtype=DTYPE)
    x = np.random.default_rng(5).normal(size=(2, 4, 3)).astype(DTYPE)
    outputs = np.asarray(layer(x), "float64")
    kernel, matrix = np.asarray(layer.cell.kernel), matrix_of(layer.parametrization)
    h = np.zeros((2, SIZE))
    for time in range(4):
        h = np.tanh(x[:, time] @ kernel + h @ matrix)
        np.testing.assert_allclose(outputs[:, time], h, atol=1e-6)
    assert ScoRNN(SIZE).parametrization.negative_ones == SIZE // 2
    config = layer.get_config()
    assert config["negative_ones"] == 2
    assert ScoRNN.from_config(config).get_config() == config


@pytest.mark.parametrize("wrong", [-1, 0.5, True, None])
def test_numbers_of_negative_ones_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="`negative_ones` to be an integer"):
        ScaledCayley(wrong)


def test_more_negative_ones_than_units_are_refused():
    with pytest.raises(ValueError, match="`negative_ones` to be at most 6"):
        ScoRNN(SIZE, 7).build((None, 3, 2))
