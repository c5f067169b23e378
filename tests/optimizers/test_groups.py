"""Rates and decays of their own for variables by name."""

import warnings

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.optimizers import (
    AdamTorch,
    RMSpropKeras2,
    RMSpropTF1,
    RMSpropTorch,
)

ALL = (RMSpropKeras2, RMSpropTF1, RMSpropTorch, AdamTorch)


def variables(*names, value=1.0):
    return [keras.Variable(np.float32([value]), name=name) for name in names]


def ones(count):
    return [ops.ones(1) for _ in range(count)]


def change(optimizer, names, gradients=None, steps=1):
    """How far each variable, at 1 before, moves."""
    moved = variables(*names)
    for _ in range(steps):
        optimizer.apply(gradients or ones(len(names)), moved)
    return [float(v[0]) - 1 for v in moved]


def test_one_update_of_nnrnn_with_two_rates_and_decay_of_t(float64, golden):  # Row 16
    archive = golden("nnrnn/nnrnn_modrelu")
    rate, rate_orth = float(archive["lr"]), float(archive["lr_orth"])
    optimizer = RMSpropTorch(
        rate,
        rho=float(archive["rms_alpha"]),
        rate_factors={"skew": rate_orth / rate},
        coupled_weight_decay={"upper": float(archive["Tdecay"])},
    )
    names = {
        "X": "skew",
        "T": "upper",
        "theta": "theta",
        "gamma": "gamma",
        "kernel": "kernel",
    }
    group = [keras.Variable(archive[p], name=name) for p, name in names.items()]
    optimizer.apply([ops.convert_to_tensor(archive[f"grad_{p}"]) for p in names], group)
    for p, variable in zip(names, group, strict=True):
        ours, expected = ops.convert_to_numpy(variable), archive[f"new_{p}"]
        if p in "XT":  # the lower triangles on record are arbitrary
            ours, expected = np.triu(ours, 1), np.triu(expected, 1)
        # One step is g / (|g| / 10 + 1e-8): the last digits of g are amplified.
        np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-12, err_msg=p)


@pytest.mark.parametrize("optimizer_class", ALL)
def test_a_factor_multiplies_the_rate_of_variables_by_name(optimizer_class):
    optimizer = optimizer_class(0.01, rate_factors={"skew": 0.1})
    slow, fast = change(optimizer, ["skew", "kernel"])
    assert slow == pytest.approx(0.1 * fast, rel=1e-4)


def test_the_name_is_the_last_part_of_the_path():
    layers = [keras.layers.Dense(2, name=name) for name in ("kernel", "other")]
    model = keras.Sequential([keras.Input((2,)), *layers])
    optimizer = RMSpropTorch(rate_factors={"kernel": 0.0})
    before = model.get_weights()
    optimizer.apply([ops.ones(v.shape) for v in model.weights], model.trainable_weights)
    moved = [
        bool((a != b).any()) for a, b in zip(before, model.get_weights(), strict=True)
    ]
    assert moved == [False, True, False, True]


@pytest.mark.parametrize("optimizer_class", ALL)
def test_setting_the_one_learning_rate_moves_all_groups(optimizer_class):
    group = variables("skew", "kernel", value=0.0)
    optimizer = optimizer_class(1.0, rate_factors={"skew": 0.1})
    optimizer.build(group)
    optimizer.learning_rate = 0.5 * optimizer.learning_rate
    optimizer.apply(ones(2), group)
    whole = variables("skew", "kernel", value=0.0)
    optimizer_class(1.0, rate_factors={"skew": 0.1}).apply(ones(2), whole)
    halved = [float(v[0]) for v in group]
    assert halved == pytest.approx([0.5 * float(v[0]) for v in whole])


def test_schedules_scale_both_rates():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [1.0, 0.01])
    optimizer = RMSpropTorch(schedule, rho=0.0, rate_factors={"skew": 0.5})
    # A gradient of one and no memory: every step is the rate.
    assert change(optimizer, ["skew", "kernel"], steps=2) == pytest.approx(
        [-0.505, -1.01]
    )


def test_decay_by_name_is_coupled_and_leaves_others_alone():
    decay = {"upper": 0.5}
    optimizer = RMSpropTorch(0.1, rho=0.0, coupled_weight_decay=decay)
    zero = [ops.zeros(1), ops.zeros(1)]
    upper, kernel = change(optimizer, ["upper", "kernel"], zero)
    # Coupled: the decay is the whole gradient, which RMSprop scales to length one.
    assert upper == pytest.approx(-0.1, rel=1e-5)
    assert kernel == 0


@pytest.mark.parametrize("optimizer_class", ALL)
def test_a_factor_of_zero_freezes(optimizer_class):  # Row 36
    optimizer = optimizer_class(
        0.01, rate_factors={"gamma": 0.0}, coupled_weight_decay=0.1
    )
    gamma, kernel = change(optimizer, ["gamma", "kernel"], steps=3)
    assert gamma == 0
    assert kernel < 0


def direct(**clip):
    """An optimizer whose step is the clipped gradient, times the factor."""
    return RMSpropKeras2(1e6, rho=0.0, epsilon=1e6, **clip)


def test_the_joint_norm_runs_over_all_groups():  # Row 35
    optimizer = direct(rate_factors={"skew": 0.5}, global_clipnorm=1.0)
    gradients = [ops.full((1,), 3.0), ops.full((1,), 4.0)]
    skew, kernel = change(optimizer, ["skew", "kernel"], gradients)
    assert skew == pytest.approx(-0.5 * 0.6, rel=1e-4)
    assert kernel == pytest.approx(-0.8, rel=1e-4)


def test_clipping_by_value_is_elementwise_in_every_group():  # Row 35
    optimizer = direct(rate_factors={"skew": 0.5}, clipvalue=1.0)
    gradients = [ops.full((1,), -3.0), ops.full((1,), 0.25)]
    skew, kernel = change(optimizer, ["skew", "kernel"], gradients)
    assert skew == pytest.approx(0.5, rel=1e-4)
    assert kernel == pytest.approx(-0.25, rel=1e-4)


def test_a_frozen_gradient_has_no_part_in_the_joint_norm():  # Rows 35 and 36
    optimizer = direct(rate_factors={"gamma": 0.0}, global_clipnorm=1.0)
    gradients = [ops.full((1,), 1e3), ops.full((1,), 0.5)]
    gamma, kernel = change(optimizer, ["gamma", "kernel"], gradients)
    assert gamma == 0
    assert kernel == pytest.approx(-0.5, rel=1e-4)


@pytest.mark.parametrize("argument", ["rate_factors", "coupled_weight_decay"])
def test_a_name_without_a_variable_is_warned_of_in_one_line(argument):
    optimizer = RMSpropTorch(**{argument: {"skew": 0.1, "kernel": 0.2}})
    with pytest.warns(UserWarning, match=f"`{argument}` has no effect for 'skew'") as w:
        optimizer.build(variables("kernel"))
    assert len(w) == 1
    assert "\n" not in str(w[0].message)


def test_names_that_are_there_are_not_warned_of():
    optimizer = AdamTorch(rate_factors={"skew": 1}, coupled_weight_decay={"upper": 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.build(variables("skew", "upper"))


@pytest.mark.parametrize("optimizer_class", ALL)
def test_groups_round_trip_through_the_configuration(optimizer_class):
    optimizer = optimizer_class(
        rate_factors={"skew": 0.1}, coupled_weight_decay={"upper": 1e-5}
    )
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    config = copy.get_config()
    assert config == optimizer.get_config()
    assert config["rate_factors"] == {"skew": 0.1}
    assert config["coupled_weight_decay"] == {"upper": 1e-5}


@pytest.mark.parametrize("optimizer_class", ALL)
def test_a_saved_model_with_groups_goes_on_as_if_never_saved(optimizer_class, tmp_path):
    keras.utils.set_random_seed(1)
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    y = 0.1 * x[:, :3]
    fit = {"batch_size": 8, "shuffle": False, "verbose": 0}
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh")])
    optimizer = optimizer_class(
        0.01,
        rate_factors={"bias": 0.1},
        coupled_weight_decay={"kernel": 0.01},
        global_clipnorm=1.0,
    )
    model.compile(optimizer, "mse", jit_compile=False)
    losses = model.fit(x, y, epochs=2, **fit).history["loss"]
    assert losses[1] < losses[0]
    model.optimizer.learning_rate = 0.004
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        each.fit(x, y, **fit)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_factors": {"skew": -0.1}},
        {"rate_factors": {"skew": float("inf")}},
        {"coupled_weight_decay": {"upper": float("nan")}},
    ],
)
def test_impossible_factors_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AdamTorch(**wrong)


def test_patterns_tell_variables_of_one_name_apart():
    def moved(rate_factors):
        keras.utils.set_random_seed(0)
        layers = [keras.layers.SimpleRNN(1, name="recurrent"), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((2, 1)), *layers])
        optimizer = RMSpropTorch(1e-2, rate_factors=rate_factors)
        biases = [w for w in model.trainable_variables if w.name == "bias"]
        optimizer.apply(ones(2), biases)
        return [abs(float(bias[0])) for bias in biases]

    recurrent, readout = moved(None)
    twice = moved({"recurrent/*/bias": 2.0})
    np.testing.assert_allclose(twice, [2 * recurrent, readout], rtol=1e-6)
    first_fits = moved({"recurrent/*/bias": 2.0, "bias": 3.0})
    np.testing.assert_allclose(first_fits, [2 * recurrent, 3 * readout], rtol=1e-6)
    with pytest.warns(UserWarning, match="no effect for 'elsewhere/bias'"):
        moved({"elsewhere/bias": 2.0})
