"""`measure`, `stabilize` and `StabilityMonitor` on every layer and cell of ours."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_nonnormal.layers import ANRU, EURNN
from keras_nonnormal.pretraining import StabilityMonitor, measure, stabilize
from keras_nonnormal.pretraining.dynamics import dynamics_of
from tests.layers.registry import (
    CELLS,
    RECURRENT,
    cells_of_no_layer,
    first_of_each_kind,
)

pytestmark = [
    pytest.mark.usefixtures("uncompiled_file"),
    # NumPy's warning about tensors is ignored for the suite; a user may not ignore it.
    pytest.mark.filterwarnings("error::DeprecationWarning:keras_nonnormal"),
]

STEPS = 5
SEQUENCES = {"return_sequences": True}


HALVES = ("mixed_float16", "mixed_bfloat16")

# What has other states, or another output, than the first of its kind.
SPECIAL = ("simple stair", "lstm stair", "eurnn stair", "anru shapes", "alif stair")
LAYERS = [*first_of_each_kind(RECURRENT), *SPECIAL]
IN_KERASS_LAYER = ["parametrized tanh", *cells_of_no_layer()]


def first_of_each_dynamics():
    """One layer for each way to read and to change the state of a cell."""
    kinds = {
        type(dynamics_of(RECURRENT[name].make().cell)): name
        for name in reversed(LAYERS)
    }
    return sorted(kinds.values())


def layer_of(name, cells=False, **kwargs):
    """A layer of the registry, or `keras.layers.RNN` with a cell of it.

    The same every time: initializers draw their seeds when they are made.
    """
    keras.utils.set_random_seed(1)
    if cells:
        return layers.RNN(CELLS[name].make(), **SEQUENCES)
    return RECURRENT[name].make(**SEQUENCES, **kwargs)


def network(features, *stack, outputs=2):
    return keras.Sequential(
        [keras.Input((STEPS, features)), *stack, layers.Dense(outputs)]
    )


def data(features, samples=16):
    rng = np.random.default_rng(0)
    return rng.standard_normal((samples, STEPS, features)).astype("float32")


@pytest.fixture
def policy():
    """Sets the dtype policy for a test."""
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("name", "cells"),
    [*((name, False) for name in RECURRENT), *((name, True) for name in CELLS)],
)
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_the_output_is_the_one_that_is_read_from_the_states(name, cells, dtype, policy):
    policy(dtype)
    entry = (CELLS if cells else RECURRENT)[name]
    layer = layer_of(name, cells)
    layer.build((2, STEPS, entry.features))
    cell, x = layer.cell, ops.convert_to_tensor(data(entry.features, 2))
    dynamics, states = dynamics_of(cell), cell.get_initial_state(batch_size=2)
    states = list(states) if isinstance(states, (list, tuple)) else [states]
    for t in range(3):
        before = dynamics.expand(dynamics.compact(states), states)
        for old, new in zip(states, before, strict=True):
            np.testing.assert_array_equal(np.asarray(old), np.asarray(new))
        output, after = cell(x[:, t], states)
        after = list(after) if isinstance(after, (list, tuple)) else [after]
        read = dynamics.output_map(x[:, t], states, after, output)
        given = ops.cast(read(dynamics.compact(after)), "float32")
        assert given.shape == output.shape
        tolerance = 1e-6 if dtype == "float32" else 2e-2
        np.testing.assert_allclose(
            np.asarray(given),
            np.asarray(ops.cast(output, "float32")),
            rtol=tolerance,
            atol=tolerance,
        )
        states = after


@pytest.mark.parametrize("name", first_of_each_dynamics())
def test_every_dynamics_is_measured_masked_in_two_directions_and_in_a_stack(name):
    features = RECURRENT[name].features
    both = layers.Bidirectional(layer_of(name), merge_mode="sum")
    model = network(features, layers.Masking(9.0), both, layer_of(name))
    report = measure(model, data(features), 1.0, batch_size=8, frames=2)
    kinds = report.kinds()
    assert set(kinds) == {"rec", "enc", "depth", "dec"}
    assert all(np.isfinite(r) for r in report.after.values())
    assert all(radius > 0 for kind, radius in kinds.items() if kind != "enc")


@pytest.mark.parametrize(
    ("name", "cells", "half"),
    [
        (name, cells, HALVES[number % 2])
        for cells, names in ((False, LAYERS), (True, IN_KERASS_LAYER))
        for number, name in enumerate(names)
    ],
)
def test_every_layer_and_cell_comes_to_its_target_in_mixed_precision(
    name, cells, half, policy
):
    """A cell that a layer has inside is that layer's: it is stabilized once."""
    policy(half)
    entry = (CELLS if cells else RECURRENT)[name]
    model = network(entry.features, layer_of(name, cells))
    x = data(entry.features, 32)
    report = stabilize(
        model, x, 0.7, steps=80, batch_size=16, frames=2, tolerance=0.1, verbose=0
    )
    moved = [key for key in report.targets if key not in report.fixed]
    away = [
        max(abs(radii[key] - report.targets[key]) for key in moved)
        for radii in (report.before, report.after)
    ]
    assert away[1] < max(0.15, 0.8 * away[0]), str(report)
    assert all(variable.dtype != "bfloat16" for variable in model.weights)


@pytest.mark.parametrize("name", ["lstm", "lru", "anru", "eurnn"])
def test_radii_in_half_precision_are_those_in_single_precision(name, policy):
    found, weights = [], []
    for dtype in ("float32", "mixed_bfloat16"):
        policy(dtype)
        model = network(4, layer_of(name))
        weights.append(model.get_weights())
        found.append(measure(model, data(4), 1.0, frames=2, batch_size=8).after)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert found[1] == pytest.approx(found[0], rel=0.03)


def test_the_real_part_of_a_complex_state_is_what_goes_upwards():
    model = network(4, EURNN(4, **SEQUENCES), outputs=3)
    report = measure(model, data(4), 1.0, frames=1, batch_size=8)
    kernel = np.asarray(model.layers[-1].kernel)
    # Imaginary parts are not read out: the Jacobian is the kernel and zeros.
    assert report.after["dec/0"] == pytest.approx(np.linalg.norm(kernel, 2), rel=1e-3)
    assert report.fixed == ["rec/0"]


def test_gains_and_saturations_that_are_given_out_go_upwards_too():
    layer = ANRU(4, controller_units=3, return_shapes=True, **SEQUENCES)
    model = network(4, layer, outputs=3)
    report = measure(model, data(4), 1.0, frames=1, batch_size=8)
    kernel = np.asarray(model.layers[-1].kernel)  # (12, 3)
    weights = [np.asarray(w) for w in layer.cell.controller]
    by_controller = [
        np.kron(np.eye(4), weights[3 + 2 * i]) @ kernel[4 * (i + 1) : 4 * (i + 2)]
        for i in range(2)
    ]
    jacobian = np.concatenate([kernel[:4], sum(by_controller)])
    norm = np.linalg.norm(jacobian, 2)
    assert report.after["dec/0"] == pytest.approx(norm, rel=1e-3)


class Doubled(layers.SimpleRNNCell):
    """A cell whose output is wider than its state, and which no class knows."""

    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
        self.output_size = 2 * units

    def call(self, sequence, states, training=False):
        output, states = super().call(sequence, states, training)
        return ops.concatenate([output, output], axis=-1), states


def test_the_output_stands_for_a_cell_of_which_nothing_else_is_known():
    model = network(4, layers.RNN(Doubled(4), **SEQUENCES))
    settings = {"frames": 1, "batch_size": 8}
    states = measure(model, data(4), 1.0, **settings)
    output = measure(model, data(4), 1.0, sources="output", **settings)
    assert states.after == output.after


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_a_monitor_logs_radii_in_mixed_precision(dtype, policy):
    policy(dtype)
    model = keras.Sequential([layers.LSTM(4), layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    x, y = data(4), np.zeros((16, 1))
    model.fit(x, y, verbose=0)
    monitor = StabilityMonitor(x, frames=1)
    fit = model.fit(x, y, verbose=0, callbacks=[monitor])
    assert np.isfinite(fit.history["radius/mean"]).all()


def test_a_convolution_along_time_is_refused_by_its_name():
    model = keras.Sequential(
        [
            keras.Input((STEPS, 6, 6, 1)),
            layers.ConvLSTM2D(2, 3, name="clouds"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    x = np.zeros((4, STEPS, 6, 6, 1), "float32")
    with pytest.raises(ValueError, match="'clouds' has a ConvLSTMCell") as caught:
        measure(model, x)
    assert "\n" not in str(caught.value)
