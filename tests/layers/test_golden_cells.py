"""The recurrent networks of the nnRNN comparison beside their published programs."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.activations import ModReLU
from keras_nonnormal.layers import EURNN, NNRNN, ExpRNN, FusedLSTM, FusedSimpleRNN
from tests.golden import variants
from tests.helpers import DTYPE, relative_error, value_and_gradients


@pytest.fixture(autouse=True)
def _penalties_as_precise():
    """Penalties come in Keras's floatx, so that they can be added to any loss."""
    before = keras.config.floatx()
    keras.config.set_floatx(DTYPE)
    yield
    keras.config.set_floatx(before)


# Sums in another order. What the original computed less exactly has its own bound.
BOUND = 1e-9 if DTYPE == "float64" else 2e-5


class Network:
    """A recurrent layer and a linear head, with the loss of the golden files."""

    def __init__(self, layer, g, weights, head=("head_kernel", "head_bias")):
        """`weights` maps names of variables of the layer to golden arrays."""
        self.layer, self.g = layer, g
        layer.build(g["x"].shape)
        self.names = [w.name for w in layer.trainable_variables]
        assert set(self.names) == set(weights)
        self.values = [np.asarray(weights[n], DTYPE) for n in self.names]
        for variable, value in zip(layer.trainable_variables, self.values, strict=True):
            variable.assign(value)
        self.head = [g[name].astype(DTYPE) for name in head]

    def run(self):
        """States, loss (penalty included), and gradients by name."""
        layer, g = self.layer, self.g
        frozen = [w.value for w in layer.non_trainable_variables]

        def loss(*tensors):
            *weights, kernel, bias = tensors
            h, _, losses = layer.stateless_call(
                weights,
                frozen,
                g["x"].astype(DTYPE),
                return_losses=True,
                training=True,
            )
            logits = ops.matmul(h, kernel) + bias
            task = keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, dtype=DTYPE
            )(g["labels"], logits)
            return task + sum(losses), task, h

        nothing = [
            np.zeros((), DTYPE),
            np.zeros((*g["x"].shape[:2], self.layer.units), DTYPE),
        ]
        total, task, h, *gradients = value_and_gradients(
            loss, [*self.values, *self.head], [np.ones((), DTYPE), *nothing]
        )
        names = [*self.names, "head_kernel", "head_bias"]
        return h, task, total, dict(zip(names, gradients, strict=True))


def assert_equal(actual, expected, name="", bound=BOUND):
    assert relative_error(actual, expected) < bound, name


# Row 8; plain RNN with a bias, four nonlinearities.
@pytest.mark.parametrize("name", variants("nnrnn/rnn_*"))
def test_simple_rnn_is_the_published_rnn(golden, name):
    g = golden(f"nnrnn/rnn_{name}")
    layer = FusedSimpleRNN(
        len(g["recurrent_kernel"]),
        activation=None if name == "none" else name,
        return_sequences=True,
        dtype=DTYPE,
    )
    weights = {n: g[n] for n in ("kernel", "recurrent_kernel", "bias")}
    if name == "modrelu":
        weights["offset"] = g["modrelu_bias"]
    h, task, _, gradients = Network(layer, g, weights).run()
    assert_equal(h, g["h"])
    assert_equal(task, g["loss"])
    for n, gradient in gradients.items():
        published = "modrelu_bias" if n == "offset" else n
        assert_equal(gradient, g[f"grad_{published}"], n)


# Row 8: relu is relu here; the release takes the identity in its place (Q3).
def test_relu_is_relu():
    layer = FusedSimpleRNN(
        3, activation="relu", kernel_initializer="ones", recurrent_initializer="zeros"
    )
    x = np.array([[[1.0]], [[-1.0]]], "float32")
    assert ops.convert_to_numpy(layer(x)).tolist() == [[1, 1, 1], [0, 0, 0]]


# Row 23.
def test_lstm_is_the_published_lstm(golden):
    g = golden("nnrnn/lstm")
    units = len(g["recurrent_kernel_i"])
    layer = FusedLSTM(units, return_sequences=True, unit_forget_bias=False, dtype=DTYPE)
    parts = {n: f"{n}_" for n in ("kernel", "recurrent_kernel", "bias")}

    def gates(prefix):
        return np.concatenate([g[f"{prefix}{gate}"] for gate in "ifgo"], axis=-1)

    weights = {n: gates(prefix) for n, prefix in parts.items()}
    h, task, _, gradients = Network(layer, g, weights).run()
    assert_equal(h, g["h"])
    assert_equal(task, g["loss"])
    for n, prefix in parts.items():
        assert_equal(gradients[n], gates(f"grad_{prefix}"), n)
    assert_equal(gradients["head_kernel"], g["grad_head_kernel"])


# Rows 10 and 11; the later program's exponential is a single-precision algorithm.
@pytest.mark.parametrize(
    "name", variants("nnrnn/exprnn_*", without=("nnrnn/exprnn_dtriv",))
)
def test_exp_rnn_is_the_published_exp_rnn(golden, name):
    g = golden(f"nnrnn/exprnn_{name}")
    bound = max(BOUND, 1e-7) if name == "static32" else BOUND
    layer = ExpRNN(
        len(g["X"]),
        orthogonal_map="cayley" if name == "cayley" else "exp",
        return_sequences=True,
        dtype=DTYPE,
    )
    weights = {"kernel": g["kernel"], "skew": g["X"], "offset": g["modrelu_bias"]}
    h, task, _, gradients = Network(layer, g, weights).run()
    assert_equal(layer.cell.recurrent_kernel, g["recurrent_matrix"], bound=bound)
    assert_equal(h, g["h"], bound=bound)
    assert_equal(task, g["loss"], bound=bound)
    for n, published in (
        ("skew", "X"),
        ("kernel", "kernel"),
        ("offset", "modrelu_bias"),
        ("head_kernel", "head_kernel"),
        ("head_bias", "head_bias"),
    ):
        assert_equal(gradients[n], g[f"grad_{published}"], n, bound)


# Rows 13, 14 and 15.
@pytest.mark.parametrize("name", variants("nnrnn/nnrnn_*"))
def test_nnrnn_is_the_published_nnrnn(golden, name):
    g = golden(f"nnrnn/nnrnn_{name}")
    layer = NNRNN(
        len(g["X"]),
        activation=None if name == "none" else name,
        gamma_penalty=float(g["alam"]),
        return_sequences=True,
        dtype=DTYPE,
    )
    published = {n: n for n in ("kernel", "theta", "gamma")}
    published |= {"skew": "X", "upper": "T"}
    if name == "modrelu":
        published["offset"] = "modrelu_bias"
    weights = {n: g[p] for n, p in published.items()}
    h, task, total, gradients = Network(layer, g, weights).run()
    schur = layer.parametrization
    assert_equal(schur.basis(), g["P"])
    assert_equal(schur.schur_form(), g["Theta"])
    assert_equal(layer.cell.recurrent_kernel, g["V"])
    assert_equal(h, g["h"])
    assert_equal(task, g["task_loss"])
    assert_equal(total, g["total_loss"])
    assert_equal(sum(layer.losses), g["penalty"])
    for n, p in published.items():
        assert_equal(gradients[n], g[f"grad_{p}"], n)
    assert not np.any(np.tril(gradients["upper"]))


# Rows 19 and 20.
@pytest.mark.parametrize(("style", "numbers"), variants("nnrnn/eurnn_*_*"))
def test_eurnn_is_the_published_eurnn(golden, style, numbers):
    g = golden(f"nnrnn/eurnn_{style}_{numbers}")
    complex_, fft = numbers == "complex", style == "fft"
    units = len(g["modReLUBias"])
    layer = EURNN(
        units,
        capacity=2 if fft else int(g["capacity"]),
        fft=fft,
        complex=complex_,
        return_sequences=True,
        dtype=DTYPE,
    )
    published = (
        {"rotation": "theta", "phase": "phi"}
        if fft
        else {
            "rotation_a": "theta_A",
            "rotation_b": "theta_B",
            "phase_a": "phi_A",
            "phase_b": "phi_B",
        }
    )
    published = {
        n: p for n, p in published.items() if complex_ or not n.startswith("phase")
    }
    published["offset"] = "modReLUBias"
    if complex_:
        published["omega"] = "omega"

    def kernel(prefix=""):
        if not complex_:
            return g[f"{prefix}U"]
        return np.concatenate([g[f"{prefix}U_re"], g[f"{prefix}U_im"]], axis=1)

    weights = {"kernel": kernel(), **{n: g[p] for n, p in published.items()}}
    network = Network(layer, g, weights, head=("V_weights", "V_bias"))
    h, task, _, gradients = network.run()
    matrix = ops.convert_to_numpy(layer.cell.recurrent_kernel)[:units]
    if complex_:
        assert_equal(matrix, np.concatenate([g["W_re"], g["W_im"]], axis=1))
        assert_equal(h, g["h_re"])
    else:
        assert_equal(matrix, g["W"])
        assert_equal(h, g["h"])
    assert_equal(task, g["loss"])
    # The published gradients of the angles are finite differences.
    bound = max(BOUND, 1e-7)
    assert_equal(gradients["kernel"], kernel("grad_"), "kernel", bound)
    for n, p in published.items():
        assert_equal(gradients[n], g[f"grad_{p}"], n, bound)


# Rows 1 and 2.
def test_modrelu_is_the_published_modrelu(golden):
    g = golden("nnrnn/modrelu")
    layer = ModReLU(dtype=DTYPE)
    layer.build(g["x"].shape)

    def call(x, b):
        return (layer.stateless_call([b], [], x)[0],)

    arrays = [g[n].astype(DTYPE) for n in ("x", "b")]
    y, dx, db = value_and_gradients(call, arrays, [g["dy"].astype(DTYPE)])
    for actual, name in ((y, "y"), (dx, "dx"), (db, "db")):
        assert_equal(actual, g[name], name)

    g = golden("nnrnn/eurnn_modrelu")
    for complex_ in (False, True):
        layer = ModReLU(epsilon=0.01, complex=complex_, dtype=DTYPE)
        if complex_:
            x, y = (
                np.concatenate([g[f"{n}_re"], g[f"{n}_im"]], axis=-1).astype(DTYPE)
                for n in "zy"
            )
        else:
            x, y = g["x_real"].astype(DTYPE), g["y_real"]
        layer.build(x.shape)
        layer.offset.assign(g["b"])
        assert_equal(layer(x), y)
