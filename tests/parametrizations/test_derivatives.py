"""First and second derivatives of every parametrization and matrix function."""

import inspect

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal import parametrizations
from keras_nonnormal.parametrizations import (
    Free,
    Givens,
    Orthogonal,
    Parametrization,
    ScaledCayley,
    Schur,
    cayley,
    expm,
    matrix_functions,
    skew,
)
from tests.derivatives import check_derivatives, of_variables

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="Keras rounds float64 to float32 on JAX",
)

WIDE = {"skew_initializer": keras.initializers.RandomNormal(stddev=1.0, seed=1)}
PARAMETRIZATIONS = {
    "free": (Free, {}),
    "exp": (Orthogonal, WIDE),
    "cayley": (Orthogonal, {"orthogonal_map": "cayley", **WIDE}),
    "dynamic": (Orthogonal, {"trivialization": "dynamic", **WIDE}),
    "dynamic cayley": (
        Orthogonal,
        {"trivialization": "dynamic", "orthogonal_map": "cayley", **WIDE},
    ),
    "scaled cayley": (ScaledCayley, {"negative_ones": 1, **WIDE}),
    "schur": (Schur, {}),
    "schur block": (Schur, {"t_mask": "block"}),
    "givens": (Givens, {}),
    "givens, 4 stages": (Givens, {"capacity": 4}),
    "givens real": (Givens, {"complex": False, "capacity": 4}),
    "givens fft": (Givens, {"fft": True}),
    "givens real fft": (Givens, {"fft": True, "complex": False}),
}


def made(name):
    keras.utils.set_random_seed(1)
    kind, own = PARAMETRIZATIONS[name]
    size = 8 if kind is Givens and own.get("complex", True) else 4
    parametrization = kind(dtype="float64", **own)
    parametrization.build((size, size))
    for variable in parametrization.trainable_variables:
        noise = np.random.default_rng(2).normal(size=variable.shape)
        variable.assign_add(0.3 * noise)
    if own.get("trivialization") == "dynamic":
        parametrization.matrix(training=True)  # moves the base
        parametrization.skew.assign_add(0.3 * np.eye(4)[::-1])
    return parametrization


def test_every_parametrization_is_here():
    exported = {
        kind
        for name in parametrizations.__all__
        if inspect.isclass(kind := getattr(parametrizations, name))
        and issubclass(kind, Parametrization)
    }
    assert exported - {Parametrization} == {
        kind for kind, _ in PARAMETRIZATIONS.values()
    }


# XLA once for an exponential, a solution, a basis that moves, a Schur form, and plane
# rotations of real and of complex numbers.
COMPILED = ("exp", "cayley", "dynamic", "schur", "givens real", "givens fft")


@pytest.mark.parametrize(
    ("name", "compiled"),
    [
        *(pytest.param(name, False, id=name) for name in PARAMETRIZATIONS),
        *(
            pytest.param(name, True, id=f"{name}-compiled", marks=pytest.mark.compiled)
            for name in COMPILED
        ),
    ],
)
def test_matrices_by_their_variables(name, compiled):
    parametrization = made(name)
    check_derivatives(*of_variables(parametrization, parametrization.matrix), compiled)


@pytest.mark.parametrize("size", [3, 6])
@pytest.mark.parametrize(
    "function",
    [
        expm,
        pytest.param(lambda x: cayley(skew(x)), id="cayley"),
        pytest.param(
            lambda x: matrix_functions.inverse_of_positive(
                ops.matmul(x, ops.transpose(x)) + skew(x)
            ),
            id="inverse",
        ),
        skew,
    ],
)
def test_functions_of_matrices(function, size, monkeypatch):
    monkeypatch.setattr(matrix_functions, "SMALL", 2)  # in blocks
    x = np.random.default_rng(0).normal(size=(size, size)) + 2 * np.eye(size)
    check_derivatives(function, [x])


def test_penalty_of_gammas():
    penalty = parametrizations.PullTowardsOne(0.1)
    with_floatx = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        check_derivatives(penalty, [np.array([0.5, 1.0, 3.0])])
    finally:
        keras.config.set_floatx(with_floatx)
