"""The exponential and the Cayley map beside independent programs."""

import keras
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_nonnormal import _backend
from keras_nonnormal.parametrizations import cayley, expm, geodesic_step, skew
from keras_nonnormal.parametrizations.matrix_functions import (
    MOST_SQUARINGS,
    SMALL,
    inverse_of_positive,
)
from tests.helpers import DTYPE, DTYPES, relative_error, value_and_gradients

# The equations leave round-off alone; sums in another order.
GOLDEN = 1e-9 if DTYPE == "float64" else 2e-5


def a_skew_matrix(n, norm, seed=0):
    """Skew-symmetric, with this largest sum of magnitudes of a column."""
    x = np.triu(np.random.default_rng(seed).normal(size=(n, n)), 1)
    a = x - x.T
    return a * (norm / np.abs(a).sum(axis=0).max())


def exact_exponential(a):
    """By the Taylor series of a small matrix in extended precision."""
    squarings = 14
    a = np.asarray(a, np.longdouble) / 2**squarings
    term = result = np.eye(len(a), dtype=np.longdouble)
    for k in range(1, 25):
        term = term @ a / k
        result = result + term
    for _ in range(squarings):
        result = result @ result
    return result.astype("float64")


def frobenius_error(actual, expected):
    actual = ops.convert_to_numpy(actual).astype("float64")
    return np.linalg.norm(actual - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("size", [2, 7, 64])
@pytest.mark.parametrize("norm", [0.0, 1e-3, 1.0, np.pi, 20.0, 100.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_exponential_of_skew_matrices_is_as_exact_as_its_dtype(size, norm, dtype):
    a = a_skew_matrix(size, norm).astype(dtype)
    # Six squarings double an error as often; a single plane has none to average with.
    far = {"float32": 1e-5 if size > 2 else 2e-5, "float64": 1e-13}[dtype]
    near = {"float32": 1e-6, "float64": 1e-14}[dtype]
    error = frobenius_error(expm(a), exact_exponential(a))
    assert error <= (far if norm > np.pi else near)


@pytest.mark.parametrize("norm", [np.pi, 100.0])
@pytest.mark.parametrize("size", [512, 1024])
def test_exponential_of_large_matrices_agrees_with_scipy(size, norm):
    a = a_skew_matrix(size, norm).astype("float32")
    bound = 1e-6 if norm == np.pi else 1e-5
    expected = scipy.linalg.expm(a.astype("float64"))
    assert frobenius_error(expm(a), expected) <= bound


@pytest.mark.parametrize("norm", [0.5, np.pi, 30.0])
def test_exponential_of_other_matrices(norm):
    g = np.random.default_rng(1).normal(size=(9, 9))
    a = (g * norm / np.abs(g).sum(axis=0).max()).astype(DTYPE)
    bound = {"float32": 1e-6, "float64": 1e-13}[DTYPE]
    assert frobenius_error(expm(a), exact_exponential(a)) <= bound
    nilpotent = np.triu(np.full((4, 4), 3.0, DTYPE), 1)
    assert frobenius_error(expm(nilpotent), exact_exponential(nilpotent)) <= bound


def test_exponential_out_of_reach_is_not_a_number():
    a = a_skew_matrix(4, 1e6).astype("float32")
    assert np.isnan(ops.convert_to_numpy(expm(a))).all()
    just_within = 2.0**MOST_SQUARINGS * a_skew_matrix(2, 2.9)
    assert np.isfinite(ops.convert_to_numpy(expm(just_within.astype("float32")))).all()


@given(st.integers(0, 10**6), st.sampled_from([2, 5]), st.floats(0.01, 10))
def test_exponential_undoes_itself_and_is_orthogonal(seed, size, norm):
    a = a_skew_matrix(size, norm, seed).astype(DTYPE)
    forth, back = (ops.convert_to_numpy(expm(x)) for x in (a, -a))
    bound = {"float32": 2e-5, "float64": 1e-12}[DTYPE]
    np.testing.assert_allclose(forth @ back, np.eye(size), atol=bound)
    np.testing.assert_allclose(forth.T, back, atol=bound)


@pytest.mark.parametrize("norm", [0.7, np.pi, 9.0])
def test_gradient_of_the_exponential_is_that_of_the_block_form(norm):
    """The upper right block of exp [[A, E], [0, A]] is the derivative along E."""
    a = a_skew_matrix(6, norm)
    g = np.random.default_rng(2).normal(size=(6, 6))
    _, gradient = value_and_gradients(
        lambda a: (expm(a),), [a.astype(DTYPE)], [g.astype(DTYPE)]
    )
    blocks = np.block([[a.T, g], [np.zeros((6, 6)), a.T]])
    expected = exact_exponential(blocks)[:6, 6:]
    assert (
        relative_error(gradient, expected) < {"float32": 1e-5, "float64": 1e-13}[DTYPE]
    )


@pytest.mark.parametrize("function", [expm, cayley])
def test_compiled_value_and_gradient_are_the_same(function):
    x = np.random.default_rng(3).normal(size=(5, 5)).astype(DTYPE)
    g = np.random.default_rng(4).normal(size=(5, 5)).astype(DTYPE)

    def both(x, g):
        outputs, pullback = _backend.vjp(lambda x: (function(skew(x)),), x)
        return outputs[0], pullback((g,))[0]

    x, g = map(ops.convert_to_tensor, (x, g))
    for plain, compiled in zip(both(x, g), _backend.jit(both)(x, g), strict=True):
        assert (
            relative_error(compiled, plain) < {"float32": 1e-5, "float64": 1e-12}[DTYPE]
        )


@pytest.mark.parametrize("size", [3, SMALL, SMALL + 1, 2 * SMALL + 5])
def test_cayley_map_solves_its_equation_and_is_orthogonal(size):
    a = a_skew_matrix(size, 4.0)
    q = ops.convert_to_numpy(cayley(a.astype(DTYPE)))
    bound = {"float32": 2e-6, "float64": 1e-13}[DTYPE]
    identity = np.eye(size)
    np.testing.assert_allclose((identity + a) @ q, identity - a, atol=bound * 10)
    np.testing.assert_allclose(q.T @ q, identity, atol=bound * 10)


def test_inverse_by_blocks_has_the_gradient_of_the_inverse():
    n = SMALL + 3
    random = np.random.default_rng(5)
    m = (3 * np.eye(n) + random.normal(size=(n, n)) / np.sqrt(n)).astype(DTYPE)
    g = random.normal(size=(n, n)).astype(DTYPE)
    value, gradient = value_and_gradients(lambda m: (inverse_of_positive(m),), [m], [g])
    inverse = np.linalg.inv(m.astype("float64"))
    bound = {"float32": 1e-5, "float64": 1e-12}[DTYPE]
    assert relative_error(value, inverse) < bound
    assert relative_error(gradient, -inverse.T @ g @ inverse.T) < bound


@pytest.mark.parametrize("function", [expm, cayley])
def test_half_precision_is_computed_in_float32(function):
    a = a_skew_matrix(4, 1.0).astype("float32")
    half = function(ops.cast(a, "float16"))
    assert keras.backend.standardize_dtype(half.dtype) == "float16"
    np.testing.assert_allclose(
        ops.convert_to_numpy(half), ops.convert_to_numpy(function(a)), atol=2e-3
    )


# Rows 3 and 4: the maps of the published programs, with their gradients.
def test_maps_and_gradients_are_those_of_the_published_program(golden):
    g = golden("nnrnn/orthogonal_maps")
    a = g["A"].astype(DTYPE)
    assert np.array_equal(ops.convert_to_numpy(skew(g["X"].astype(DTYPE))), a)
    expected = {
        "expm_A": expm(a),
        "cayley_A": cayley(a),
        "half_cayley_A": cayley(a / 2),
        "pade7_A": expm(0.2 * a),
    }
    for name, value in expected.items():
        assert relative_error(value, g[name]) < GOLDEN, name
    for name, function in {"exp": expm, "cayley": cayley}.items():
        _, gradient = value_and_gradients(
            lambda x, f=function: (f(skew(x)),),
            [g["X"].astype(DTYPE)],
            [g["G"].astype(DTYPE)],
        )
        assert relative_error(gradient, g[f"grad_X_{name}"]) < GOLDEN
    # The derivative along E is the adjoint of the derivative of the transpose.
    _, along = value_and_gradients(lambda a: (expm(a),), [a.T], [g["E"].astype(DTYPE)])
    assert relative_error(along, g["frechet_A_E"]) < GOLDEN


# Row 5.
def test_geodesic_step_descends_on_the_orthogonal_group(golden):
    g = golden("nnrnn/orthogonal_maps")
    w, gradient = g["geo_W0"].astype(DTYPE), g["geo_G"].astype(DTYPE)
    literal = geodesic_step(w, gradient, float(g["geo_lr"]), form="original")
    assert relative_error(literal, g["geo_W1"]) < GOLDEN

    step = ops.convert_to_numpy(geodesic_step(w, gradient, 1e-3))
    np.testing.assert_allclose(step @ step.T, np.eye(len(w)), atol=1e-5)
    assert np.sum(gradient * (step - w)) < 0
