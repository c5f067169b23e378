"""The language models: what is where, how they start, and what padding means."""

import keras
import numpy as np
import pytest

from experiments import recipes  # noqa: F401
from experiments.core.options import OptionError
from experiments.networks.language import LanguageNetwork
from keras_nonnormal import Chain, FBChain, Ramp

pytestmark = pytest.mark.usefixtures("uncompiled_file")

VOCABULARY = 7
TOKENS = np.random.default_rng(0).integers(VOCABULARY, size=(2, 9)).astype("int32")
EVERYTHING = {
    "dropout_input": 0.1,
    "dropout_hidden": 0.2,
    "dropout_output": 0.3,
    "dropout_embedding": 0.15,
    "dropout_weight": 0.5,
    "ar": 2.0,
    "tar": 1.0,
    "padded": True,
}
NOTHING = {name: 0.0 for name in EVERYTHING if name != "padded"}


def network(cell="rnn", **settings):
    built = {"seed": 1, "padded": False}
    built |= {name: settings.pop(name) for name in built if name in settings}
    sizes = {"emsize": 4, "units": 6, **NOTHING}
    return LanguageNetwork(cell=cell, **{**sizes, **settings}).build(
        VOCABULARY, **built
    )


def run(model, tokens, states=None):
    """Logits and new states, as arrays."""
    if states is None:
        shapes = [(len(tokens), state.shape[-1]) for state in model.inputs[1:]]
        states = [np.zeros(shape, "float32") for shape in shapes]
    logits, *after = model([tokens, *states])
    return np.array(logits), [np.array(state) for state in after]


def recurrent_kernels(model):
    return [w.numpy() for w in model.weights if w.name == "recurrent_kernel"]


@pytest.fixture(scope="module", params=["rnn", "lstm"])
def full(request):
    """A network with everything there is."""
    return network(request.param, **EVERYTHING)


def test_the_stack_is_the_published_one(full):
    lstm = len(full.inputs) == 7
    cell = "FusedLSTM" if lstm else "FusedSimpleRNN"
    drop, penalty = "SpatialDropout1D", "ActivationRegularization"
    layers = [x for x in full.layers if not isinstance(x, keras.layers.InputLayer)]
    assert [type(layer).__name__ for layer in layers] == [
        *("TiedEmbedding", "EmbeddingDropout", drop),
        *(cell, drop, cell, drop, cell, penalty, drop, penalty),
    ]
    rates = [layer.rate for layer in layers if hasattr(layer, "rate")]
    assert rates == [0.15, 0.1, 0.2, 0.2, 0.3]
    assert (full.get_layer("tar").beta, full.get_layer("ar").alpha) == (1.0, 2.0)
    assert full.get_layer("recurrent_2").weight_dropout == 0.5
    widths = [state.shape[-1] for state in full.inputs[1:]]
    assert widths == ([6, 6, 6, 6, 4, 4] if lstm else [6, 6, 4])


def test_padding_changes_no_state_and_hides_from_no_loss(full):
    padded = np.pad(TOKENS, ((0, 0), (0, 3)), constant_values=-1)
    logits, states = run(full, TOKENS)
    longer, same_states = run(full, padded)
    np.testing.assert_allclose(longer[:, :9], logits, atol=1e-6)
    np.testing.assert_allclose(same_states[-1], states[-1], atol=1e-6)
    # Weights of the targets are what losses go by; a mask would change the mean.
    raw, *_ = full([padded, *[np.zeros_like(state) for state in states]])
    assert getattr(raw, "_keras_mask", None) is None


def test_chunks_carry_their_states(full):
    logits, states = run(full, TOKENS)
    first, between = run(full, TOKENS[:, :5])
    second, after = run(full, TOKENS[:, 5:], between)
    np.testing.assert_allclose(np.concatenate([first, second], 1), logits, atol=1e-6)
    np.testing.assert_allclose(after[-1], states[-1], atol=1e-6)


def test_all_weights_have_gradients_and_training_alone_has_penalties(full):
    import tensorflow as tf

    states = [np.zeros((2, state.shape[-1]), "float32") for state in full.inputs[1:]]
    with tf.GradientTape() as tape:
        logits, *_ = full([TOKENS, *states], training=True)
        assert len(full.losses) == 2
        total = tf.reduce_sum(logits**2) + sum(full.losses)
    for gradient in tape.gradient(total, full.trainable_variables):
        assert np.any(tf.convert_to_tensor(gradient))
    full([TOKENS, *states])
    assert full.losses == []


def test_a_saved_network_predicts_the_same(full, tmp_path):
    full.save(tmp_path / "model.keras")
    with pytest.warns(UserWarning, match="Source connects"):
        loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(run(loaded, TOKENS)[0], run(full, TOKENS)[0])


def test_layers_start_by_name_and_gain():
    chain, *_ = recurrent_kernels(network(init="chain", gain=0.7))
    np.testing.assert_array_equal(chain, Chain(0.7)((6, 6)))
    fbchain, *_ = recurrent_kernels(
        network(init="fbchain", gain=0.7, feedback_gain=0.2)
    )
    np.testing.assert_array_equal(fbchain, FBChain(0.2, 0.7)((6, 6)))
    *_, orthogonal = recurrent_kernels(network(init="orthogonal", gain=0.7))
    np.testing.assert_allclose(orthogonal.T @ orthogonal, 0.49 * np.eye(4), atol=1e-6)
    mixed = recurrent_kernels(network("lstm", init="mixed", gain=0.7))[0]
    gates = np.split(mixed, 4, axis=1)
    for gate, start in zip(gates, (Ramp(), Ramp(), Chain(0.7), Ramp()), strict=True):
        np.testing.assert_array_equal(gate, start((6, 6)))


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_plain_start_is_uniform_also_in_its_biases(cell):
    cell = network(cell, init="plain", tied=False).get_layer("recurrent_3").cell
    bound = 1 / np.sqrt(6)
    for weight in (cell.kernel, cell.recurrent_kernel, cell.bias):
        assert 0.5 * bound < np.abs(weight.numpy()).max() <= bound


def test_a_seed_decides_about_everything_random():
    weights = [
        network(init="orthogonal", tied=False, seed=seed).get_weights()
        for seed in (5, 5, 6)
    ]
    for first, again, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, again)
        assert not first.any() or (first != other).any()  # biases are zero
    kernels = recurrent_kernels(network(init="orthogonal", tied=False))
    assert (kernels[0] != kernels[1]).any()


def test_without_ties_the_read_out_has_a_matrix_of_its_own():
    model = network(tied=False)
    assert model.get_layer("readout").kernel.shape == (6, VOCABULARY)
    assert run(model, TOKENS)[0].shape == (2, 9, VOCABULARY)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"init": "mixed"}, "rnn starts from one of"),
        ({"feedback_gain": 0.1}, "--feedback-gain: chain has none"),
        ({"init": "plain", "gain": 1.0}, "--gain: plain has none"),
    ],
    ids=str,
)
def test_what_does_not_belong_is_refused(arguments, message):
    with pytest.raises(OptionError, match=message):
        network(**arguments)
