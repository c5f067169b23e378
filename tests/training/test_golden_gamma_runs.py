"""Training and testing by the published gamma program, update by update.

Dense weights are (out, in) there, and affine maps have pairs of biases, which are one
bias here: it starts at their sum, has the gradient of each, and twice the rate.
"""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.activations import Gamma
from keras_nonnormal.datasets import (
    Examples,
    Splits,
    Task,
    driven_task,
    sin_transform,
    step_drive,
    transformed_task,
)
from keras_nonnormal.layers import ANRU, FusedLSTM, FusedSimpleRNN, driven
from keras_nonnormal.optimizers import AdamTorch
from keras_nonnormal.training import loss_and_metrics
from tests.golden import variants
from tests.helpers import relative_error

LAYERS = {
    "anru": lambda g: ANRU(units_of(g), len(g["init__rnn_Wgg_bias"])),
    "rnn_gamma": lambda g: FusedSimpleRNN(units_of(g), Gamma(shared=True)),
    "rnn_gamma2": lambda g: FusedSimpleRNN(units_of(g), Gamma()),
    "lstm": lambda g: FusedLSTM(units_of(g)),
}
GAMMA = {
    "kernel": "U_weight",
    "recurrent_kernel": "V_weight",
    "bias": ("U_bias", "V_bias"),
    "gain": "n",
    "saturation": "s",
}
NAMES = {
    "anru": {
        "kernel": "Uxh_weight",
        "recurrent_kernel": "Whh_weight",
        "bias": ("Uxh_bias", "Whh_bias"),
        "controller_kernel": "Uag_weight",
        "controller_recurrent_kernel": "Wgg_weight",
        "controller_bias": ("Uag_bias", "Wgg_bias"),
        "gain_kernel": "Wgn_weight",
        "gain_bias": "Wgn_bias",
        "saturation_kernel": "Wgs_weight",
        "saturation_bias": "Wgs_bias",
    },
    "rnn_gamma": GAMMA,
    "rnn_gamma2": GAMMA,
}


@pytest.fixture(autouse=True)
def _double_precision():
    for dtype in ("float64", "float32"):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        if dtype == "float64":
            yield


def units_of(g):
    return g["init__lin_weight"].shape[1]


class ReadOut(keras.layers.Layer):
    """Dense, but its bias has a name of its own: its rate is not doubled."""

    def __init__(self, width):
        super().__init__()
        self.width = width

    def build(self, input_shape):
        shapes = {"weight": (input_shape[-1], self.width), "offset": (self.width,)}
        self.kernel, self.offset = (
            self.add_weight(name=name, shape=shape) for name, shape in shapes.items()
        )

    def call(self, inputs):
        return ops.matmul(inputs, self.kernel) + self.offset


def weights(network, g, prefix, pair=sum):
    """Golden arrays by the names of our variables; what a pair of biases becomes."""
    named = {"weight": g[f"{prefix}lin_weight"].T, "offset": g[f"{prefix}lin_bias"]}
    prefix += "rnn_"
    units = units_of(g)
    if network == "lstm":  # gates side by side in the order of Keras; inputs are [h, x]
        gates = [g[f"{prefix}W{gate}_weight"].T for gate in "ifgo"]
        return named | {
            "kernel": np.concatenate([w[units:] for w in gates], axis=1),
            "recurrent_kernel": np.concatenate([w[:units] for w in gates], axis=1),
            "bias": np.concatenate([g[f"{prefix}W{gate}_bias"] for gate in "ifgo"]),
        }
    for name, old in NAMES[network].items():
        if isinstance(old, tuple):
            named[name] = pair([g[prefix + each] for each in old])
        else:
            named[name] = g[prefix + old].T
    return named


def network_of(layer, read_out, steps, width=1):
    inputs = keras.Input((steps, width))
    return keras.Model(inputs, read_out(layer(inputs)))


def digits_of(g):
    """The digits of the first update, which the reference is tested on."""
    x = g["x"][0][:, g["order"], None]
    digits = Examples(x, g["y"][0])
    return Task(
        name="digits",
        splits=Splits(digits, digits, digits),
        encode=lambda inputs, targets: (inputs, targets),
        input_width=1,
        output_width=len(g["init__lin_bias"]),
        per_step=False,
        length=x.shape[1],
        trivial_loss=float(np.log(len(g["init__lin_bias"]))),
    )


def score(model, task):
    """Loss, and how many digits are named."""
    loss, metrics = loss_and_metrics(task)
    model.compile("sgd", loss, weighted_metrics=metrics, run_eagerly=True)
    batches = task.evaluation_batches("test")
    values = model.evaluate(batches, verbose=0, return_dict=True)
    return values["loss"], round(values["accuracy"] * len(task.splits.test))


@pytest.fixture(scope="module", params=variants("gamma/train_*"))
def network(request):
    return request.param


@pytest.fixture
def started(golden, network):
    """The golden file, the recurrent layer, the read-out and their network."""
    g = golden(f"gamma/train_{network}")
    layer, read_out = LAYERS[network](g), ReadOut(len(g["init__lin_bias"]))
    model = network_of(layer, read_out, len(g["order"]))
    assign(model, weights(network, g, "init__"))
    return g, layer, read_out, model


def assign(model, named):
    assert {w.name for w in model.trainable_variables} == set(named)
    for variable in model.trainable_variables:
        variable.assign(np.reshape(named[variable.name], variable.shape))


def assert_equal(variables, values, named, tolerance):
    for variable, value in zip(variables, values, strict=True):
        expected = np.reshape(named[variable.name], variable.shape)
        assert relative_error(value, expected) < tolerance, variable.name


@pytest.mark.compiled
def test_first_gradients_are_the_published_ones(started, network):  # Row A19
    import tensorflow as tf

    g, _, _, model = started
    x = g["x"][0][:, g["order"], None]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        total = loss(g["y"][0], model(x))
    variables = model.trainable_variables
    gradients = tape.gradient(total, [v.value for v in variables])
    expected = weights(network, g, "grad0__", pair=lambda both: both[0])
    # Sums in another order; where n x > 20 the reference takes x for the soft plus.
    assert_equal(variables, gradients, expected, 1e-8)


# Rows A7, A19 and A21
def test_updates_and_the_tests_after_them_are_the_published_ones(started, network):
    g, layer, read_out, model = started
    doubled = [n for n, old in NAMES.get(network, {}).items() if isinstance(old, tuple)]
    optimizer = AdamTorch(float(g["lr"]), rate_factors=dict.fromkeys(doubled, 2.0))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Without a graph, which takes longer to trace than these updates.
    model.compile(optimizer, loss, run_eagerly=True)
    for update, (x, y) in enumerate(zip(g["x"], g["y"], strict=True)):
        x = x[:, g["order"], None]
        if update in g["transformed_steps"]:
            x = sin_transform(x, *g["sin_freq_phase_amp"])
        model.reset_metrics()
        total = model.train_on_batch(x, y)
        assert total == pytest.approx(float(g["loss"][update]), rel=1e-7)
    # Updates divide by sqrt(v) + 1e-8, which magnifies round-off: 1e-6.
    variables = model.trainable_variables
    assert_equal(variables, variables, weights(network, g, "final__"), 1e-6)

    task = digits_of(g)
    sine = transformed_task(task, lambda x: sin_transform(x, 1.0, 0.0, 0.5))
    steps = len(g["order"])
    drive = driven_task(task, step_drive(steps, 1.0, length=8, position=5))
    with_drive = network_of(driven(layer), read_out, steps, width=2)
    conditions = {"clean": (model, task), "sin": (model, sine)}
    for name, pair in {**conditions, "drive": (with_drive, drive)}.items():
        loss, correct = score(*pair)
        assert loss == pytest.approx(float(g[f"eval_{name}_loss"]), rel=1e-7), name
        assert correct == g[f"eval_{name}_correct"], name
