"""Row 30: states that are carried from chunk to chunk, and detached."""

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import FusedSimpleRNN
from keras_nonnormal.metrics import BitsPerCharacter
from keras_nonnormal.training import (
    CarriedState,
    EpochCheckpoint,
    StopWhenNotFinite,
    TrainingDiverged,
)

pytestmark = pytest.mark.usefixtures("uncompiled_file")

TOKENS, UNITS, COLUMNS = 5, 6, 4
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def network(kind="simple", **settings):
    keras.utils.set_random_seed(1)
    tokens = keras.Input((None,), dtype="int32")
    states = [keras.Input((UNITS,)) for _ in range(2 if kind == "lstm" else 1)]
    embedded = keras.layers.Embedding(TOKENS, 3)(tokens)
    layer = keras.layers.LSTM if kind == "lstm" else FusedSimpleRNN
    rnn = layer(UNITS, return_sequences=True, return_state=True, **settings)
    hidden, *new = rnn(embedded, initial_state=states)
    logits = keras.layers.Dense(TOKENS)(hidden)
    return keras.Model([tokens, *states], [logits, *new])


def carried(kind="simple", columns=(COLUMNS, 2), rate=0.05, **settings):
    model = CarriedState(network(kind), columns)
    model.compile(
        keras.optimizers.SGD(rate),
        LOSS,
        weighted_metrics=[BitsPerCharacter()],
        **{"jit_compile": False, **settings},
    )
    return model


def text(columns=COLUMNS, length=17, seed=0):
    return np.random.default_rng(seed).integers(0, TOKENS, (columns, length + 1))


def chunks(tokens, size=5):
    """Batches `(x, y)` of consecutive chunks; the last one is shorter."""
    import tensorflow as tf

    def cut():
        for start in range(0, tokens.shape[1] - 1, size):
            part = tokens[:, start : start + size + 1]
            yield part[:, :-1], part[:, 1:]

    spec = tf.TensorSpec((len(tokens), None), "int32")
    data = tf.data.Dataset.from_generator(cut, output_signature=(spec, spec))
    count = -(-(tokens.shape[1] - 1) // size)
    return data.apply(tf.data.experimental.assert_cardinality(count))


def evaluate(model, data):
    return model.evaluate(data, return_dict=True, verbose=0)


def states(model, columns=COLUMNS):
    return [keras.ops.convert_to_numpy(s) for s in model._states[str(columns)]]


@pytest.mark.parametrize(
    ("kind", "jit_compile"), [("simple", False), ("simple", True), ("lstm", False)]
)
def test_chunks_evaluate_like_one_long_pass(kind, jit_compile):  # Row 45
    model, tokens = carried(kind, jit_compile=jit_compile), text()
    zeros = [np.zeros((COLUMNS, UNITS), "float32")] * (2 if kind == "lstm" else 1)
    logits, *last = model.network([tokens[:, :-1], *zeros])
    loss = float(LOSS(tokens[:, 1:], logits))
    result = evaluate(model, chunks(tokens))
    assert result["loss"] == pytest.approx(loss, rel=1e-5)
    assert result["bits_per_character"] == pytest.approx(loss / np.log(2), rel=1e-5)
    for ours, expected in zip(states(model), last, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


def test_every_evaluation_begins_with_states_of_zero():
    model, data = carried(), chunks(text())
    first = evaluate(model, data)
    assert np.abs(states(model)[0]).max() > 0.01
    assert evaluate(model, data) == first


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_every_epoch_begins_with_states_of_zero(steps_per_execution):
    settings = {"steps_per_execution": steps_per_execution}
    model, data = carried(rate=0.0, **settings), chunks(text())
    history = model.fit(
        data, epochs=3, validation_data=chunks(text(2, seed=1)), verbose=0
    ).history
    assert history["loss"] == pytest.approx([evaluate(carried(), data)["loss"]] * 3)
    assert len(set(history["val_loss"])) == 1


def test_columns_for_training_and_evaluation_have_states_of_their_own():
    model = carried(rate=0.0)
    validation = chunks(text(2, seed=1))
    model.fit(chunks(text()), validation_data=validation, verbose=0)
    assert states(model)[0].shape == (COLUMNS, UNITS)
    assert states(model, 2)[0].shape == (2, UNITS)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_training_carries_states_and_cuts_gradients(jit_compile):
    """Against a loop that does by hand what the model does."""
    import tensorflow as tf

    tokens, rate = text(), 0.5
    model = carried(rate=rate, jit_compile=jit_compile)
    model.fit(chunks(tokens), epochs=2, shuffle=False, verbose=0)

    plain = network()
    for _ in range(2):
        state = tf.zeros((COLUMNS, UNITS))
        for x, y in chunks(tokens):
            with tf.GradientTape() as tape:
                logits, state = plain([x, state])
                loss = LOSS(y, logits)
            weights = plain.trainable_weights
            for variable, g in zip(weights, tape.gradient(loss, weights), strict=True):
                variable.assign_sub(rate * tf.convert_to_tensor(g))
            state = tf.constant(state.numpy())  # detached
    for ours, expected in zip(
        model.network.get_weights(), plain.get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


def test_a_checkpoint_restores_it(tmp_path):
    data = chunks(text())
    unbroken = carried()
    unbroken.fit(data, epochs=3, verbose=0)
    first = carried()
    first.fit(data, epochs=1, verbose=0, callbacks=[EpochCheckpoint(tmp_path)])
    second = carried(rate=1.0)
    assert EpochCheckpoint(tmp_path).restore(second) == 1
    second.fit(data, epochs=3, initial_epoch=1, verbose=0)
    for ours, expected in zip(
        second.network.get_weights(), unbroken.network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)


def test_the_first_step_that_is_not_finite_is_named():
    # No number is left after the first update, whatever a processor rounds.
    model = carried(rate=np.inf)
    with pytest.raises(TrainingDiverged, match="step 2 "):
        model.fit(chunks(text()), verbose=0, callbacks=[StopWhenNotFinite()])


def test_states_can_be_cleared_by_hand():
    model, tokens = carried(), text()[:, :-1]
    first = model.predict(tokens, batch_size=COLUMNS, verbose=0)
    going_on = model.predict(tokens, batch_size=COLUMNS, verbose=0)
    assert np.abs(first - going_on).max() > 1e-3
    model.reset_states()
    again = model.predict(tokens, batch_size=COLUMNS, verbose=0)
    np.testing.assert_array_equal(first, again)


def test_another_number_of_columns_is_refused():
    with pytest.raises(ValueError, match="2 or 4 columns") as error:
        carried()(np.zeros((3, 5), "int32"))
    assert "(3, 5)" in str(error.value)


def test_a_network_that_keeps_its_states_is_refused():
    inner = network()
    for wrong in (
        keras.Model(inner.inputs, inner.outputs[:1]),
        keras.Model(inner.inputs, inner.outputs[::-1]),
    ):
        with pytest.raises(ValueError, match="new_states"):
            CarriedState(wrong, (4,))
