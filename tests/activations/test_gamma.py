"""Gamma and its derivatives; the published program's values are golden."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_nonnormal import FusedSimpleRNN, activations
from keras_nonnormal.activations import (
    FINE_GAINS,
    GAINS,
    SATURATIONS,
    Gamma,
    gamma,
    gamma_slope,
    gamma_slopes,
    gamma_sup_slope,
    gamma_values,
)
from keras_nonnormal.initializers import UniformOnce
from tests.golden import cases
from tests.helpers import DTYPE, relative_error, value_and_gradients

# The originals leave the exact function for n x > 20, by up to 2.1e-9 / n.
ORIGINALS = 1e-8


def gradients(x, n, s, dy):
    arrays = [np.asarray(each, DTYPE) for each in (x, n, s)]
    return value_and_gradients(lambda *a: (gamma(*a),), arrays, [np.asarray(dy, DTYPE)])


@pytest.fixture
def grid(golden):
    arrays = golden("gamma/gamma_grid")
    n, s = np.meshgrid(arrays["n"], arrays["s"], indexing="ij")
    return arrays, arrays["x"][None, None], n[..., None], s[..., None]


# Row A1
def test_golden_values(grid):
    arrays, x, n, s = grid
    np.testing.assert_allclose(
        gamma_values(x, n, s), arrays["y"], rtol=1e-9, atol=ORIGINALS
    )
    y = ops.convert_to_numpy(gamma(x.astype("float32"), n, s))
    np.testing.assert_allclose(y, arrays["y"], rtol=2e-6, atol=2e-5)


# Row A2
@pytest.mark.skipif(DTYPE == "float32", reason="Keras rounds float64 on JAX")
def test_golden_derivatives(grid):
    arrays, x, n, s = grid
    shape = arrays["y"].shape
    full = [np.broadcast_to(each, shape) for each in (x, n, s)]
    _, dx, dn, ds = gradients(*full, np.ones(shape))
    for actual, name in ((dx, "dydx"), (dn, "dydn"), (ds, "dyds")):
        np.testing.assert_allclose(actual, arrays[name], rtol=1e-9, atol=ORIGINALS)
    np.testing.assert_allclose(
        gamma_slopes(x, n, s), arrays["dydx"], rtol=1e-9, atol=ORIGINALS
    )


# Row A3
@pytest.mark.skipif(DTYPE == "float32", reason="Keras rounds float64 on JAX")
def test_golden_gradients_of_shared_parameters_are_sums(golden):
    arrays = golden("gamma/gamma_grid")
    names = sorted(name for name in arrays.files if name.startswith("auto_"))
    x, n, s, dy, *expected = (
        arrays[f"auto_{name}"]
        for name in ("x", "n", "s", "gout", "y", "dx", "dn", "ds")
    )
    assert len(names) == 8
    for actual, wanted in zip(gradients(x, n, s, dy), expected, strict=True):
        np.testing.assert_allclose(
            actual, np.reshape(wanted, actual.shape), rtol=1e-8, atol=ORIGINALS
        )


# Row A4
@pytest.mark.skipif(DTYPE == "float32", reason="Keras rounds float64 on JAX")
@pytest.mark.parametrize("case", cases("gamma/gamma2", r"(\w+)__gout"))
def test_golden_parameters_per_neuron_and_per_sample(golden, case):
    arrays = golden("gamma/gamma2")
    x, n, s, dy, *expected = (
        arrays[f"{case}__{name}"]
        for name in ("x", "n", "s", "gout", "y", "dx", "dn", "ds")
    )
    for actual, wanted in zip(gradients(x, n, s, dy), expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-9, atol=ORIGINALS)


# Row A4
def test_golden_parameters_per_sample(golden):
    arrays = golden("gamma/gamma2")
    y = gamma_values(
        arrays["batch__x"], arrays["batch__n"][:, None], arrays["batch__s"][:, None]
    )
    np.testing.assert_allclose(y, arrays["batch__y"], rtol=1e-9, atol=ORIGINALS)


# Row A5
def test_golden_negative_gain(golden):
    arrays = golden("gamma/gamma2")
    x, n = arrays["neg__x"], float(arrays["neg__n"])
    expected = arrays["neg__y_homogeneous"]
    np.testing.assert_allclose(gamma_values(x, n, 0.2), expected, atol=ORIGINALS)
    assert np.abs(expected - arrays["neg__y_heterogeneous_original"]).max() > 1


# Row A5
def test_the_left_tail_is_accurate_in_single_precision(golden):
    arrays = golden("gamma/gamma2")
    x, n = arrays["tail__x"], float(arrays["tail__n"])
    y = ops.convert_to_numpy(gamma(x, n, 0.0))
    # Rounding n x to 24 bits changes its exponential by |n x| 6e-8.
    np.testing.assert_allclose(y, gamma_values(x, n, 0.0), rtol=3e-6)
    np.testing.assert_allclose(y, arrays["tail__y_homogeneous_f32"], rtol=1e-5)


# Row A6
def test_golden_sup_slope(golden):
    arrays = golden("gamma/sup_slope")
    actual = gamma_sup_slope(arrays["n"][:, None], arrays["s"])
    np.testing.assert_allclose(actual, arrays["sup"], rtol=1e-12)


@given(st.floats(0.1, 30), st.floats(0, 1))
def test_no_slope_is_above_the_sup_slope_and_some_are_close(n, s):
    x = np.linspace(-60, 60, 20_001) / n
    slopes = gamma_slopes(x, n, s)
    assert slopes.max() <= gamma_sup_slope(n, s) * (1 + 1e-12)
    assert slopes.max() >= gamma_sup_slope(n, s) * (1 - 1e-5)


@given(
    st.floats(-40, 40),
    st.floats(0.05, 20) | st.floats(-20, -0.05),
    st.floats(-0.3, 1.75),
)
def test_derivatives_are_limits_of_differences(x, n, s):
    at, step = np.array([x, n, s]), 1e-5
    _, *actual = gradients(x, n, s, 1.0)
    for axis, derivative in enumerate(actual):
        ahead, behind = (at + sign * step * np.eye(3)[axis] for sign in (1, -1))
        expected = (gamma_values(*ahead) - gamma_values(*behind)) / (2 * step)
        scale = 1 + abs(x) + abs(n) / (0.05 if DTYPE == "float64" else 0.01)
        tolerance = 1e-6 if DTYPE == "float64" else 1e-5
        assert derivative == pytest.approx(expected, abs=tolerance * scale, rel=1e-3)


@pytest.mark.parametrize("n", [1e-3, 1.0, -3.0, 1e3])
@pytest.mark.parametrize("s", [0.0, 0.5, 1.0, 1.75])
def test_everything_is_finite_far_out(n, s):
    x = np.array([-1e30, -1e7, 0.0, 1e7, 1e30], "float32") / abs(n)
    x = x.astype("float32")
    everything = value_and_gradients(
        lambda *a: (gamma(*a),),
        [x, np.full_like(x, n), np.full_like(x, s)],
        [np.ones_like(x)],
    )
    y, dx, dn, ds = everything
    assert np.isfinite(everything).all()
    right, left = (np.s_[3:], np.s_[:2])[:: 1 if n > 0 else -1]
    np.testing.assert_allclose(y[right], (1 - s) * x[right] + s, rtol=1e-6)
    np.testing.assert_allclose(y[left], 0, atol=1e-30)
    np.testing.assert_allclose(dx[right], 1 - s, rtol=1e-6)
    np.testing.assert_allclose(dn[[0, 1, 3, 4]], 0, atol=1e-30)
    np.testing.assert_allclose(ds[right], 1 - x[right], rtol=1e-6)


def test_limits_are_softplus_relu_logistic_and_step():
    x = np.linspace(-3, 3, 12)
    np.testing.assert_allclose(gamma_values(x, 1, 0), np.log1p(np.exp(x)))
    np.testing.assert_allclose(gamma_values(x, 1e6, 0), np.maximum(x, 0), atol=1e-6)
    np.testing.assert_allclose(gamma_values(x, 1, 1), 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(gamma_values(x, 1e6, 1), x > 0, atol=1e-6)


def test_slope_of_tensors_is_that_of_arrays():
    x = np.linspace(-3, 3, 12)
    actual = ops.convert_to_numpy(gamma_slope(x.astype(DTYPE), 5.0, 0.3))
    np.testing.assert_allclose(actual, gamma_slopes(x, 5.0, 0.3), rtol=1e-5)


def test_the_published_grid():
    assert len(GAINS) == 9
    assert (GAINS[0], GAINS[1], GAINS[-1]) == (1, 2.5, 20)
    assert set(GAINS) < set(FINE_GAINS)
    assert len(FINE_GAINS) == 16
    assert SATURATIONS == (0, 0.25, 0.5, 0.75, 1)


@pytest.mark.parametrize(
    ("name", "shape"), [("gamma", ()), ("gamma2", (3,))], ids=["shared", "per neuron"]
)
def test_names_make_the_two_variants(name, shape):
    layer = activations.get(name)
    layer.build((None, 3))
    assert isinstance(layer, Gamma)
    assert [tuple(w.shape) for w in layer.trainable_variables] == [shape, shape]
    assert [w.path.split("/")[-1] for w in layer.weights] == ["gain", "saturation"]
    np.testing.assert_allclose(ops.convert_to_numpy(layer.gain), np.ones(shape))
    np.testing.assert_allclose(ops.convert_to_numpy(layer.saturation), np.zeros(shape))


# Row A8
def test_random_gains_are_one_draw_for_all():
    layer = Gamma(gain=UniformOnce(5, 7, seed=3))
    layer.build((None, 50))
    gains = ops.convert_to_numpy(layer.gain)
    assert 5 <= gains[0] < 7
    assert (gains == gains[0]).all()
    others = [UniformOnce(5, 7, seed=seed)(()) for seed in range(30)]
    assert len({float(each) for each in others}) > 25
    assert 5.7 < np.mean([float(each) for each in others]) < 6.3


def test_configuration_makes_it_again():
    layer = Gamma(
        gain=UniformOnce(5, 7, seed=3),
        saturation=0.25,
        shared=True,
        gain_constraint="non_neg",
        trainable=False,
    )
    again = activations.get(keras.saving.serialize_keras_object(layer))
    assert again.get_config() == layer.get_config()
    again.build((None, 4))
    assert again.trainable_variables == []
    assert float(again.saturation) == 0.25


# Row A7
@pytest.mark.parametrize("kind", ["static", "homogeneous", "heterogeneous"])
def test_training_moves_what_is_learned_and_nothing_else(kind):
    activation = Gamma(
        gain=5.0, saturation=0.25, shared=kind != "heterogeneous", dtype="float32"
    )
    activation.trainable = kind != "static"
    layer = FusedSimpleRNN(6, activation=activation)
    model = keras.Sequential([keras.Input((7, 2)), layer, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(8, 7, 2)), random.normal(size=(8, 1))
    model.fit(x, y, epochs=2, verbose=0)
    gains = np.atleast_1d(ops.convert_to_numpy(activation.gain))
    assert gains.size == (6 if kind == "heterogeneous" else 1)
    assert (gains == 5).all() == (kind == "static")
    assert (np.unique(gains).size > 1) == (kind == "heterogeneous")


@pytest.mark.parametrize(
    "arguments", [{"gain": 0}, {"gain": np.inf}, {"saturation": np.nan}]
)
def test_impossible_starts_are_refused(arguments):
    with pytest.raises(ValueError, match=rf"`{next(iter(arguments))}`.*Received"):
        Gamma(**arguments)
    with pytest.raises(ValueError, match="other than 0"):
        gamma_values(1.0, [0.0, 1.0], 0.0)
    with pytest.raises(ValueError, match="positive"):
        gamma_sup_slope(0.0, 0.5)
    with pytest.raises(ValueError, match="minval"):
        UniformOnce(7, 5)


def test_layer_is_the_function():
    layer = Gamma(gain=5.0, saturation=0.25, dtype=DTYPE)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(DTYPE)
    expected = gamma_values(x, 5.0, 0.25)
    assert relative_error(layer(x), expected) < 1e-6
    assert layer.compute_output_shape((4, 3)) == (4, 3)
