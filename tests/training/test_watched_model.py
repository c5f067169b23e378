import keras
import numpy as np
import pytest

from keras_nonnormal.training import (
    StopWhenNotFinite,
    TrainingDiverged,
    WatchedModel,
)


def watched(jit_compile, steps_per_execution):
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs))
    model = WatchedModel(model)
    model.compile(
        "sgd",
        "mse",
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    return model


def poisoned_batches(step, value, batches=20):
    """Batches of one; that of the given step, counted from 1, spoils the loss."""
    x = np.ones((batches, 1), "float32")
    y = np.zeros((batches, 1), "float32")
    y[step - 1] = value
    return x, y


def fit(model, data, **settings):
    x, y = data
    model.fit(
        x,
        y,
        batch_size=1,
        shuffle=False,
        verbose=0,
        callbacks=[StopWhenNotFinite()],
        **settings,
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(("jit_compile", "steps"), [(False, 1), (False, 5), (True, 5)])
def test_the_exact_step_is_named_within_a_block_of_steps(jit_compile, steps, value):
    model = watched(jit_compile, steps)
    with pytest.raises(TrainingDiverged, match="optimizer step 7 ") as error:
        fit(model, poisoned_batches(7, value))
    assert (error.value.step, error.value.epoch) == (7, 1)


def test_steps_are_counted_over_epochs():
    model = watched(False, 5)
    fit(model, poisoned_batches(1, 0.0), epochs=2)
    assert model.first_step_not_finite is None
    with pytest.raises(TrainingDiverged) as error:
        fit(model, poisoned_batches(3, np.nan), epochs=3, initial_epoch=2)
    assert (error.value.step, error.value.epoch) == (43, 3)


def test_a_validation_loss_that_is_not_finite_ends_training_too():
    model = watched(False, 5)
    with pytest.raises(TrainingDiverged, match=r"validation loss after .* step 20"):
        fit(
            model,
            poisoned_batches(1, 0.0),
            epochs=3,
            validation_data=poisoned_batches(2, np.inf),
        )
    assert model.first_step_not_finite is None  # only training is watched


def test_the_watched_model_trains_the_layers_it_was_given():
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    before = model.get_weights()[0].copy()
    shared = WatchedModel(model)
    shared.compile("sgd", "mse", jit_compile=False)
    fit(shared, poisoned_batches(1, 1.0))
    assert model.get_weights()[0] != before
    assert len(model.weights) == 2  # nothing was added to it


def network(penalty=None, units=2):
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(
        units, kernel_initializer="ones", kernel_regularizer=penalty
    )
    return keras.Model(inputs, dense(inputs))


def evaluate(model, *data, **settings):
    return model.evaluate(*data, return_dict=True, verbose=0, **settings)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_loss_of_the_task_is_told_from_the_penalty(jit_compile):  # Row 41
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    model = WatchedModel(network(keras.regularizers.L2(0.5)))
    model.compile("sgd", "mse", jit_compile=jit_compile)
    # Predictions are 3, six weights are 1.
    expected = {"loss": 4.0, "penalty": 3.0}
    assert evaluate(model, x, y) == pytest.approx(expected)
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert list(history) == ["loss", "penalty", "val_loss", "val_penalty"]
    assert history["loss"] + history["penalty"] == pytest.approx([4.0, 3.0])


def test_the_penalty_is_minimised_too():
    x, y = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32")
    model = WatchedModel(network(keras.regularizers.L2(0.5)))
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    model.fit(x, y, verbose=0)
    np.testing.assert_allclose(model.network.get_weights()[0], 0.9, rtol=1e-6)


def test_a_network_without_penalties_reports_none():
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    model = WatchedModel(network())
    model.compile("sgd", "mse", jit_compile=False)
    assert list(evaluate(model, x, y)) == ["loss"]


def per_step(outputs=2):
    inputs = keras.Input((None, 1))
    dense = keras.layers.Dense(outputs, use_bias=False, kernel_initializer="ones")
    model = WatchedModel(keras.Model(inputs, dense(inputs)))
    model.compile("sgd", "mse", jit_compile=False)
    return model


def unequal_batches():
    """Two sequences of five steps, one of two: `(x, y)` with a loss of x squared."""
    import tensorflow as tf

    def batches():
        for size, length, value in ((2, 5, 1.0), (1, 2, 3.0)):
            yield np.full((size, length, 1), value), np.zeros((size, length, 2))

    signature = (tf.TensorSpec((None, None, 1)), tf.TensorSpec((None, None, 2)))
    return tf.data.Dataset.from_generator(batches, output_signature=signature)


@pytest.mark.parametrize("steps_per_execution", [1, 2])
def test_a_shorter_batch_counts_by_its_targets(steps_per_execution):
    model = per_step()
    model.compile(
        keras.optimizers.SGD(0.0),
        "mse",
        jit_compile=False,
        steps_per_execution=steps_per_execution,
    )
    mean = (10 * 1.0 + 2 * 9.0) / 12
    assert evaluate(model, unequal_batches()) == pytest.approx({"loss": mean})
    history = model.fit(unequal_batches(), verbose=0).history
    assert history["loss"] == pytest.approx([mean])


@pytest.mark.parametrize("scale", [1.0, 7.0])
def test_targets_without_weight_do_not_count(scale):
    """Padding changes nothing, and neither does what weights are normalised to."""
    x = np.full((1, 5, 1), 2.0)
    x[:, 2:] = 100.0
    weights = scale * np.float32([[1, 1, 0, 0, 0]])
    result = evaluate(per_step(), x, np.zeros((1, 5, 2)), sample_weight=weights)
    assert result == pytest.approx({"loss": 4.0})


def padded(length, padding, value):
    weight = (length + padding) / length
    return (
        np.full((1, length + padding, 1), value),
        np.zeros((1, length + padding, 2)),
        np.float32([[weight] * length + [0.0] * padding]),
    )


def test_a_padded_batch_counts_by_the_targets_that_have_a_weight():
    import tensorflow as tf

    parts = zip(padded(5, 0, 1.0), padded(2, 3, 3.0), strict=True)
    arrays = tuple(np.stack(each).astype("float32") for each in parts)
    result = evaluate(per_step(), tf.data.Dataset.from_tensor_slices(arrays))
    assert result == pytest.approx({"loss": (5 * 1.0 + 2 * 9.0) / 7})


@pytest.mark.parametrize(
    ("jit_compile", "steps_per_execution"), [(False, 1), (True, 2)]
)
def test_the_norm_of_the_whole_gradient_is_reported(
    jit_compile, steps_per_execution
):  # Row 41
    inputs = keras.Input((1,))
    dense = keras.layers.Dense(1, kernel_initializer="ones")
    model = WatchedModel(keras.Model(inputs, dense(inputs)), log_gradient_norm=True)
    model.compile(
        keras.optimizers.SGD(0.0, global_clipnorm=0.1),
        "mse",
        jit_compile=jit_compile,
        steps_per_execution=steps_per_execution,
    )
    x, y = np.float32([[1.0], [2.0]]), np.zeros((2, 1), "float32")
    history = model.fit(
        x, y, batch_size=1, shuffle=False, validation_data=(x, y), verbose=0
    ).history
    # d(wx + b)^2 is 2x (x, 1): norms 2 sqrt 2 and 4 sqrt 5.
    mean = (2 * 2**0.5 + 4 * 5**0.5) / 2
    assert history["gradient_norm"] == pytest.approx([mean])
    assert set(history) == {"loss", "gradient_norm", "val_loss"}


def test_the_norm_of_an_embedding_is_that_of_its_table():
    inputs = keras.Input((2,), dtype="int32")
    table = keras.layers.Embedding(3, 1, embeddings_initializer="ones")
    model = WatchedModel(keras.Model(inputs, table(inputs)), log_gradient_norm=True)
    model.compile("sgd", "mse", jit_compile=False)
    ids, y = np.zeros((1, 2), "int32"), np.zeros((1, 2, 1), "float32")
    history = model.fit(ids, y, verbose=0).history
    # The mean of two squares of the same number: its derivative at 1 is 2.
    assert history["gradient_norm"] == pytest.approx([2.0])


def test_watching_the_norm_changes_nothing():
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(32, 3)), draw.normal(size=(32, 2))
    weights = []
    for watch in (False, True):
        model = WatchedModel(network(), log_gradient_norm=watch)
        model.compile(keras.optimizers.Adam(0.1), "mse", jit_compile=False)
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        weights.append(model.network.get_weights()[0])
    np.testing.assert_array_equal(*weights)


def test_a_penalty_that_is_not_finite_ends_training():
    x, y = np.zeros((4, 3), "float32"), np.zeros((4, 2), "float32")
    model = WatchedModel(network(lambda kernel: np.inf * keras.ops.sum(kernel)))
    model.compile("sgd", "mse", jit_compile=False)
    with pytest.raises(TrainingDiverged, match="step 1 "):
        fit(model, (x, y))
