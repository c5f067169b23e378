"""Dtypes of outputs, states and variables, in every precision."""

import contextlib

import keras
import numpy as np
import pytest

from keras_nonnormal.layers import ALIF, NNRNN, FusedSimpleRNN
from tests.layers.registry import CELLS, RECURRENT, first_of_each_kind

pytestmark = [
    pytest.mark.usefixtures("uncompiled"),
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="Keras rounds float64 to float32 on JAX",
    ),
]

BATCH, TIME = 3, 4
# The policy of a model, the dtype of the layer, and the widest type of numbers.
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "float32", "float64")
OF_PARAMETRIZATIONS = {"base", "origin", "uses", "moves"}
"""Variables that are no weights: the charts of a dynamic trivialization."""

EVERY = pytest.mark.parametrize("name", RECURRENT)


@contextlib.contextmanager
def policy_in_use(policy, floatx="float32"):
    before = keras.config.dtype_policy()
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy(before)


def draws(name):
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, RECURRENT[name].features))
    x[0, 2:] = 0.0
    x[1, :1] = 0.0
    return x.astype("float32")


def dtypes(tensors):
    return [keras.backend.standardize_dtype(tensor.dtype) for tensor in tensors]


def expected_dtypes(masked):
    """Dtypes of outputs and variables of a layer of Keras under the policy in use."""
    policy = keras.config.dtype_policy()
    if (policy.name, masked) not in _EXPECTED:
        layer = keras.layers.SimpleRNN(4, return_sequences=True, return_state=True)
        mask = np.ones((BATCH, TIME), bool) if masked else None
        given = layer(np.zeros((BATCH, TIME, 4)), mask=mask)
        kept = set(dtypes(given)), set(dtypes(layer.weights))
        _EXPECTED[policy.name, masked] = kept
    return _EXPECTED[policy.name, masked]


_EXPECTED: dict = {}


def as_float64(tensor):
    return np.asarray(keras.ops.cast(tensor, "float64"))


def check_call(layer, x, masks):
    for mask in masks:
        outputs, of_weights = expected_dtypes(mask is not None)
        given = layer(x, mask=mask)
        assert set(dtypes(given)) == outputs
        for tensor in given:
            assert np.all(np.isfinite(as_float64(tensor)))
    assert set(dtypes(layer(x, mask=mask, initial_state=list(given[1:])))) == outputs
    weights = [w for w in layer.weights if w.name not in OF_PARAMETRIZATIONS]
    assert {*dtypes(weights), *of_weights} == of_weights


@EVERY
@pytest.mark.parametrize("policy", POLICIES)
def test_outputs_states_and_variables_have_the_dtypes_of_kerass_layers(name, policy):
    x = draws(name)
    with policy_in_use(policy):
        layer = RECURRENT[name].make(return_sequences=True, return_state=True)
        check_call(layer, x, (None, np.any(x != 0, axis=-1)))


@EVERY
def test_dtypes_are_the_same_in_kerass_own_loop(name):
    with policy_in_use("mixed_float16"):
        layer = RECURRENT[name].make(
            return_sequences=True, return_state=True, unroll=True
        )
        check_call(layer, draws(name), (None,))


# Every layer in mixed precision, and in one of the others.
NAMES = list(RECURRENT)
TRAINED = [
    *(("mixed_float16", NAMES[start::4]) for start in range(4)),
    ("mixed_bfloat16", NAMES[0::3]),
    ("float16", NAMES[1::3]),
    ("float64", NAMES[2::3]),
]
# Tracing takes most of the time: a class once, and what is in the loop besides.
TRACED = {*first_of_each_kind(RECURRENT), "simple modrelu", "simple prelu"}
TRACED |= {"simple gamma", "lstm stair", "exp dynamic", "anru stair", "lru associative"}
TRACED |= {"min gru log", "slstm heads", "stair exp-alpha", "stair schur"}


def check_graph_of_gradients(model, shape):
    """In a graph, a loop whose numbers change their dtype or shape is refused."""
    import tensorflow as tf

    def gradients(x):
        with tf.GradientTape() as tape:
            outputs = tf.nest.flatten(model(x, training=True))
            loss = sum(tf.reduce_sum(tf.cast(y, "float32")) for y in outputs)
        return tape.gradient(loss, model.trainable_variables)

    function = tf.function(gradients, autograph=False)
    graph = function.get_concrete_function(tf.TensorSpec(shape))
    assert all(gradient is not None for gradient in graph.structured_outputs)


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "names"), TRAINED)
def test_models_train_and_come_back_from_a_file(policy, names, tmp_path):
    with policy_in_use(policy):
        keras.utils.set_random_seed(1)
        sequences = keras.Input((TIME, 4))
        branches, traced = [], []
        for number, name in enumerate(names):
            layer = RECURRENT[name].make(return_sequences=False)
            if number % 3 == 1:
                layer = keras.layers.Bidirectional(layer)
            seen = sequences[..., : RECURRENT[name].features]
            branches.append(layer(keras.layers.Masking()(seen)))
            # The other policies share all but a name.
            if name in (TRACED if policy == "mixed_float16" else names[::4]):
                traced.append(branches[-1])
        outputs = keras.layers.Dense(2, dtype="float32")(
            keras.layers.Concatenate()(branches)
        )
        model = keras.Model(sequences, outputs)
        model.compile(keras.optimizers.Adam(1e-3, epsilon=1e-4), "mse")
        x = draws("simple tanh")
        check_graph_of_gradients(keras.Model(sequences, traced), x.shape)
        history = model.fit(x, np.zeros((BATCH, 2)), verbose=0)
        assert np.all(np.isfinite(history.history["loss"]))
        broken = [w.path for w in model.weights if not np.isfinite(as_float64(w)).all()]
        assert not broken
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        assert dtypes(loaded.weights) == dtypes(model.weights)
        expected = np.asarray(model(x))
        assert np.all(np.isfinite(expected))
        # A loop may be run by another program by now, which rounds at other places.
        tolerance = 2e-3 if "float16" in policy else 1e-5
        np.testing.assert_allclose(loaded(x), expected, atol=tolerance)


@pytest.mark.parametrize("dtype", [None, "float32", "mixed_float16"])
def test_layers_train_where_floatx_is_float64(dtype):
    with policy_in_use("float64", floatx="float64"):
        for name in ("simple modrelu", "nnrnn", "eurnn", "stair exp-alpha", "lru"):
            x = draws(name)
            model = keras.Sequential(
                [keras.Input(x.shape[1:]), RECURRENT[name].make(dtype=dtype)]
            )
            model.compile("sgd", "mse")
            history = model.fit(x, np.zeros((BATCH, 4)), verbose=0)
            assert np.all(np.isfinite(history.history["loss"]))


def test_penalty_of_a_float64_layer_goes_with_losses_in_float32():
    x = draws("nnrnn")
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            FusedSimpleRNN(4, return_sequences=True, kernel_regularizer="l2"),
            NNRNN(4, dtype="float64", gamma_penalty=0.1),
            keras.layers.Dense(2, dtype="float32"),
        ]
    )
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((BATCH, 2)), verbose=0)
    model.layers[1].parametrization.gamma.assign([2.0, 2.0])
    assert dtypes(model.losses) == ["float32", "float32"]
    assert float(model.losses[1]) == pytest.approx(0.2)


@pytest.mark.parametrize("name", ["exp", "nnrnn", "eurnn real", "exp cayley"])
def test_matrices_are_orthogonal_to_single_precision_in_half_precision(name):
    layer = RECURRENT[name].make(dtype="float16")
    layer.build((BATCH, TIME, 4))
    parametrization = layer.parametrization
    q = as_float64(getattr(parametrization, "basis", parametrization.matrix)())
    np.testing.assert_allclose(q.T @ q, np.eye(len(q)), atol=1e-6)
    assert dtypes([parametrization.matrix()]) == ["float32"]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_cells_in_kerass_own_loop_keep_its_dtypes(name, policy):
    entry = CELLS[name]
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, entry.features))
    with policy_in_use(policy):
        layer = keras.layers.RNN(entry.make(), return_state=True)
        for mask in (None, np.arange(TIME) < [[2], [4], [3]]):
            outputs, _ = expected_dtypes(mask is not None)
            assert set(dtypes(layer(x, mask=mask))) == outputs


@EVERY
def test_what_is_no_number_stays_none(name):
    layer = RECURRENT[name].make(return_sequences=True, return_state=True)
    x = draws(name)
    x[:, 1] = np.nan
    outputs, *_ = layer(x)
    assert np.all(np.isfinite(outputs[:, 0]))
    assert np.all(np.isnan(np.asarray(outputs)[:, 1:]).any(axis=-1))
    assert isinstance(layer, ALIF) is name.startswith("alif")
