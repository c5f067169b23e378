import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from keras_nonnormal.datasets import (
    local_linear,
    local_sin,
    sin_factor,
    sin_transform,
    step_drive,
    step_transform,
)

# Factors in another order of multiplication: round-off of float64, no more.
EXACT = {"rtol": 1e-12, "atol": 1e-15}


@pytest.fixture(scope="module")
def arrays(golden):
    return golden("gamma/transforms")


def constant(g, steps):
    """Every golden value as a sequence that keeps it, `(values, steps, 1)`."""
    return np.tile(g["x"][:, None, None], (1, steps, 1))


def by_step(sequences):
    """As the golden arrays have them, `(steps, values)`."""
    return sequences[..., 0].T


def test_sines_are_the_published_ones(arrays):  # Row A20
    sequences = constant(arrays, len(arrays["step"]))
    for setting, expected in zip(
        arrays["sin_cfg_freq_phase_amp"], arrays["sin_out"], strict=True
    ):
        out = by_step(sin_transform(sequences, *setting))
        np.testing.assert_allclose(out, expected, **EXACT)


def test_steps_are_the_published_ones(arrays):  # Row A20
    steps = len(arrays["step"])
    sequences = constant(arrays, steps)
    for (size, *window), factor, expected in zip(
        arrays["step_cfg_size_length_position"],
        arrays["step_factor"],
        arrays["step_out"],
        strict=True,
    ):
        length, position = map(int, window)
        drive = step_drive(steps, size, length, position)
        np.testing.assert_array_equal(1 + drive, factor)
        out = by_step(step_transform(sequences, size, length, position))
        np.testing.assert_allclose(out[arrays["step_out_steps"]], expected, **EXACT)


def test_the_local_transforms_are_the_published_ones(arrays):  # Row A20
    period = int(arrays["local_period"])
    for transform, name in ((local_linear, "lin"), (local_sin, "sin")):
        expected = arrays[f"local_{name}_out"]
        out = by_step(transform(constant(arrays, len(expected)), period))
        np.testing.assert_allclose(out, expected, **EXACT)


def test_both_ends_of_the_published_window_are_left_out():  # Row A20
    on = np.flatnonzero(step_drive(784))
    assert (on[0], on[-1], len(on)) == (201, 399, 199)
    np.testing.assert_array_equal(np.diff(on), 1)


def test_a_drive_ends_with_the_period_and_comes_again():
    on = np.flatnonzero(step_drive(25, length=6, position=7, period=10))
    np.testing.assert_array_equal(on, [8, 9, 18, 19])
    later = step_drive(25, length=6, position=17, period=10)
    np.testing.assert_array_equal(np.flatnonzero(later), on)


TRANSFORMS = {
    "sin": lambda x: sin_transform(x, 1.3, 0.2, 0.5, period=9),
    "step": lambda x: step_transform(x, 2.0, 4, 3, period=9),
    "linear": lambda x: local_linear(x, period=9),
    "local_sin": lambda x: local_sin(x, period=9),
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tensors_become_what_arrays_become(name, dtype):
    x = np.random.default_rng(1).standard_normal((3, 20, 2)).astype(dtype)
    expected = TRANSFORMS[name](x)
    assert isinstance(expected, np.ndarray)
    assert expected.dtype == dtype
    inside = tf.data.Dataset.from_tensors(x).map(TRANSFORMS[name])
    for out in (TRANSFORMS[name](tf.constant(x)), next(iter(inside))):
        assert (out.dtype, out.shape) == (dtype, (3, 20, 2))
        np.testing.assert_array_equal(out, expected)


@given(
    st.sampled_from(["sin", "step"]),
    st.lists(st.floats(-1, 1, width=32), min_size=10, max_size=30),
)
def test_background_and_negative_steps_stay_and_no_sign_changes(name, values):
    x = np.array(values, "float32")[None, :, None]
    out = TRANSFORMS[name](x)
    np.testing.assert_array_equal(out[x <= 0], x[x <= 0])
    assert (out[x > 1e-30] > 0).all()


@given(st.floats(0, 2), st.floats(0, 1), st.integers(1, 30))
def test_a_frequency_drawn_as_a_tensor_is_a_frequency(frequency, amplitude, period):
    expected = sin_factor(40, frequency, 0.3, amplitude, period)
    drawn = tf.constant(frequency, "float32"), tf.constant(amplitude, "float32")
    factor = sin_factor(40, drawn[0], 0.3, drawn[1], period)
    # Angles up to 13 in float32 are known to 1e-6.
    np.testing.assert_allclose(factor, expected, atol=4e-6)
    np.testing.assert_array_equal(expected[period:], expected[:-period][: 40 - period])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"length": 30}, r"no longer than the sequence.*length=30, steps=20"),
        ({"length": 12, "period": 10}, r"and the period.*length=12.*period=10"),
        ({"length": 1}, r"`length` to be an integer, at least 2.*length=1"),
        ({"position": 19}, r"begins before the end.*position=19, steps=20"),
        ({"position": 9, "period": 10}, r"begins before the end.*period=10"),
        ({"position": -1}, r"`position`.*position=-1"),
        ({"period": 0}, r"`period`.*period=0"),
    ],
)
def test_a_drive_that_cannot_be_is_refused_in_one_line(wrong, said):
    window = {"length": 5, "position": 3, "period": 784, **wrong}
    with pytest.raises(ValueError, match=said) as error:
        step_drive(20, **window)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=said):
        step_transform(np.ones((1, 20, 1)), **window)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_sequences_of_another_kind_are_refused(name):
    for x in (np.ones((3, 20)), np.ones((3, 20, 1), "uint8")):
        with pytest.raises(ValueError, match=r"floating sequences.*Received: shape="):
            TRANSFORMS[name](x)


@pytest.mark.parametrize("transform", [sin_transform, local_linear, local_sin])
@pytest.mark.parametrize("period", [0, 2.5])
def test_periods_are_positive_integers(transform, period):
    with pytest.raises(ValueError, match=rf"`period`.*Received: period={period}"):
        transform(np.ones((1, 5, 1)), period=period)
