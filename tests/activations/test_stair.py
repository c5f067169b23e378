"""Schedules, and exp-alpha as a function."""

import keras
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_nonnormal.activations import ModReLU, Stair, exp_alpha, stair_heights
from keras_nonnormal.activations.schedules import ALIASES, SCHEDULES, schedule_name
from tests.golden import cases
from tests.helpers import DTYPE, relative_error, value_and_gradients

FUNCTIONS = {
    "none": keras.activations.linear,
    "tanh": keras.activations.tanh,
    "relu": keras.activations.relu,
    "sigmoid": keras.activations.sigmoid,
}


# Row S1.
@pytest.mark.parametrize("token", cases("stair/rho", r"rho__((?!.*original)\w+)"))
def test_schedules_are_the_published_ones(golden, token):
    g = golden("stair/rho")
    heights = stair_heights(token, g["j"].astype("float64"))
    np.testing.assert_allclose(heights, g[f"rho__{token}"], rtol=1e-12)
    np.testing.assert_allclose(
        np.cumprod(heights), g[f"cumprod__{token}"], rtol=1e-11, atol=1e-300
    )
    steps = ops.convert_to_tensor(g["j"].astype("int32"))
    single = ops.convert_to_numpy(Stair(token, dtype="float32").heights(steps))
    np.testing.assert_allclose(single, g[f"rho__{token}"], rtol=1e-6)


@given(st.integers(0, 10**6))
def test_schedules_rise_to_one(step):
    steps = np.array([step, step + 1], "float64")
    for schedule in SCHEDULES:
        now, then = stair_heights(schedule, steps)
        assert -0.45 < now <= then <= 1


@pytest.mark.parametrize(
    ("schedule", "limit"),
    [("expn", 0.79799438), ("n2", 0.5)],
)
def test_running_products_of_expn_and_n2_stay(schedule, limit):
    product = np.prod(stair_heights(schedule, np.arange(10.0**5)))
    assert product == pytest.approx(limit, rel=2e-5)


# Row S2.
@pytest.mark.parametrize(("token", "name"), ALIASES.items())
def test_spellings_in_use_are_taken(token, name):
    assert schedule_name(token) == name
    assert Stair(token).schedule == name


@pytest.mark.parametrize("token", ["sqrtlogn2", "", None, 3, "N"])
def test_unknown_schedules_are_refused(token):
    with pytest.raises(ValueError, match=r"one of 'expn', 'n2'.*Received: "):
        Stair(token)


def test_learned_schedules_have_no_closed_form():
    with pytest.raises(ValueError, match="is learned"):
        stair_heights("alpha", np.arange(3.0))


# Rows S4 and S5.
@pytest.mark.parametrize(
    ("function", "token"), cases("stair/activation", r"y__((?!modrelu)\w+)__(\w+)")
)
def test_scaled_nonlinearities_and_slopes(golden, function, token):
    g = golden("stair/activation")
    name = f"{function}__{token}"
    stair, phi = Stair(token, dtype=DTYPE), FUNCTIONS[function]
    heights = stair.heights(g["j"].astype("int32")[:, None])

    def call(x):
        return (stair.apply(x, phi(x), heights),)

    x = np.broadcast_to(g["x"], (len(g["j"]), len(g["x"]))).astype(DTYPE)
    y, slope = value_and_gradients(call, [x], [np.ones_like(x)])
    bound = 1e-12 if DTYPE == "float64" else 2e-6
    assert relative_error(y, g[f"y__{name}"]) < bound
    assert relative_error(slope, g[f"dydx__{name}"]) < bound


@pytest.mark.parametrize("token", cases("stair/activation", r"y__modrelu__(\w+)"))
def test_scaled_modrelu_and_its_slopes(golden, token):
    g = golden("stair/activation")
    name = f"modrelu__{token}"
    stair, modrelu = Stair(token, dtype=DTYPE), ModReLU(dtype=DTYPE)
    modrelu.build((None, len(g["b"])))
    heights = stair.heights(g["j"].astype("int32")[:, None, None])

    def call(x, b):
        activated, _ = modrelu.stateless_call([b], [], x)
        return (stair.apply(x, activated, heights),)

    shape = (len(g["j"]), len(g["x"]), len(g["b"]))
    x = np.broadcast_to(g["x"][:, None], shape).astype(DTYPE)
    y, slope, _ = value_and_gradients(
        call, [x, g["b"].astype(DTYPE)], [np.ones_like(x)]
    )
    bound = 1e-12 if DTYPE == "float64" else 2e-6
    assert relative_error(y, g[f"y__{name}"]) < bound
    assert relative_error(slope, g[f"dydx__{name}"]) < bound


# Row S8.
@pytest.mark.parametrize("function", cases("stair/expalpha_activation", r"y__([a-z]+)"))
def test_exp_alpha_and_both_its_slopes(golden, function):
    g = golden("stair/expalpha_activation")
    shape = (len(g["alpha"]), len(g["x"]))
    x = np.broadcast_to(g["x"], shape).astype(DTYPE)
    alpha = np.broadcast_to(g["alpha"][:, None], shape).astype(DTYPE)
    modrelu = ModReLU(dtype=DTYPE)
    modrelu.build((None, shape[1]))
    offsets = g["b_modrelu"].astype(DTYPE)

    def call(x, alpha):
        if function == "modrelu":
            activated, _ = modrelu.stateless_call([offsets], [], x)
        else:
            activated = FUNCTIONS[function](x)
        return (exp_alpha(x, activated, alpha),)

    results = value_and_gradients(call, [x, alpha], [np.ones_like(x)])
    bound = 1e-12 if DTYPE == "float64" else 1e-4  # exponents of some tens
    for quantity, result in zip(("y", "dydx", "dyda"), results, strict=True):
        expected = g[f"{quantity}__{function}"]
        usual = np.abs(expected) < 1e30
        np.testing.assert_allclose(
            result[usual], expected[usual], rtol=bound, atol=bound, err_msg=quantity
        )


@pytest.mark.parametrize("z", [1e-9, -1e-9, 3e-5])
def test_exp_alpha_is_exact_where_it_is_small(z):
    y = exp_alpha(
        ops.convert_to_tensor(np.array([z], "float32")),
        ops.convert_to_tensor(np.array([z], "float32")),
        1.0,
    )
    assert float(y[0]) == pytest.approx(-np.expm1(-z) * z, rel=1e-6)


@pytest.mark.parametrize("name", ["relu", "modrelu"])
def test_nothing_stays_nothing_where_the_exponential_overflows(name):
    modrelu = ModReLU(keras.initializers.Constant(-200.0), dtype="float32")

    def call(x, alpha):
        activated = keras.activations.relu(x) if name == "relu" else modrelu(x)
        return (exp_alpha(x, activated, alpha),)

    x = np.array([-100.0, -1e4], "float32") if name == "relu" else np.array([-150.0])
    x = x.astype("float32")
    y, dx, da = value_and_gradients(call, [x, np.ones_like(x)], [np.ones_like(x)])
    for result in (y, dx, da):
        assert np.all(result == 0)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 3.0])
def test_exp_alpha_of_the_identity_contracts_in_its_interval(alpha):
    left = 1 - float(scipy.special.lambertw(2 * np.e).real)
    u = np.array([left + 1e-6, 0.999999, 2.0, left - 1e-3])
    _, slope, _ = value_and_gradients(
        lambda x, a: (exp_alpha(x, x, a),),
        [(u / alpha).astype(DTYPE), np.full(4, alpha, DTYPE)],
        [np.ones(4, DTYPE)],
    )
    assert np.all(np.abs(slope[:2]) < 1 + 1e-5)
    assert slope[2] == pytest.approx(1 + np.exp(-2), rel=1e-6)
    assert abs(slope[3]) > 1


def test_a_stair_says_when_it_is_too_short():
    stair = Stair("alpha", max_steps=3)
    stair.build()
    heights = ops.convert_to_numpy(stair.heights(np.array([0, 2, 3, -1], "int32")))
    assert heights[:2].tolist() == [1.0, 1.0]
    assert np.isnan(heights[2:]).all()


def test_a_clipped_exponent_keeps_exp_alpha_finite():
    """Row Q21; below the limit nothing changes."""
    z = np.array([[-300.0, -5.0, 0.5, 2.0]], "float32")
    heights = np.ones((1, 1), "float32")
    free, clipped = (
        np.asarray(Stair("expalpha", 1, clip_exponent=limit).apply(z, z, heights))
        for limit in (None, 8.0)
    )
    assert not np.isfinite(free[0, 0])
    assert clipped[0, 0] == pytest.approx(-300.0 * -np.expm1(8.0), rel=1e-6)
    np.testing.assert_array_equal(clipped[0, 1:], free[0, 1:])
    config = Stair("expalpha", 1, clip_exponent=8.0).get_config()
    assert Stair.from_config(config).clip_exponent == 8.0
    with pytest.raises(ValueError, match="`clip_exponent` to be a number of at least"):
        Stair("expalpha", clip_exponent=-1.0)
