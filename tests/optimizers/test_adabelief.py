"""AdaBelief and Lookahead on trajectories of the program that used them."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.optimizers import AdaBelief, Lookahead

RULES = {
    "adabelief": lambda rate: AdaBelief(rate),
    "adabelief_wd1em4": lambda rate: AdaBelief(rate, weight_decay=1e-4),
    "lookahead_adabelief_wd1em4": lambda rate: Lookahead(
        AdaBelief(rate, weight_decay=1e-4)
    ),
    # LSC row 42: what is on record as SWA around Lookahead around AdaBelief.
    "swa_lookahead_adabelief": lambda rate: Lookahead(
        keras.optimizers.SGD(rate, momentum=0.9)
    ),
}


def trajectory(optimizer, start, gradients, before=lambda variable: None):
    variable, positions = keras.Variable(start), []
    for gradient in gradients:
        before(variable)
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
        positions.append(ops.convert_to_numpy(variable).copy())
    return np.stack(positions)


@pytest.fixture
def record(float64, golden):
    archive = golden("lsc/optimizers")
    arrays = {name: archive[name].astype("float64") for name in archive.files}
    # The rate is of single precision there: 0.0072 and not 0.00719999988.
    return arrays | {"lr": float(str(archive["lr"]))}


# The record is of float32, whose rounding adds up to 3e-7 over 30 updates.
@pytest.mark.parametrize("name", RULES)
def test_thirty_updates_repeat_the_record(record, name):  # LSC rows 41 and 42
    ours = trajectory(RULES[name](record["lr"]), record["v0"], record["grads"])
    np.testing.assert_allclose(ours, record[name], rtol=0, atol=5e-7)


def test_moments_reset_under_a_running_count_repeat_the_record(record):  # LSC row 41
    optimizer = RULES["lookahead_adabelief_wd1em4"](record["lr"])

    def reset(variable):
        optimizer.build([variable])
        for slot in optimizer.variables:
            kind = slot.path.rsplit("_", 1)[-1]
            if kind in ("mean", "variance"):
                slot.assign(np.zeros(slot.shape))
            elif kind == "slow":
                slot.assign(variable)

    ours = trajectory(optimizer, record["v0"], record["grads"], reset)
    expected = record["lookahead_adabelief_wd1em4_fresh_slots"]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=5e-7)


def test_without_rectification_the_first_update_is_already_scaled():
    moved = trajectory(
        AdaBelief(0.01, rectify=False), np.float32([0, 0]), np.float32([[3, 5]])
    )
    # One step: m = 0.1 g, s = 0.001 (0.9 g)^2, corrected g and 0.9 g.
    np.testing.assert_allclose(moved[0], -0.01 / 0.9 * np.ones(2), rtol=1e-4)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        ({"global_clipnorm": 1.0}, [3 / 13, 4 / 13, 12 / 13]),
        ({"clipnorm": 1.0}, [0.6, 0.8, 1.0]),
        ({"clipvalue": 1.0}, [1.0, 1.0, 1.0]),
    ],
)
@pytest.mark.parametrize("wrap", [lambda optimizer: optimizer, Lookahead])
def test_clipping_clips(wrap, clip, expected):  # LSC row 48
    first, second = keras.Variable([0.0, 0.0]), keras.Variable([0.0])
    gradients = [ops.convert_to_tensor([3.0, 4.0]), ops.convert_to_tensor([12.0])]
    wrap(AdaBelief(1.0, **clip)).apply(gradients, [first, second])  # first update: -g
    moved = [-float(x) for v in (first, second) for x in ops.convert_to_numpy(v)]
    assert moved == pytest.approx(expected, rel=1e-5)


def test_rates_of_their_own_also_scale_the_decoupled_decay():
    names = {"skew": 0.5, "gamma": 0.0, "kernel": 1.0}
    group = [keras.Variable([1.0], name=name) for name in names]
    factors = {"skew": 0.5, "gamma": 0.0}
    optimizer = AdaBelief(0.1, rate_factors=factors, weight_decay=0.5)
    optimizer.apply([ops.ones(1) for _ in group], group)
    expected = [1 - factor * 0.1 * 1.5 for factor in names.values()]
    assert [float(v[0]) for v in group] == pytest.approx(expected)


def test_changes_from_outside_between_periods_are_kept():
    weight = keras.Variable([0.0])
    optimizer = Lookahead(keras.optimizers.SGD(1.0), period=2)
    optimizer.build([weight])
    for expected in (99.0, 98.0):
        weight.assign([expected + 1.0])
        for _ in range(2):
            optimizer.apply([ops.ones(1)], [weight])
        assert float(weight[0]) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        # The rate of the wrapped optimizer falls with its own count of updates ...
        (
            {
                "learning_rate": keras.optimizers.schedules.PiecewiseConstantDecay(
                    [1], [1.0, 0.5]
                )
            },
            [-1.0, -1.0, -1.5, -1.5],
        ),
        # ... and calls that only add to the gradient are no updates.
        (
            {"learning_rate": 1.0, "gradient_accumulation_steps": 2},
            [0.0, -1.0, -1.0, -1.0, -1.0, -2.0, -2.0, -2.0],
        ),
    ],
)
def test_a_period_is_of_updates_of_the_wrapped_optimizer(inner, expected):
    optimizer = Lookahead(keras.optimizers.SGD(**inner), period=2)
    gradients = [np.float32([1.0])] * len(expected)
    moved = trajectory(optimizer, np.float32([0.0]), gradients)
    assert moved[:, 0].tolist() == expected


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_saved_model_goes_on_as_if_never_saved(jit_compile, tmp_path):
    keras.utils.set_random_seed(1)
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    y = 0.1 * x[:, :3]
    fit = {"batch_size": 8, "shuffle": False, "verbose": 0}
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh")])
    inner = AdaBelief(0.01, weight_decay=1e-4, rate_factors={"bias": 0.1})
    model.compile(Lookahead(inner, slow_step=0.6), "mse", jit_compile=jit_compile)
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=2, **fit)  # ten updates: the second period is under way
    assert model.evaluate(x, y, verbose=0) < before
    model.optimizer.learning_rate = 0.004
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    for each in (model, loaded):
        each.fit(x, y, **fit)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("optimizer_class", "wrong"),
    [
        (AdaBelief, {"beta_2": 1.0}),
        (Lookahead, {"optimizer": "sgd", "period": 0}),
        (Lookahead, {"optimizer": "sgd", "slow_step": 1.5}),
    ],
)
def test_impossible_constants_are_refused_by_name(optimizer_class, wrong):
    with pytest.raises(ValueError, match=list(wrong)[-1]):
        optimizer_class(**wrong)
