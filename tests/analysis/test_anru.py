"""Rows A10 and A34: an ANRU in NumPy, and its responses to drives."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_nonnormal.analysis import (
    ANRUWeights,
    adapted_shapes,
    anru_responses,
    driven_exponents,
)
from keras_nonnormal.layers import ANRU

pytestmark = pytest.mark.usefixtures("uncompiled_file")


@pytest.fixture
def weights():
    layer = ANRU(6, 3)
    layer.build((None, None, 10))
    rng = np.random.default_rng(5)
    values = [w + rng.normal(scale=0.1, size=w.shape) for w in layer.get_weights()]
    layer.set_weights(values)
    return ANRUWeights.of(layer)


def test_answers_are_those_of_the_layer():
    """The same inputs, neuron by neuron, through the layer itself."""
    layer = ANRU(4, 3, return_sequences=True, return_state=True, return_shapes=True)
    layer.build((None, None, 1))
    layer.cell.bias.assign([0.1, -0.2, 0.3, 0.0])
    weights = ANRUWeights.of(layer)
    steps, drive = 12, (4, 8)
    found = anru_responses(
        weights, [0.0, 2.0], steps=steps, drive=drive, noise=0.3, repeats=1
    )
    # An input of its own for every neuron makes the kernel a diagonal matrix.
    rng = np.random.default_rng(1)
    x = rng.normal(0.8, 0.1, size=4) + 0.3 * rng.normal(size=(steps, 4))
    own = ANRU(4, 3, return_sequences=True, return_state=True, return_shapes=True)
    own.build((None, None, 5))
    d = np.zeros((steps, 1))
    d[4:9] = 2.0
    values = layer.get_weights()
    kernel = np.concatenate([np.diag(values[0][0]), np.ones((1, 4))])
    own.set_weights([kernel, *values[1:]])
    for number, drives in enumerate((np.zeros_like(d), d)):
        outputs, _, g = own(np.concatenate([x, drives], axis=1)[None])
        h, n, s = np.split(keras.ops.convert_to_numpy(outputs)[0], 3, axis=-1)
        for mine, theirs in (
            (found.states, h),
            (found.gains, n),
            (found.saturations, s),
        ):
            np.testing.assert_allclose(mine[number, 0], theirs, atol=2e-6)
        last = np.reshape(g, (4, 3)).mean(axis=0)
        np.testing.assert_allclose(found.controllers[number, -1], last, atol=2e-6)


@pytest.mark.parametrize("case", ["nodrive", "drive"])
def test_steps_are_the_published_ones(golden, case):  # Rows A10 and A34
    data = golden("gamma/anru")
    weights = ANRUWeights(
        kernel=data["Uxh_w"].T,
        matrix=data["Whh_w"].T,
        bias=data["Uxh_b"] + data["Whh_b"],
        controller_kernel=data["Uag_w"][:, 0],
        controller_matrix=data["Wgg_w"].T,
        controller_bias=data["Uag_b"] + data["Wgg_b"],
        gain_kernel=data["Wgn_w"][0],
        gain_bias=data["Wgn_b"][0],
        saturation_kernel=data["Wgs_w"][0],
        saturation_bias=data["Wgs_b"][0],
    )
    h, g = np.zeros((3, 5)), np.zeros((3, 5, 4))
    for step, x in enumerate(data["x"]):
        z = x @ weights.kernel + h @ weights.matrix + weights.bias
        h, g, n, s = weights.advance(z + (case == "drive") * data["drive"][step], g)
        for name, found in zip("hgns", (h, g, n, s), strict=True):
            # The originals switch to a line, by up to 5e-10.
            np.testing.assert_allclose(found, data[f"{case}__{name}"][step], atol=5e-9)


def test_noise_can_be_of_another_level_in_every_run(weights):
    found = anru_responses(weights, [0.0, 0.0], noise=[0.0, 1.0], drive=None, steps=30)
    for number, noise in enumerate((0.0, 1.0)):
        alone = anru_responses(weights, [0.0], noise=noise, drive=None, steps=30)
        np.testing.assert_allclose(alone.states[0], found.states[number])
    assert np.abs(found.states[0] - found.states[1]).max() > 0.1


def test_neurons_of_an_isolated_network_know_nothing_of_each_other(weights):
    alone = weights.isolated()
    np.testing.assert_array_equal(alone.matrix, np.diag(np.diag(weights.matrix)))
    one = anru_responses(alone, [1.0], steps=20, drive=(5, 10), seed=1)
    matrix = alone.matrix.copy()
    matrix[3, 3] += 0.5
    other = anru_responses(
        replace(alone, matrix=matrix), [1.0], steps=20, drive=(5, 10)
    )
    same = np.isclose(one.states, other.states).all(axis=(0, 1, 2))
    np.testing.assert_array_equal(np.flatnonzero(~same), [3])


def test_shapes_adapt_to_a_drive_and_to_noise(weights):
    gains, saturations = adapted_shapes(weights, [1.0, 4.0], of="drive", repeats=2)
    assert gains.shape == saturations.shape == (2, 2)
    found = anru_responses(weights, [4.0], steps=200, drive=(102, 200), repeats=2)
    late = found.gains[0, :, 110:].mean(axis=(1, 2))
    np.testing.assert_allclose(gains[1], late, rtol=1e-12)
    np.testing.assert_allclose(
        found.mean_shapes[0, 110:, 0].mean(), gains[1].mean(), rtol=1e-12
    )
    noisy, _ = adapted_shapes(weights, [0.1, 4.0], repeats=2)
    silent = anru_responses(weights, [0.0], steps=200, drive=None, repeats=2)
    expected = silent.gains[0, :, 110:].mean(axis=(1, 2))
    np.testing.assert_allclose(noisy[0], expected, rtol=1e-12)


def test_exponents_without_a_drive_are_those_of_the_fixed_shape(weights):
    moments = (0, 5)
    found = driven_exponents(weights, [0.0, 3.0], moments, onset=10, steps=20)
    assert found.shape == (3, 2)
    np.testing.assert_array_equal(found[0], found[1])
    assert found[2, 0] == found[0, 0]  # the drive is about to begin
    assert found[2, 1] != found[0, 1]
