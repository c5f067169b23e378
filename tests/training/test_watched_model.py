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
    shared.compile("sgd", "mse")
    fit(shared, poisoned_batches(1, 1.0))
    assert model.get_weights()[0] != before
    assert len(model.weights) == 2  # nothing was added to it
