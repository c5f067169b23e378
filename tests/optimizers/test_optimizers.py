"""The update rules against trajectories of the programs that used them."""

import keras
import numpy as np
import pytest

from keras_nonnormal.optimizers import (
    AdamTorch,
    RMSpropKeras2,
    RMSpropTF1,
    RMSpropTorch,
)
from tests.golden import cases, keys

ALL = (RMSpropKeras2, RMSpropTF1, RMSpropTorch, AdamTorch)


def trajectory(optimizer, start, gradients):
    """The variables after each step, one array (steps, ...) per variable."""
    variables = [keras.Variable(value) for value in start]
    states = []
    for step in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in step], variables)
        states.append([keras.ops.convert_to_numpy(v) for v in variables])
    return [np.stack(each) for each in zip(*states, strict=True)]


REGIMES = cases("nonnormal_init/optimizer", r"(\w+)_p0_0")


@pytest.fixture
def orhan(golden):
    """`(trajectory of an optimizer, trajectory on record)` for a gradient regime."""
    archive = golden("nonnormal_init/optimizer")

    def compare(optimizer, regime, variant):
        count = len(keys(archive, rf"{regime}_p0_(\d+)"))
        steps = len(keys(archive, rf"{regime}_g(\d+)_0"))

        def arrays(name):
            return [archive[f"{regime}_{name}_{i}"] for i in range(count)]

        gradients = [arrays(f"g{t}") for t in range(steps)]
        return trajectory(optimizer, arrays("p0"), gradients), arrays(variant)

    return compare


@pytest.fixture
def settings(golden):
    """Rate, decay and the bound of the norm that the record was made with."""
    archive = golden("nonnormal_init/optimizer")
    names = {"lr": "learning_rate", "rho": "rho", "clip": "global_clipnorm"}
    return {ours: float(archive[theirs]) for theirs, ours in names.items()}


def largest_difference(ours, expected):
    return max(np.abs(a - b).max() for a, b in zip(ours, expected, strict=True))


@pytest.mark.parametrize("regime", REGIMES)
def test_rmsprop_keras2_repeats_keras2_to_1e_12_R3(
    float64, golden, orhan, settings, regime
):
    epsilon = float(golden("nonnormal_init/optimizer")["epsilon_keras2"])
    optimizer = RMSpropKeras2(**settings, epsilon=epsilon)
    ours, expected = orhan(optimizer, regime, "keras2")
    assert largest_difference(ours, expected) < 1e-12
    assert RMSpropKeras2().epsilon == 1e-7


def test_the_default_of_keras_3_moves_a_fiftieth_as_far_on_small_gradients(float64):
    # Far below the root of its epsilon, which stands inside of the root there.
    gradients = 1e-6 * np.random.default_rng(0).normal(size=(6, 1, 4))
    settings = {"learning_rate": 1e-3, "global_clipnorm": 10.0}
    ours, keras3 = (
        trajectory(rule(**settings), [np.ones(4)], gradients)[0]
        for rule in (RMSpropKeras2, keras.optimizers.RMSprop)
    )
    assert np.ptp(keras3, axis=0).max() < 0.02 * np.ptp(ours, axis=0).max()


def test_global_clipnorm_is_the_joint_norm_and_clipnorm_is_not_R2(
    float64, orhan, settings
):
    variants = {"clipnorm": "keras3_clipnorm", "global_clipnorm": "keras3_global"}
    results, bound = {}, settings.pop("global_clipnorm")
    for clip, variant in variants.items():
        optimizer = keras.optimizers.RMSprop(**settings, **{clip: bound})
        ours, expected = orhan(optimizer, "large", variant)
        assert largest_difference(ours, expected) < 1e-12
        results[clip] = ours
    # The two differ by far more than either differs from its record.
    assert largest_difference(*results.values()) > 1e-6


def test_joint_clipping_keeps_the_direction_of_the_whole_gradient_R2():
    # With no memory (rho = 0) and a huge epsilon the step is the clipped gradient.
    gradients = [[np.float32([3.0, 4.0]), np.float32([12.0, 0.0])]]
    start = [np.zeros(2, "float32"), np.zeros(2, "float32")]

    def steps(**clip):
        optimizer = RMSpropKeras2(learning_rate=1e6, rho=0.0, epsilon=1e6, **clip)
        return [-moved[0] for moved in trajectory(optimizer, start, gradients)]

    joint = steps(global_clipnorm=1.0)  # the joint norm is 13
    np.testing.assert_allclose(joint[0], [3 / 13, 4 / 13], rtol=1e-5)
    np.testing.assert_allclose(joint[1], [12 / 13, 0], rtol=1e-5)
    each = steps(clipnorm=1.0)
    np.testing.assert_allclose(each[0], [0.6, 0.8], rtol=1e-5)
    np.testing.assert_allclose(each[1], [1, 0], rtol=1e-5)


@pytest.mark.parametrize("decays", [False, True])
@pytest.mark.parametrize("rule", ["rmsprop", "adam"])
def test_torch_rules_repeat_torch_to_1e_12(float64, golden, rule, decays):  # Row 24
    archive = golden("nnrnn/optimizers_torch")
    settings = {
        "learning_rate": float(archive["lr"]),
        "coupled_weight_decay": float(archive["weight_decay"]) if decays else 0.0,
    }
    if rule == "rmsprop":
        optimizer = RMSpropTorch(rho=float(archive["rms_alpha"]), **settings)
    else:
        beta_1, beta_2 = map(float, archive["adam_betas"])
        optimizer = AdamTorch(beta_1=beta_1, beta_2=beta_2, **settings)
    (ours,) = trajectory(optimizer, [archive["p0"]], [[g] for g in archive["grads"]])
    expected = archive[f"{rule}_wd{int(decays)}"]
    assert np.abs(ours - expected).max() < 1e-12


def test_variables_excluded_from_weight_decay_do_not_decay():
    optimizer = RMSpropTorch(coupled_weight_decay=0.5)
    decaying, kept = keras.Variable([1.0]), keras.Variable([1.0])
    optimizer.exclude_from_weight_decay(var_list=[kept])
    zero = keras.ops.zeros(1)
    optimizer.apply([zero, zero], [decaying, kept])
    assert float(decaying[0]) < 1.0
    assert float(kept[0]) == 1.0


@pytest.mark.parametrize("optimizer_class", ALL)
def test_configuration_round_trips_by_its_registered_name(optimizer_class):
    optimizer = optimizer_class(
        learning_rate=0.02,
        epsilon=1e-5,
        coupled_weight_decay=0.1,
        global_clipnorm=3.0,
    )
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(copy) is optimizer_class
    assert copy.get_config() == optimizer.get_config()


@pytest.mark.parametrize("optimizer_class", ALL)
def test_embedding_tables_train(optimizer_class):
    model = keras.Sequential([keras.Input((5,)), keras.layers.Embedding(7, 2)])
    model.compile(optimizer_class(0.01), "mse")  # with XLA; the next test without
    ids = np.tile(np.arange(5), (4, 1))
    start = model.get_weights()[0].copy()
    model.fit(ids, np.ones((4, 5, 2)), epochs=2, verbose=0)
    moved = np.abs(model.get_weights()[0] - start).max(axis=1)
    assert (moved[:5] > 0).all()
    assert (moved[5:] == 0).all()


class OneHotEmbedding(keras.layers.Layer):
    """The same map as an embedding, whose gradient is a dense matrix."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=(4, 2), initializer="zeros")

    def call(self, ids):
        return keras.ops.matmul(keras.ops.one_hot(ids, 4), self.table)


@pytest.mark.parametrize("clip", [{}, {"global_clipnorm": 0.1}])
@pytest.mark.parametrize("optimizer_class", ALL)
def test_a_token_that_occurs_twice_has_one_gradient(optimizer_class, clip):
    draw = np.random.default_rng(0)
    ids, y = draw.integers(0, 4, (16, 5)), draw.normal(size=(16, 5, 2))
    tables = []
    for layer in (keras.layers.Embedding(4, 2, "zeros"), OneHotEmbedding()):
        model = keras.Sequential([keras.Input((5,), dtype="int32"), layer])
        model.compile(optimizer_class(0.01, **clip), "mse", jit_compile=False)
        model.fit(ids, y, epochs=3, batch_size=8, shuffle=False, verbose=0)
        tables += model.get_weights()
    np.testing.assert_allclose(*tables, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("optimizer_class", "wrong"),
    [
        (RMSpropTorch, {"rho": 1.0}),
        (RMSpropKeras2, {"rho": -0.1}),
        (AdamTorch, {"beta_1": 1.5}),
        (AdamTorch, {"beta_2": float("nan")}),
        (AdamTorch, {"coupled_weight_decay": -1e-5}),
    ],
)
def test_impossible_constants_are_refused_by_name(optimizer_class, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        optimizer_class(**wrong)
