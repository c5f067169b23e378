"""The networks that options ask for: their parameters, starts and read-outs."""

import math

import keras
import numpy as np
import pytest

from experiments.core.parts import network_names
from keras_nonnormal.datasets import (
    Corpus,
    Examples,
    Splits,
    addition_stream_task,
    copying_stream_task,
)
from keras_nonnormal.datasets.mnist import task_of_digits
from keras_nonnormal.datasets.text_task import text_task
from tests.experiments.settings import count_parameters, model_of

UNITS = 8
NETWORKS = network_names("gamma")


@pytest.fixture(scope="module")
def tasks():
    corpus = Corpus.from_texts("a b c d " * 9, "b c " * 9, "c d " * 9)
    noise = Examples(np.ones((9, 784), np.uint8), np.ones(9, np.uint8))
    return {
        "copy": copying_stream_task(5, symbols=2, labels=3),
        "addition": addition_stream_task(6),
        "psmnist": task_of_digits(Splits(noise, noise, noise), permute=True),
        "ptb_char": text_task(corpus, bptt=4),
    }


def built(tasks, script, **given):
    keras.utils.set_random_seed(3)
    more = {"emsize": 6} if script == "ptb_char" else {}
    return model_of(tasks[script], script, **{"units": UNITS, **more, **given})[0]


def start(model, layer):
    """The starting values of a layer by name."""
    found = model.get_layer(layer).trainable_variables
    return {v.path.split("/")[-1]: keras.ops.convert_to_numpy(v) for v in found}


def unused(name):
    """Entries of a matrix that is counted above the diagonal only."""
    return (
        {"expRNN": 1, "nnRNN": 2, "ScoRNN": 1}.get(name, 0) * UNITS * (UNITS + 1) // 2
    )


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("script", ["copy", "addition", "psmnist", "ptb_char"])
def test_networks_have_the_parameters_that_are_counted(tasks, script, name):
    task = tasks[script]
    model = built(tasks, script, net_type=name)
    text = script == "ptb_char"
    count = count_parameters(
        *(name, UNITS, 6 if text else task.input_width, task.output_width),
        vocabulary=task.input_width if text else 0,
    )
    sizes = (math.prod(v.shape) for v in model.trainable_variables)
    assert sum(sizes) - unused(name) == count


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"fft": True}, {"fft": True}),
        ({"complex": False, "capacity": 2}, {"complex": False, "capacity": 2}),
        ({"fft": True, "complex": False}, {"fft": True, "complex": False}),
    ],
)
def test_all_kinds_of_rotations_are_counted(tasks, options, count):
    model = built(tasks, "copy", net_type="EURNN", **options)
    sizes = (math.prod(v.shape) for v in model.trainable_variables)
    assert sum(sizes) == count_parameters("EURNN", UNITS, 5, 4, **count)


def spread(values):
    """Whether values look uniform or normal, and of what size."""
    return np.abs(values).max(), np.sqrt(np.mean(np.square(values)))


def test_readouts_start_as_published(tasks):
    """Sections 6.1 to 6.4 and, for EURNN, 5.3; row S24."""
    for script in ("copy", "addition"):
        readout = start(built(tasks, script, net_type="expRNN"), "readout")
        classes = readout["bias"].size
        assert np.abs(readout["bias"]).max() <= 1 / math.sqrt(UNITS)
        assert np.any(readout["bias"])
        deviation = math.sqrt(2 / (UNITS + classes))
        assert spread(readout["kernel"])[1] == pytest.approx(deviation, rel=0.6)
    readout = start(built(tasks, "psmnist", net_type="expRNN"), "readout")
    for values in readout.values():
        largest, typical = spread(values)
        assert 0.5 < largest * math.sqrt(UNITS) <= 1
        assert typical * math.sqrt(3 * UNITS) == pytest.approx(1, rel=0.4)
    model = built(tasks, "ptb_char", net_type="expRNN")
    (embeddings,) = start(model, "embedding").values()
    readout = start(model, "readout")
    assert 0.08 < np.abs(embeddings).max() <= 0.1
    assert 0.08 < np.abs(readout["kernel"]).max() <= 0.1
    assert not np.any(readout["bias"])
    readout = start(built(tasks, "copy", net_type="EURNN"), "readout")
    bound = math.sqrt(6 / (5 + 4))  # from the width of the input
    assert 0.8 * bound < np.abs(readout["kernel"]).max() <= bound
    np.testing.assert_allclose(readout["bias"], 0.01)


def test_starts_and_settings_reach_the_layers(tasks):
    options = {"iinit": "torch_default", "t_mask": "block", "alam": 0.25}
    cell = built(tasks, "copy", **options).get_layer("recurrent").cell
    assert np.abs(cell.kernel).max() <= 1 / math.sqrt(5)
    schur = cell.parametrization.get_config()
    assert (schur["gamma_penalty"], schur["t_mask"]) == (0.25, "block")
    options = {"orthogonal_map": "cayley", "trivialization": "dynamic"}
    options |= {"rebase_every": 9, "project_every": 5, "net_type": "expRNN"}
    cell = built(tasks, "copy", **options).get_layer("recurrent").cell
    orthogonal = cell.parametrization.get_config()
    assert orthogonal["orthogonal_map"] == "cayley"
    assert orthogonal["trivialization"] == "dynamic"
    assert (orthogonal["rebase_every"], orthogonal["project_every"]) == (9, 5)


@pytest.mark.parametrize("nonlin", ["none", "tanh", "relu", "sigmoid", "modrelu"])
@pytest.mark.parametrize("name", ["RNN", "nnRNN"])
def test_non_linearities_are_what_they_are_called(tasks, name, nonlin):
    model = built(tasks, "copy", net_type=name, nonlin=nonlin)
    z = np.linspace(-2, 2, UNITS, dtype="float32")[None]
    activation = model.get_layer("recurrent").cell.activation
    expected = {
        "none": z,
        "tanh": np.tanh(z),
        "relu": np.maximum(z, 0),
        "sigmoid": 1 / (1 + np.exp(-z)),
        "modrelu": z,  # offsets start within 0.01
    }[nonlin]
    tolerance = 0.011 if nonlin == "modrelu" else 1e-6
    values = keras.ops.convert_to_numpy(activation(keras.ops.convert_to_tensor(z)))
    np.testing.assert_allclose(values, expected, atol=tolerance)


@pytest.mark.parametrize("rinit", ["xavier", "henaff", "random", "exp_uniform"])
def test_the_start_of_an_rnn_is_orthogonal_unless_it_is_xavier(tasks, rinit):
    recurrent = start(built(tasks, "copy", net_type="RNN", rinit=rinit), "recurrent")[
        "recurrent_kernel"
    ]
    orthogonal = np.abs(recurrent.T @ recurrent - np.eye(UNITS)).max() < 1e-5
    assert orthogonal == (rinit != "xavier")


def test_the_seed_decides_all_weights(tasks):
    for name in NETWORKS:
        first, second = (built(tasks, "copy", net_type=name) for _ in range(2))
        for ours, theirs in zip(first.weights, second.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_tied_readout_has_the_weights_of_the_embedding(tasks, tmp_path):
    """Rows 37 and S24."""
    model = built(tasks, "ptb_char", net_type="expRNN", tied=True, emsize=UNITS)
    vocabulary = tasks["ptb_char"].input_width
    sizes = sum(math.prod(v.shape) for v in model.trainable_variables)
    count = count_parameters(
        *("expRNN", UNITS, UNITS, vocabulary), vocabulary=vocabulary, tied=True
    )
    assert sizes - unused("expRNN") == count

    embedding = model.get_layer("embedding")
    embedding.bias.assign(np.arange(vocabulary, dtype="float32"))
    tokens = np.array([[0, 1, 2, 1]])
    state = np.zeros((1, UNITS), "float32")
    recurrent = model.get_layer("recurrent")
    hidden, _ = recurrent(embedding(tokens), initial_state=[state])
    expected = np.array(hidden) @ embedding.get_weights()[0].T
    expected += np.arange(vocabulary)
    logits = np.array(model([tokens, state])[0])
    np.testing.assert_allclose(logits, expected, atol=1e-5)

    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.array(again([tokens, state])[0]), logits, atol=1e-6)
