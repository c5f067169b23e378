"""Row A34: maps of layers without input, and their Jacobians."""

import keras
import numpy as np
import pytest

from keras_nonnormal.activations import Gamma, gamma_values
from keras_nonnormal.analysis import autonomous_map
from keras_nonnormal.layers import (
    ANRU,
    EURNN,
    NNRNN,
    ExpRNN,
    FusedGRU,
    FusedLSTM,
    FusedSimpleRNN,
)

pytestmark = pytest.mark.usefixtures("uncompiled_file")

LAYERS = {
    "gamma": FusedSimpleRNN(4, activation=Gamma(gain=4.0, saturation=0.3)),
    "tanh": FusedSimpleRNN(4, bias_initializer="normal"),
    "relu": FusedSimpleRNN(4, activation="relu"),
    "elu": FusedSimpleRNN(4, activation="elu"),
    "modrelu": ExpRNN(4),
    "gamma2": NNRNN(4, activation="gamma2"),
    "linear": ExpRNN(4, activation="linear"),
    "LSTM": FusedLSTM(3, bias_initializer="normal"),
    "GRU": FusedGRU(3, bias_initializer="normal"),
    "ANRU": ANRU(3, controller_units=2, bias_initializer="normal"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_maps_and_jacobians_are_those_of_the_layers(name):  # Row A34, R5
    layer = LAYERS[name]
    layer.build((None, 3, 2))
    found = autonomous_map(layer, bias=True)
    state = np.random.default_rng(0).normal(size=found.state.shape)
    after, jacobian = found.step(state)
    sizes = layer.cell.state_size
    places = np.cumsum(sizes)[:-1] if isinstance(sizes, (list, tuple)) else []
    states = [part[None].astype("float32") for part in np.split(state, places)]
    _, expected = layer.cell(np.zeros((1, 2), "float32"), states)
    expected = np.concatenate([np.ravel(each) for each in expected])
    np.testing.assert_allclose(after, expected, atol=1e-6)  # the layer's precision
    step = 1e-6
    for row, change in zip(jacobian, step * np.eye(state.size), strict=True):
        ahead, behind = (found.step(state + sign * change)[0] for sign in (1, -1))
        np.testing.assert_allclose(row, (ahead - behind) / (2 * step), atol=1e-8)


def test_published_maps_have_no_bias():
    layer = LAYERS["tanh"]
    layer.build((None, 3, 2))
    h = np.array([0.1, -0.2, 0.3, 0.4])
    matrix = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    after, _ = autonomous_map(layer).step(h)
    np.testing.assert_allclose(after, np.tanh(h @ matrix), rtol=1e-7)
    layer = LAYERS["ANRU"]
    layer.build((None, 3, 2))
    free, _ = autonomous_map(layer).step(np.zeros(9))
    kept, _ = autonomous_map(layer, bias=True).step(np.zeros(9))
    # From nothing comes gamma(0) with the controllers' own shape, for all alike.
    assert np.ptp(free[:3]) < 1e-12 < np.ptp(kept[:3])


def test_frozen_shapes_are_those_that_an_anru_comes_to():
    layer = LAYERS["ANRU"]
    layer.build((None, 3, 2))
    whole = autonomous_map(layer)
    state = whole.state
    for _ in range(100):
        state, _ = whole.step(state)
    weights = {each.name: keras.ops.convert_to_numpy(each) for each in layer.weights}
    g = state[3:].reshape(3, 2)
    n, s = (
        (g @ weights[f"{name}_kernel"] + weights[f"{name}_bias"])[:, 0]
        for name in ("gain", "saturation")
    )
    frozen = autonomous_map(layer, frozen=True)
    h = np.array([0.3, -0.2, 0.5])
    expected = gamma_values(h @ weights["recurrent_kernel"], n, s)
    np.testing.assert_allclose(frozen.step(h)[0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (FusedSimpleRNN(4, stair="n"), "a network with a stair is another map"),
        (EURNN(4), "a EURNN has no map that is known here"),
        (FusedGRU(4, reset_after=False), "expected one that is compiled"),
        (
            ANRU(60, controller_units=100),
            "have 6060 states, expected at most 6000; with `frozen`",
        ),
    ],
)
def test_other_maps_are_refused(layer, message):
    layer.build((None, 3, 2))
    with pytest.raises(ValueError, match=message):
        autonomous_map(layer)


def test_a_network_that_diverged_is_refused():
    layer = FusedSimpleRNN(4)
    layer.build((None, 3, 2))
    layer.cell.recurrent_kernel.assign(np.full((4, 4), np.nan))
    with pytest.raises(ValueError, match="not finite; its training diverged"):
        autonomous_map(layer)
