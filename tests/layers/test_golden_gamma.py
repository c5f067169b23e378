"""Gamma networks, ANRU, and the baselines beside the published programs.

Golden arrays are time first, with dense weights (out, in) and pairs of biases, of which
each has the gradient of their sum.
"""

import numpy as np
import pytest
from keras import ops

from keras_nonnormal.activations import Gamma
from keras_nonnormal.layers import ANRU, FusedGRU, FusedLSTM, FusedSimpleRNN, driven
from tests.golden import cases
from tests.helpers import DTYPE, layer_values_and_gradients, relative_error

# Sums in another order; gamma far right is the exact one here, up to 2.1e-9 / n away.
BOUND = 1e-9 if DTYPE == "float64" else 2e-5


def built(layer, g, weights, drive=None):
    """A layer with weights by name, and its inputs, batch first."""
    x = np.swapaxes(g["x"], 0, 1)
    layer.build(x.shape)
    assert {w.name for w in layer.trainable_variables} == set(weights)
    for variable in layer.trainable_variables:
        variable.assign(np.reshape(weights[variable.name], variable.shape))
    if drive is not None:
        layer = driven(layer)
        drive = np.broadcast_to(drive[None, :, None], (*x.shape[:2], 1))
        x = np.concatenate([x, drive], axis=-1)
    return layer, x.astype(DTYPE)


def run(layer, x, g):
    """Outputs, gradients by name, gradient of the input; the loss is sum(w h)."""
    w = np.swapaxes(g["w_loss"], 0, 1).astype(DTYPE)
    h, *gradients, dx = layer_values_and_gradients(layer, [x], [w])
    names = [v.name for v in layer.trainable_variables]
    features = g["x"].shape[-1]
    named = dict(zip(names, gradients, strict=True))
    named["kernel"] = named["kernel"][:features]  # without that of a drive
    return h, float(np.sum(h * w)), named, dx[..., :features]


def assert_all_equal(result, g, prefix, expected):
    h, loss, gradients, dx = result
    assert relative_error(h, np.swapaxes(g[f"{prefix}h"], 0, 1)) < BOUND
    assert relative_error(loss, g[f"{prefix}loss"]) < 100 * BOUND
    if f"{prefix}dx" in g.files:
        assert relative_error(dx, np.swapaxes(g[f"{prefix}dx"], 0, 1)) < BOUND
    assert gradients.keys() == expected.keys()
    for name, value in expected.items():
        value = np.reshape(value, gradients[name].shape)
        assert relative_error(gradients[name], value) < 10 * BOUND, name


# Rows A7, A9: both biases are one, and the file's drive is part of it.
@pytest.mark.parametrize("case", cases("gamma/rnn_gamma", r"(\w+)__h"))
def test_golden_gamma_rnn(golden, case):
    g = golden("gamma/rnn_gamma")
    p = {
        name: g[f"{case}__{name}"]
        for name in ("U", "bU", "V", "bV", "n", "s", "dU", "dbU", "dV", "dn", "ds")
    }
    layer = FusedSimpleRNN(
        len(p["V"]),
        activation=Gamma(shared=case == "homogeneous", dtype=DTYPE),
        return_sequences=True,
        dtype=DTYPE,
    )
    weights = {
        "kernel": p["U"].T,
        "recurrent_kernel": p["V"].T,
        "bias": p["bU"] + p["bV"],
        "gain": p["n"],
        "saturation": p["s"],
    }
    layer, x = built(layer, g, weights, g["drive"])
    gradients = {
        "kernel": p["dU"].T,
        "recurrent_kernel": p["dV"].T,
        "bias": p["dbU"],
        "gain": p["dn"],
        "saturation": p["ds"],
    }
    assert_all_equal(run(layer, x, g), g, f"{case}__", gradients)


ANRU_WEIGHTS = {
    "kernel": "Uxh_w",
    "recurrent_kernel": "Whh_w",
    "controller_kernel": "Uag_w",
    "controller_recurrent_kernel": "Wgg_w",
    "gain_kernel": "Wgn_w",
    "gain_bias": "Wgn_b",
    "saturation_kernel": "Wgs_w",
    "saturation_bias": "Wgs_b",
}
ANRU_BIASES = {"bias": ("Uxh_b", "Whh_b"), "controller_bias": ("Uag_b", "Wgg_b")}


# Row A10
@pytest.mark.parametrize("case", cases("gamma/anru", r"(\w+)__h"))
def test_golden_anru(golden, case):
    g = golden("gamma/anru")
    weights = {name: g[old].T for name, old in ANRU_WEIGHTS.items()}
    weights |= {name: sum(g[old] for old in pair) for name, pair in ANRU_BIASES.items()}
    gradients = {name: g[f"{case}__d{old}"].T for name, old in ANRU_WEIGHTS.items()}
    gradients |= {name: g[f"{case}__d{old}"] for name, (old, _) in ANRU_BIASES.items()}
    drive = g["drive"] if case == "drive" else None
    sizes = len(g["Whh_w"]), len(g["Wgg_w"])
    loop = {"return_sequences": True, "dtype": DTYPE}
    layer, x = built(ANRU(*sizes, **loop, return_state=True), g, weights, drive)
    _, state_h, state_g = layer(x)
    assert relative_error(state_h, g[f"{case}__h"][-1]) < BOUND
    expected = g[f"{case}__g"][-1]
    assert relative_error(state_g, expected.reshape(len(expected), -1)) < BOUND
    with_shapes, x = built(ANRU(*sizes, return_shapes=True, **loop), g, weights, drive)
    shapes = np.split(ops.convert_to_numpy(with_shapes(x)), 3, axis=-1)
    for actual, name in zip(shapes, "hns", strict=True):
        expected = np.swapaxes(g[f"{case}__{name}"], 0, 1)
        assert relative_error(actual, expected) < BOUND, name
    layer, x = built(ANRU(*sizes, **loop), g, weights, drive)
    assert_all_equal(run(layer, x, g), g, f"{case}__", gradients)


# Row A13
def test_golden_lstm_with_a_drive_in_its_output_gate(golden):
    g = golden("gamma/baselines")
    gates = "ifgo"  # the order of Keras; the original calls its candidate g
    units = len(g["lstm__Wi_w"])

    def columns(name):
        """Kernel and recurrent kernel of all gates; inputs are [h, x]."""
        both = [g[f"lstm__{name}W{gate}_w"] for gate in gates]
        kernel = np.concatenate([w[:, units:].T for w in both], axis=1)
        recurrent = np.concatenate([w[:, :units].T for w in both], axis=1)
        bias = np.concatenate([g[f"lstm__{name}W{gate}_b"] for gate in gates])
        return {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}

    layer = FusedLSTM(units, return_sequences=True, dtype=DTYPE)
    layer, x = built(layer, g, columns(""), g["drive"])
    assert_all_equal(run(layer, x, g), g, "lstm__", columns("d"))


# Row A13
def test_golden_gru(golden):
    g = golden("gamma/baselines")

    def columns(name):
        parts = {}
        for whole, source in (("kernel", "i"), ("recurrent_kernel", "h")):
            kernels = [g[f"gru__{name}W{source}{gate}_w"].T for gate in "zrn"]
            parts[whole] = np.concatenate(kernels, axis=1)
        parts["bias"] = [
            np.concatenate([g[f"gru__{name}W{source}{gate}_b"] for gate in "zrn"])
            for source in "ih"
        ]
        return parts

    units = len(g["gru__Whz_w"])
    layer = FusedGRU(units, return_sequences=True, dtype=DTYPE)
    layer, x = built(layer, g, columns(""))
    assert_all_equal(run(layer, x, g), g, "gru__", columns("d"))
