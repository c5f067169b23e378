"""Streams, which have nothing to validate on, and texts, which carry states."""

import keras
import numpy as np
import pytest

from keras_nonnormal.datasets import Corpus, copying_stream_task, text_task
from keras_nonnormal.layers import FusedSimpleRNN
from keras_nonnormal.training import (
    RunDirectory,
    Schedule,
    simple_recurrent_network,
    train,
    two_rate_optimizer,
)
from tests.training.schedules import HALVING, scheduled


def run(task, model, folder, resume=False, **settings):
    directory = RunDirectory(folder)
    directory.claim({}, resume)
    settings = {"epochs": 2, "batch_size": 8, "seed": 3, "verbose": 0, **settings}
    settings["jit_compile"] = False  # the compiler takes longer than the training
    optimizer = two_rate_optimizer("RMSprop", 1e-2, clip_norm=1.0)
    return train(model, task, directory, optimizer=optimizer, **scheduled(settings))


def assert_same_weights(one, other):
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def stream():
    return copying_stream_task(10, symbols=3, updates_per_epoch=10)


def stream_network(task):
    keras.utils.set_random_seed(1)
    return simple_recurrent_network(task, 12, activation="elu", seed=1)


def test_a_stream_is_trained_without_validation_and_test(stream, tmp_path):
    result = run(stream, stream_network(stream), tmp_path, keep_best=True)
    assert result.test == {}
    assert set(result.history[0]) == {"epoch", "seconds", "loss", "recall_accuracy"}
    assert result.monitor.name == "loss"
    assert result.best["loss"] == min(row["loss"] for row in result.history)
    assert result.summary()["best"] == result.best


def test_a_stream_can_stop_early_by_its_training_loss(stream, tmp_path):
    result = run(stream, stream_network(stream), tmp_path, stop_below=100.0)
    assert result.stopped_early


def test_a_stream_goes_on_where_it_was(stream, tmp_path):
    unbroken, broken = stream_network(stream), stream_network(stream)
    run(stream, unbroken, tmp_path / "a")
    run(stream, broken, tmp_path / "b", epochs=1)
    broken = stream_network(stream)
    run(stream, broken, tmp_path / "b", resume=True)
    assert_same_weights(broken, unbroken)


def test_delays_that_vary_are_scored_over_the_steps_they_have(tmp_path):
    task = copying_stream_task(10, symbols=3, updates_per_epoch=10, vary_delay=True)
    model = stream_network(task)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    directory = RunDirectory(tmp_path)
    directory.claim({})
    result = train(
        model,
        task,
        directory,
        optimizer=keras.optimizers.SGD(0.0),
        schedule=Schedule(epochs=1, batch_size=8),
        seed=1,
        jit_compile=False,
        verbose=0,
    )
    # Nine equal logits, and symbols that are never the blank of the first.
    assert result.history[0]["loss"] == pytest.approx(np.log(9), rel=1e-5)
    assert result.history[0]["recall_accuracy"] == 0


@pytest.fixture(scope="module")
def text():
    words = "the quick brown fox jumps over the lazy dog and runs away "
    corpus = Corpus.from_texts(*(" ".join(words) * n for n in (24, 4, 5)))
    return text_task(corpus, bptt=15)


def text_network(task):
    keras.utils.set_random_seed(1)
    tokens = keras.Input((None,), dtype="int32")
    state = keras.Input((16,))
    embedded = keras.layers.Embedding(task.input_width, 8)(tokens)
    rnn = FusedSimpleRNN(16, return_sequences=True, return_state=True, name="recurrent")
    hidden, new = rnn(embedded, initial_state=state)
    logits = keras.layers.Dense(task.output_width)(hidden)
    return keras.Model([tokens, state], [logits, new])


TEXT = {
    "epochs": 4,
    "keep_best": True,
    "reduce_on_plateau": HALVING,
    "monitor": "val_bits_per_character",
    "log_gradient_norm": True,
}


@pytest.fixture(scope="module")
def trained(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    model = text_network(text)
    return folder, model, run(text, model, folder, **TEXT)


def test_a_text_is_scored_in_nats_bits_and_accuracy(trained, text):  # Rows 31 and 41
    _, _, result = trained
    for row, prefix in ((result.history[-1], "val_"), (result.test, "")):
        bits = row[f"{prefix}bits_per_character"]
        assert bits == pytest.approx(row[f"{prefix}loss"] / np.log(2), rel=1e-5)
        assert 0 < row[f"{prefix}accuracy"] < 1
    assert result.history[-1]["loss"] < 0.9 * text.trivial_loss
    assert result.history[-1]["gradient_norm"] > 0


def test_the_test_score_is_that_of_one_long_pass(trained, text):
    _, model, result = trained
    columns = text.evaluation_batches("test").element_spec[0].shape[0]
    state, total, count = np.zeros((columns, 16), "float32"), 0.0, 0
    for x, y, weight in text.evaluation_batches("test"):
        logits, state = model([x, keras.ops.convert_to_tensor(state)])
        nats = keras.losses.sparse_categorical_crossentropy(y, logits, True).numpy()
        total += nats[weight.numpy() > 0].sum()
        count += (weight.numpy() > 0).sum()
    assert count == columns * (text.rows("test") - 1)
    assert result.test["loss"] == pytest.approx(total / count, rel=1e-5)


def test_a_text_goes_on_where_it_was(trained, text, tmp_path):
    _, model, result = trained
    run(text, text_network(text), tmp_path, **{**TEXT, "epochs": 2})
    resumed = text_network(text)
    again = run(text, resumed, tmp_path, resume=True, **TEXT)
    assert_same_weights(resumed, model)
    assert again.test == result.test


def test_the_saved_network_takes_and_gives_states(trained):
    folder, model, _ = trained
    loaded = keras.saving.load_model(folder / "model.keras")
    assert_same_weights(loaded, model)
    logits, state = loaded([keras.ops.zeros((3, 4), "int32"), keras.ops.zeros((3, 16))])
    assert tuple(logits.shape[:2]) == (3, 4)
    assert tuple(state.shape) == (3, 16)
    assert loaded.get_layer("recurrent").units == 16
