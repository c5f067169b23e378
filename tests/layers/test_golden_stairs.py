"""Recurrent layers with a stair beside the published programs."""

import keras
import numpy as np
import pytest
import scipy.linalg
from keras import ops

from keras_nonnormal import RMSpropTorch
from keras_nonnormal.activations import Stair
from keras_nonnormal.layers import NNRNN, ExpRNN, FusedSimpleRNN
from tests.golden import cases, variants
from tests.helpers import DTYPE, relative_error, value_and_gradients


@pytest.fixture(autouse=True)
def _penalties_as_precise():
    """Penalties come in Keras's floatx, so that they can be added to any loss."""
    before = keras.config.floatx()
    keras.config.set_floatx(DTYPE)
    yield
    keras.config.set_floatx(before)


# The arrays agree with their own equations to 1e-13; sums in another order.
BOUND = 1e-10 if DTYPE == "float64" else 2e-5
# An update divides by the gradient's own size, which magnifies round-off.
UPDATED = 1e-8 if DTYPE == "float64" else 1e-3


class Run:
    """A layer with golden weights; states, gradients of sum(w h), and the penalty.

    `weights` maps names of variables to golden arrays as they are here.
    """

    def __init__(self, layer, x, w_loss, weights):
        self.layer = layer
        x = np.swapaxes(x, 0, 1).astype(DTYPE)
        w = np.swapaxes(w_loss, 0, 1).astype(DTYPE)
        layer.build(x.shape)
        variables = layer.trainable_variables
        assert {v.name for v in variables} == set(weights)
        for v in variables:
            v.assign(weights[v.name].astype(DTYPE))
        frozen = [v.value for v in layer.non_trainable_variables]

        def loss(x, *values):
            h, _, losses = layer.stateless_call(
                values, frozen, x, training=True, return_losses=True
            )
            return ops.sum(w * h) + sum(losses), h

        self.loss, self.h, *gradients = value_and_gradients(
            loss,
            [x, *(v.value for v in variables)],
            [np.ones((), DTYPE), np.zeros(w.shape, DTYPE)],
        )
        self.h = np.swapaxes(self.h, 0, 1)
        self.gradients = dict(
            zip(["x", *(v.name for v in variables)], gradients, strict=True)
        )
        self.gradients["x"] = np.swapaxes(self.gradients["x"], 0, 1)

    def check(self, h, loss, gradients):
        assert relative_error(self.h, h) < BOUND
        assert relative_error(self.loss, loss) < BOUND
        for name, expected in gradients.items():
            assert relative_error(self.gradients[name], expected) < BOUND, name

    def stepped(self, name, optimizer):
        """A variable after one update."""
        variable = next(v for v in self.layer.trainable_variables if v.name == name)
        optimizer.apply([ops.convert_to_tensor(self.gradients[name])], [variable])
        return variable


# Rows S3 and S10.
@pytest.mark.parametrize(
    ("activation", "schedule"),
    [
        (activation, schedule)
        for activation in variants("stair/cell_rnn_*")
        for schedule in cases(f"stair/cell_rnn_{activation}", r"h__(\w+)")
    ],
)
def test_plain_network_scales_what_it_feeds_back(golden, activation, schedule):
    g = golden(f"stair/cell_rnn_{activation}")
    weights = {"kernel": g["U"].T, "bias": g["bias"], "recurrent_kernel": g["V"].T}
    expected = {
        "kernel": g[f"dU__{schedule}"].T,
        "bias": g[f"dbias__{schedule}"],
        "recurrent_kernel": g[f"dV__{schedule}"].T,
        "x": g[f"dx__{schedule}"],
    }
    if activation == "modrelu":
        weights["offset"] = g["b_modrelu"]
        expected["offset"] = g[f"db_modrelu__{schedule}"]
    layer = FusedSimpleRNN(
        len(g["V"]), activation, stair=schedule, return_sequences=True, dtype=DTYPE
    )
    run = Run(layer, g["x"], g["w_loss"], weights)
    run.check(g[f"h__{schedule}"], g[f"loss__{schedule}"], expected)


# Row S11.
@pytest.mark.parametrize("schedule", cases("stair/cell_exprnn", r"h__(\w+)"))
def test_exponential_network_and_one_update_of_its_skew(golden, schedule):
    g = golden("stair/cell_exprnn")
    run = Run(
        ExpRNN(len(g["A_upper"]), stair=schedule, return_sequences=True, dtype=DTYPE),
        g["x"],
        g["w_loss"],
        {"kernel": g["W_in"].T, "skew": g["A_upper"], "offset": g["b_modrelu"]},
    )
    run.check(
        g[f"h__{schedule}"],
        g[f"loss__{schedule}"],
        {
            "kernel": g[f"dW_in__{schedule}"].T,
            "skew": g[f"dA__{schedule}"],
            "offset": g[f"db_modrelu__{schedule}"],
        },
    )
    optimizer = RMSpropTorch(float(g["lr_orth"]), float(g["rms_alpha"]))
    after = run.stepped("skew", optimizer)
    assert relative_error(after, g[f"A_after__{schedule}"]) < UPDATED
    matrix = run.layer.cell.matrix()
    assert relative_error(matrix, g[f"B_after__{schedule}"]) < UPDATED


# Row S12.
@pytest.mark.parametrize("schedule", cases("stair/cell_nnrnn", r"h__(\w+)"))
def test_non_normal_network_its_penalty_and_one_update_of_its_skew(golden, schedule):
    g = golden("stair/cell_nnrnn")
    run = Run(
        NNRNN(
            len(g["A_upper"]),
            stair=schedule,
            gamma_penalty=float(g["delta"]),
            return_sequences=True,
            dtype=DTYPE,
        ),
        g["x"],
        g["w_loss"],
        {
            "kernel": g["U"].T,
            "skew": g["A_upper"],
            "offset": g["b_modrelu"],
            "upper": g["UppT"],
            "theta": g["theta"],
            "gamma": g["gamma"],
        },
    )
    assert relative_error(run.layer.cell.matrix(), g["rec"]) < BOUND
    assert relative_error(sum(run.layer.losses), g["penalty"]) < BOUND
    run.check(
        g[f"h__{schedule}"],
        g[f"loss__{schedule}"],
        {
            "kernel": g[f"dU__{schedule}"].T,
            "skew": g[f"dA__{schedule}"],
            "offset": g[f"db_modrelu__{schedule}"],
            "upper": g[f"dUppT__{schedule}"],
            "theta": g[f"dtheta__{schedule}"],
            "gamma": g[f"dgamma__{schedule}"],
        },
    )
    after = run.stepped("skew", RMSpropTorch(1e-3, 0.99))
    assert relative_error(after, g[f"A_after__{schedule}"]) < UPDATED


def _exp_alpha(g, prefix, layer, weights, also=()):
    """`also` maps further names to golden ones, for which there are gradients."""
    named = {"kernel": "U", "offset": "b_modrelu", **dict(also)}
    weights = {name: (g[f"{prefix}__{key}"]) for name, key in named.items()} | weights
    weights["alpha"] = g["alpha"]
    turned = ("kernel", "recurrent_kernel")
    weights = {n: w.T if n in turned else w for n, w in weights.items()}
    run = Run(layer, g["x"], g["w_loss"], weights)
    gradients = {n: g[f"{prefix}__d{k}"] for n, k in named.items()}
    gradients = {n: d.T if n in turned else d for n, d in gradients.items()}
    gradients["alpha"] = g[f"{prefix}__dalpha"]
    run.check(g[f"{prefix}__h"], g[f"{prefix}__loss"], gradients)


# Row S9.
def test_exp_alpha_in_the_plain_network(golden):
    g = golden("stair/cell_expalpha")
    settings = {"stair": "expalpha", "return_sequences": True, "dtype": DTYPE}
    plain = {"bias": "bias", "recurrent_kernel": "V"}
    units = len(g["rnn2_modrelu__V"])
    layer = FusedSimpleRNN(units, "modrelu", **settings)
    _exp_alpha(g, "rnn2_modrelu", layer, {}, plain)


def test_exp_alpha_in_the_plain_network_with_tanh(golden):
    g = golden("stair/cell_expalpha")
    prefix = "rnn2_tanh"
    run = Run(
        FusedSimpleRNN(
            len(g[f"{prefix}__V"]),
            "tanh",
            stair="expalpha",
            return_sequences=True,
            dtype=DTYPE,
        ),
        g["x"],
        g["w_loss"],
        {
            "kernel": g[f"{prefix}__U"].T,
            "bias": g[f"{prefix}__bias"],
            "recurrent_kernel": g[f"{prefix}__V"].T,
            "alpha": g["alpha"],
        },
    )
    run.check(
        g[f"{prefix}__h"],
        g[f"{prefix}__loss"],
        {
            "kernel": g[f"{prefix}__dU"].T,
            "recurrent_kernel": g[f"{prefix}__dV"].T,
            "alpha": g[f"{prefix}__dalpha"],
        },
    )


def test_exp_alpha_in_the_exponential_network(golden):
    g = golden("stair/cell_expalpha")
    skew = {"skew": g["exprnn2__A_upper"]}
    units = len(skew["skew"])
    layer = ExpRNN(units, stair="expalpha", return_sequences=True, dtype=DTYPE)
    _exp_alpha(g, "exprnn2", layer, skew, {"kernel": "W_in"})


def test_exp_alpha_in_the_non_normal_network(golden):
    g = golden("stair/cell_expalpha")
    layer = NNRNN(
        len(g["nnrnn2__P"]),
        stair="expalpha",
        gamma_penalty=0.0,
        return_sequences=True,
        dtype=DTYPE,
    )
    skew = {"skew": np.triu(scipy.linalg.logm(g["nnrnn2__P"]).real, 1)}
    others = {"upper": "UppT", "theta": "theta", "gamma": "gamma"}
    _exp_alpha(g, "nnrnn2", layer, skew, others)


# Rows S6 and S32: 784 steps, fixed and learned.
@pytest.mark.graphs
@pytest.mark.parametrize("schedule", cases("stair/psmnist_model", r"loss__(\w+)"))
def test_a_whole_digit(golden, schedule):
    g = golden("stair/psmnist_model")
    stair = Stair(schedule, max_steps=g["x"].shape[1], dtype=DTYPE)
    layer = FusedSimpleRNN(len(g["V"]), "modrelu", stair=stair, dtype=DTYPE)
    x = g["x"][:, g["order"], None].astype(DTYPE)
    layer.build(x.shape)
    values = {
        "kernel": g["U"].T,
        "bias": g["bias"],
        "recurrent_kernel": g["V"].T,
        "offset": g["b_modrelu"],
    }
    expected = {
        "kernel": g[f"dU__{schedule}"].T,
        "bias": g[f"dbias__{schedule}"],
        "recurrent_kernel": g[f"dV__{schedule}"].T,
        "offset": g[f"db_modrelu__{schedule}"],
    }
    if schedule == "alpha":
        values["alpha"], expected["alpha"] = g["alpha__alpha"], g["dalpha__alpha"]
    for v in layer.trainable_variables:
        v.assign(values[v.name].astype(DTYPE))

    frozen = [v.value for v in layer.non_trainable_variables]

    def loss(*weights):
        h, _ = layer.stateless_call(weights, frozen, x)
        logits = ops.matmul(h, g["W_out"].T.astype(DTYPE)) + g["b_out"].astype(DTYPE)
        return (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=DTYPE)(
                g["y"], logits
            ),
        )

    value, *gradients = value_and_gradients(
        loss, [v.value for v in layer.trainable_variables], [np.ones((), DTYPE)]
    )
    bound = BOUND if DTYPE == "float64" else 1e-3
    assert relative_error(value, g[f"loss__{schedule}"]) < bound
    for v, gradient in zip(layer.trainable_variables, gradients, strict=True):
        assert np.all(np.isfinite(gradient))
        # The logarithms leave nothing of what was long ago: compare what there is.
        scale = max(np.max(np.abs(expected[v.name])), 1e-30)
        assert np.max(np.abs(gradient - expected[v.name])) < bound * scale, v.name
