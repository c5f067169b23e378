"""Updates of the published Stair programs, step by step."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.activations import Stair
from keras_nonnormal.layers import NNRNN, ExpRNN, FusedSimpleRNN
from keras_nonnormal.metrics import RecallAccuracy
from keras_nonnormal.training import two_rate_optimizer
from tests.golden import cases, keys, variants
from tests.golden_networks import assign
from tests.helpers import relative_error, value_and_gradients

# Names of our variables, and those of the golden arrays (out, in).
COMMON = {"offset": "rnn_nonlinearity_b", "alpha": "rnn_alpha"}
NAMES = {
    "rnn": {
        **{"kernel": "rnn_U_weight", "bias": "rnn_U_bias"},
        "recurrent_kernel": "rnn_V_weight",
    },
    "exprnn": {"kernel": "rnn_input_kernel_weight", "skew": "rnn_log_recurrent_kernel"},
    "nnrnn": {
        **{"kernel": "rnn_U_weight", "skew": "rnn_log_P", "upper": "rnn_UppT"},
        **{"theta": "rnn_theta", "gamma": "rnn_blockgain"},
    },
}
TURNED = ("kernel", "recurrent_kernel")
CLASSES = {"rnn": FusedSimpleRNN, "exprnn": ExpRNN, "nnrnn": NNRNN}


@pytest.fixture(autouse=True)
def _double_precision():
    for dtype in ("float64", "float32"):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)  # else the one in use stays what it was
        if dtype == "float64":
            yield


def weights_of(g, prefix, names):
    """Golden arrays by the names of our variables, as they are here."""
    arrays = {ours: g[prefix + theirs] for ours, theirs in names.items()}
    if "skew" in arrays:
        arrays["skew"] = np.triu(arrays["skew"], 1)
    return {n: a.T if n in TURNED else a for n, a in arrays.items()}


# Rows S6, S17, S18 and S20.
@pytest.mark.parametrize(
    ("network", "schedule", "coding"), variants("stair/copy_*_*_*")
)
def test_copy_run_is_the_published_one(golden, network, schedule, coding):
    g = golden(f"stair/copy_{network}_{schedule}_{coding}")
    network = network.removesuffix("2")
    names = {**NAMES[network], **COMMON}
    if schedule == "alpha":  # there the network's, with exp-alpha the cell's
        names["alpha"] = "alpha"
    elif schedule != "expalpha":
        del names["alpha"]
    settings = {"gamma_penalty": float(g["delta"])} if network == "nnrnn" else {}
    width, units = g["init__lin_weight"].shape
    settings |= {"activation": "modrelu", "stair": schedule, "return_sequences": True}
    layer = CLASSES[network](units, **settings)
    head = keras.layers.Dense(width)
    x, y = g["x"][..., 0], g["y"][..., 0].astype(int)
    one_hot = np.eye(width + 1)  # the marker is no target
    x = one_hot[x.astype(int)] if coding == "onehot" else x[..., None]
    model = keras.Sequential([keras.Input(x.shape[2:]), layer, head])
    assign(layer, weights_of(g, "init__", names))
    head.set_weights([g["init__lin_weight"].T, g["init__lin_bias"]])
    orthogonal = network != "rnn"
    model.compile(
        two_rate_optimizer(
            "RMSprop",
            float(g["lr"]),
            orthogonal_rate=float(g["lr_orth"]) if orthogonal else None,
            alpha=float(g["rms_alpha"]),
            upper_decay=float(g["Tdecay"]) if network == "nnrnn" else 0.0,
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[RecallAccuracy(int(g["c_length"]))],
        run_eagerly=True,  # a graph takes longer to trace than these updates
    )
    for update in range(len(x)):
        model.reset_metrics()
        penalty = float(sum(model.losses))
        total, accuracy = model.train_on_batch(x[update], y[update])
        assert penalty == pytest.approx(float(g["penalty"][update]), abs=1e-12)
        loss = float(g["loss"][update])
        assert total - penalty == pytest.approx(loss, rel=1e-9)
        assert accuracy == pytest.approx(float(g["acc"][update]), rel=1e-6)
    final = weights_of(g, "final__", names)
    for variable in layer.trainable_variables:
        # Updates divide by sqrt(v) + 1e-8, which magnifies round-off.
        assert relative_error(variable, final[variable.name]) < 1e-6, variable.name
    assert relative_error(head.kernel, g["final__lin_weight"].T) < 1e-6
    assert relative_error(head.bias, g["final__lin_bias"]) < 1e-6


# Row S23: the state goes on from chunk to chunk, the stair begins anew.
@pytest.mark.parametrize("schedule", cases("stair/ptb_chunks", r"loss_chunk0__(\w+)"))
def test_chunks_of_text_are_the_published_ones(golden, schedule):
    g = golden("stair/ptb_chunks")
    names = {**NAMES["rnn"], "offset": "rnn_nonlinearity_b"}
    chunks = len(keys(g, rf"loss_chunk(\d+)__{schedule}"))
    steps, columns = len(g["tokens"]) // chunks, g["tokens"].shape[1]
    words, features = g["encoder_weight"].shape
    layer = FusedSimpleRNN(
        len(g["rnn_V_weight"]),
        activation="modrelu",
        stair=Stair(schedule, max_steps=steps),
        reset_step=True,
        return_sequences=True,
        return_state=True,
    )
    layer.build((None, None, features))
    weights = weights_of(g, "", names)
    if schedule == "alpha":
        weights["alpha"] = g["alpha_init"]
    assign(layer, weights)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    frozen = [w.value for w in layer.non_trainable_variables]
    state = [np.zeros((columns, size)) for size in layer.state_size]
    for chunk in range(chunks):
        now = slice(chunk * steps, (chunk + 1) * steps)
        tokens, targets = (g[name][now].T for name in ("tokens", "targets"))

        def run(encoder, kernel, bias, *values, now=(tokens, targets, state)):
            tokens, targets, state = now
            embedded = ops.take(encoder, tokens, axis=0)
            (h, *new), _ = layer.stateless_call(
                values, frozen, embedded, initial_state=state
            )
            logits = ops.matmul(h, ops.transpose(kernel)) + bias
            return loss_of(targets, logits), logits, *new

        values = [w.value for w in layer.trainable_variables]
        arrays = [g["encoder_weight"], g["decoder_weight"], g["decoder_bias"], *values]
        nothing = [np.zeros((columns, steps, words)), *map(np.zeros_like, state)]
        loss, logits, *rest = value_and_gradients(run, arrays, [np.ones(()), *nothing])
        state, gradients = rest[: len(state)], rest[len(state) :]
        suffix = f"chunk{chunk}"
        assert loss == pytest.approx(float(g[f"loss_{suffix}__{schedule}"]), rel=1e-10)
        expected = g[f"logits_{suffix}__{schedule}"].swapaxes(0, 1)
        assert relative_error(logits, expected) < 1e-10
        assert relative_error(state[0], g[f"hidden_{suffix}__{schedule}"]) < 1e-10
        theirs = ["encoder_weight", "decoder_weight", "decoder_bias"]
        theirs += [
            {**names, "alpha": "alpha"}[w.name] for w in layer.trainable_variables
        ]
        turned = [False] * 3 + [w.name in TURNED for w in layer.trainable_variables]
        for name, gradient, turn in zip(theirs, gradients, turned, strict=True):
            array = g[f"grad_{suffix}_{name}__{schedule}"]
            assert relative_error(gradient, array.T if turn else array) < 1e-10, name
