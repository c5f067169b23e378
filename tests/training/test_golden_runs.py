"""Whole runs of the published nnRNN programs, step by step."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_nonnormal.datasets import Corpus, text_task
from keras_nonnormal.training import (
    CarriedState,
    RunDirectory,
    Schedule,
    loss_and_metrics,
    train,
    two_rate_optimizer,
)
from tests.golden import variants
from tests.golden_networks import assign, golden_layer, golden_weights
from tests.helpers import relative_error


@pytest.fixture(autouse=True)
def _double_precision():
    for dtype in ("float64", "float32"):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)  # else the one in use stays what it was
        if dtype == "float64":
            yield


def optimizer_of(network, g):
    return two_rate_optimizer(
        str(g["optimizer"]),
        float(g["lr"]),
        orthogonal_rate=float(g["lr_orth"]) if network in ("nnrnn", "exprnn") else None,
        alpha=float(g["rms_alpha"]),
        betas=tuple(map(float, g["adam_betas"])),
        upper_decay=float(g["Tdecay"]) if network == "nnrnn" else 0.0,
    )


def assert_weights(layers, network, g, prefix):
    """Updates divide by sqrt(v) + 1e-8, which magnifies round-off: 1e-6."""
    recurrent, *others = layers
    for name, value in golden_weights(network, g, f"{prefix}_").items():
        variable = next(w for w in recurrent.trainable_variables if w.name == name)
        assert relative_error(variable, value) < 1e-6, name
    for layer in others:
        for variable in layer.trainable_variables:
            name = (
                "embedding"
                if variable.name == "embeddings"
                else f"head_{variable.name}"
            )
            assert relative_error(variable, g[f"{prefix}_{name}"]) < 1e-6, name


# Row 33, and the updates of rows 10 and 16.
@pytest.mark.parametrize("network", variants("nnrnn/copyrun_*"))
def test_copy_run_is_the_published_one(golden, network):
    g = golden(f"nnrnn/copyrun_{network}")
    layer = golden_layer(network, g, return_sequences=True)
    symbols = int(g["labels"]) + 2  # the blank and the marker
    head = keras.layers.Dense(len(g["init_head_bias"]))
    x = g["x"].astype(int)
    x = np.eye(symbols)[x] if g["onehot"] else x[..., None].astype(float)
    model = keras.Sequential([keras.Input(x.shape[2:]), layer, head])
    assign(layer, golden_weights(network, g, "init_"))
    head.set_weights([g["init_head_kernel"], g["init_head_bias"]])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Without a graph, which takes longer to trace than these updates.
    model.compile(optimizer_of(network, g), loss, run_eagerly=True)
    for batch, y, expected, task in zip(
        x, g["y"], g["logged_loss"], g["task_loss"], strict=True
    ):
        model.reset_metrics()
        penalty = float(sum(model.losses))
        total = model.train_on_batch(batch, y)
        assert total == pytest.approx(float(expected), rel=1e-9)
        assert total - penalty == pytest.approx(float(task), rel=1e-9)
    assert_weights([layer, head], network, g, "final")


def language_network(network, g, vocabulary):
    """Layers, initialised, and the network that `CarriedState` takes."""
    recurrent = golden_layer(
        network, g, return_sequences=True, return_state=True, name="recurrent"
    )
    embedding = keras.layers.Embedding(vocabulary, g["init_embedding"].shape[1])
    head = keras.layers.Dense(vocabulary)
    tokens = keras.Input((None,), dtype="int32")
    count = 2 if network == "lstm" else 1
    states = [keras.Input((recurrent.units,)) for _ in range(count)]
    hidden, *new = recurrent(embedding(tokens), initial_state=states)
    model = keras.Model([tokens, *states], [head(hidden), *new])
    assign(recurrent, golden_weights(network, g, "init_"))
    embedding.set_weights([g["init_embedding"]])
    head.set_weights([g["init_head_kernel"], g["init_head_bias"]])
    return [recurrent, embedding, head], model


# Rows 31, 32 and 34: epochs, evaluation, halved rates, best model, test score.
@pytest.mark.parametrize("run", variants("nnrnn/langrun_*"))
def test_language_run_is_the_published_one(golden, run, tmp_path):
    g = golden(f"nnrnn/langrun_{run}")
    network = "nnrnn" if run == "anneal" else run
    corpus = Corpus.from_texts(
        *(str(g[f"{s}_text"]) for s in ("train", "valid", "test"))
    )
    task = text_task(corpus, bptt=int(g["bptt"]))
    layers, model = language_network(network, g, task.vocabulary_size)
    directory = RunDirectory(tmp_path / "run")
    directory.claim({})
    optimizer = optimizer_of(network, g)
    result = train(
        model,
        task,
        directory,
        optimizer=optimizer,
        schedule=Schedule(
            int(g["epochs"]),
            int(g["batch"]),
            keep_best=True,
            reduce_on_plateau={"factor": 0.5, "patience": 0},
        ),
        seed=1,
        jit_compile=False,
        verbose=0,
    )
    # There the sum of the losses is divided by one too many. Weights of steps, and
    # with them these means, are of single precision.
    rows = task.rows("validation")
    losses = [row["val_loss"] * (rows - 1) / rows for row in result.history]
    np.testing.assert_allclose(losses, g["epoch_val_loss"], rtol=2e-6)
    accuracies = [row["val_accuracy"] for row in result.history]
    np.testing.assert_allclose(accuracies, g["epoch_val_acc"], rtol=1e-6)
    bits = [row["val_bits_per_character"] for row in result.history]
    np.testing.assert_allclose(
        bits, [row["val_loss"] / np.log(2) for row in result.history], rtol=1e-6
    )
    rows = task.rows("test")
    test = result.test["loss"] * (rows - 1) / rows
    assert test == pytest.approx(float(g["test_loss"]), rel=2e-6)
    assert result.test["accuracy"] == pytest.approx(float(g["test_acc"]), rel=1e-6)
    rate = float(ops.convert_to_numpy(optimizer.learning_rate))
    assert rate == pytest.approx(float(g["final_lr"]), rel=1e-6)
    if run == "anneal":
        assert rate < float(g["lr"])
    assert_best(layers, network, g)


def assert_best(layers, network, g):
    """Gradients carry the weights of steps, which are of single precision: 1e-5."""
    recurrent, embedding, head = layers
    for name, value in golden_weights(network, g, "best_").items():
        variable = next(w for w in recurrent.trainable_variables if w.name == name)
        assert relative_error(variable, value) < 1e-5, name
    assert relative_error(embedding.weights[0], g["best_embedding"]) < 1e-5
    for variable in head.weights:
        assert relative_error(variable, g[f"best_head_{variable.name}"]) < 1e-5


# Row 30: a chunk goes on where the one before it ended, with no gradient through it.
def test_states_go_from_chunk_to_chunk(golden):
    g = golden("nnrnn/langrun_exprnn")
    corpus = Corpus.from_texts(
        *(str(g[f"{s}_text"]) for s in ("train", "valid", "test"))
    )
    _, network = language_network("exprnn", g, len(corpus.vocabulary))
    short = int(g["bptt"])
    tasks = {bptt: text_task(corpus, bptt=bptt) for bptt in (short, 2 * short)}
    losses = {}
    for bptt, task in tasks.items():
        columns = int(g["batch"]), g["val_batched"].shape[1]
        model = CarriedState(network, columns=columns)
        loss, metrics = loss_and_metrics(task)
        model.compile("sgd", loss, weighted_metrics=metrics)
        losses[bptt] = model.evaluate(task.evaluation_batches("validation"), verbose=0)[
            0
        ]
    assert losses[short] == pytest.approx(losses[2 * short], rel=1e-6)


# Row 29: 784 steps of sequential digits.
def test_step_on_sequential_digits_is_the_published_one(golden):
    g = golden("nnrnn/smnist_step")
    g = {**{name: g[name] for name in g.files}, "alam": 0.0}
    layer = golden_layer("nnrnn", g, return_sequences=True)
    x = g["images"][:, g["order"]][..., None].astype("float64")
    layer.build(x.shape)
    assign(layer, golden_weights("nnrnn", g))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        h = layer(x)
        logits = ops.matmul(h[:, -1], g["head_kernel"]) + g["head_bias"]
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
            g["labels"], logits
        )
    variables = {w.name: w for w in layer.trainable_variables}
    names = {"kernel": "kernel", "upper": "T", "theta": "theta", "gamma": "gamma"}
    gradients = tape.gradient(loss, [variables[n].value for n in names])
    assert float(loss) == pytest.approx(float(g["loss"]), rel=1e-9)
    assert relative_error(h[:, -1], g["h_last"]) < 1e-9
    for (name, published), gradient in zip(names.items(), gradients, strict=True):
        assert relative_error(gradient, g[f"grad_{published}"]) < 1e-9, name
    assert int(np.sum(np.argmax(logits, axis=-1) == g["labels"])) == int(g["correct"])
