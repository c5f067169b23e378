import keras
import numpy as np
import pytest

from keras_nonnormal.initializers import (
    CayleySkew,
    Gatewise,
    HaarDiagSkew,
    HaarSkew,
    HenaffSkew,
    NormalDiagSkew,
    RandomOrthogonalSkew,
    SkewExponential,
    UniformSkew,
)

SKEWS = [
    HenaffSkew,
    CayleySkew,
    RandomOrthogonalSkew,
    HaarSkew,
    HaarDiagSkew,
    NormalDiagSkew,
    UniformSkew,
]
EVERY = [
    HenaffSkew(-1.0, 2.0, seed=3),
    CayleySkew(seed=3),
    RandomOrthogonalSkew("q", seed=3),
    HaarSkew(seed=3),
    HaarDiagSkew(seed=3),
    NormalDiagSkew(0.5, seed=3),
    UniformSkew(seed=3),
    SkewExponential(NormalDiagSkew(0.5, seed=3)),
]


def named(value):
    return type(value).__name__


def values(initializer, units=5):
    return keras.ops.convert_to_numpy(initializer((units, units)))


@pytest.mark.parametrize("cls", [*SKEWS, SkewExponential])
def test_only_square_matrices_are_filled(cls):
    with pytest.raises(ValueError, match=rf"{cls.__name__} fills square.*\(3, 4\)"):
        cls()((3, 4))
    with pytest.raises(ValueError, match="dtype='int32'"):
        cls()((3, 3), dtype="int32")


@pytest.mark.parametrize("cls", SKEWS)
def test_an_integer_seed_repeats_its_draw_and_others_differ(cls):
    once = cls(seed=1)
    np.testing.assert_array_equal(values(once), values(once))
    np.testing.assert_array_equal(values(once), values(cls(seed=1)))
    assert (values(once) != values(cls(seed=2))).any()


@pytest.mark.parametrize("cls", SKEWS)
def test_set_random_seed_makes_unseeded_draws_reproducible(cls):
    draws = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        draws.append([values(cls()), values(cls())])
    np.testing.assert_array_equal(*draws)
    assert (draws[0][0] != draws[0][1]).any()


@pytest.mark.parametrize("cls", SKEWS)
def test_a_seed_generator_moves_on_also_after_a_round_trip(cls):
    initializer = cls(seed=keras.random.SeedGenerator(5))
    copy = cls.from_config(initializer.get_config())
    first = values(initializer)
    assert (first != values(initializer)).any()
    np.testing.assert_array_equal(values(copy), first)
    # A generator starts where the integer does.
    np.testing.assert_array_equal(values(cls(seed=5)), first)


def test_a_seed_draws_the_same_on_every_backend():
    # Written out, so that the runs on every backend compare with the same numbers.
    draw = HenaffSkew(seed=1).matrix(4)
    expected = -np.pi + np.pi * np.random.default_rng([1, 0]).random(2)
    np.testing.assert_allclose(np.diag(draw, 1)[::2], expected, rtol=1e-15)
    np.testing.assert_allclose(expected, [-1.53366, -0.15562], atol=5e-6)


@pytest.mark.parametrize("seed", [-1, 2**32 - 1])
def test_seeds_count_modulo_32_bits_as_in_keras(seed):
    np.testing.assert_array_equal(
        values(HenaffSkew(seed=seed)), values(HenaffSkew(seed=2**32 - 1))
    )


def test_gates_with_one_seed_draw_differently():
    gates = values_of_gates(Gatewise([HaarSkew(seed=5), HaarSkew(seed=5)]))
    assert (gates[0] != gates[1]).any()
    np.testing.assert_array_equal(gates[0], values(HaarSkew(seed=5)))


def values_of_gates(gatewise):
    both = keras.ops.convert_to_numpy(gatewise((5, 10)))
    return np.split(both, 2, axis=1)


@pytest.mark.parametrize("seed", ["1", 1.5, [1]])
def test_a_seed_is_an_integer_or_a_generator(seed):
    with pytest.raises(ValueError, match="seed"):
        HenaffSkew(seed=seed)


@pytest.mark.parametrize("wrong", [{"low": float("nan")}, {"high": "0"}])
def test_ends_of_the_angles_are_finite(wrong):
    with pytest.raises(ValueError, match="to be a finite real number"):
        HenaffSkew(**wrong)


def test_ends_of_the_angles_are_in_order():
    with pytest.raises(ValueError, match="Received: low=1, high=0"):
        HenaffSkew(low=1, high=0)


@pytest.mark.parametrize("modulus", [0, -1.0])
def test_the_modulus_is_positive(modulus):
    with pytest.raises(ValueError, match=rf"positive\. Received: modulus={modulus}"):
        NormalDiagSkew(modulus)


@pytest.mark.parametrize("sign", ["R", None, 1, ["r"]])
def test_there_are_two_choices_of_signs(sign):
    with pytest.raises(ValueError, match=r"'r' or 'q'\. Received: sign="):
        RandomOrthogonalSkew(sign)


@pytest.mark.parametrize("initializer", EVERY, ids=named)
def test_row_44_config_round_trip(initializer):
    serialized = keras.initializers.serialize(initializer)
    assert serialized["registered_name"] == f"keras_nonnormal>{named(initializer)}"
    copy = keras.initializers.deserialize(serialized)
    assert type(copy) is type(initializer)
    assert copy.get_config() == initializer.get_config()
    np.testing.assert_array_equal(values(copy), values(initializer))


def test_unseeded_initializers_stay_unseeded_in_the_config():
    for cls in SKEWS:
        assert cls().get_config()["seed"] is None


@pytest.mark.parametrize("initializer", EVERY, ids=named)
def test_row_44_saved_and_cloned_models_keep_their_start(tmp_path, initializer):
    inputs = keras.Input((None, 3))
    layer = keras.layers.SimpleRNN(5, recurrent_initializer=initializer)
    model = keras.Model(inputs, layer(inputs))
    start = model.get_weights()[1]
    np.testing.assert_array_equal(start, values(initializer))

    model.set_weights([weight + 0.25 for weight in model.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.to_json() == model.to_json()
    for before, after in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)

    clone = keras.models.clone_model(loaded)
    np.testing.assert_array_equal(clone.get_weights()[1], start)
