"""The networks with a stair that options ask for: starts, rates, steps of texts."""

import math

import keras
import numpy as np
import pytest

from experiments.networks.recurrent import FIXED, LEARNED
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

UNITS, BPTT = 8, 4
NETWORKS = ("RNN", "RNN-orth", "EURNN", "expRNN", "nnRNN", "LSTM")
NO_EXP_ALPHA = ("LSTM", "EURNN")


@pytest.fixture(scope="module")
def tasks():
    corpus = Corpus.from_texts("a b c d " * 9, "b c " * 9, "c d " * 9)
    noise = Examples(np.ones((9, 784), np.uint8), np.ones(9, np.uint8))
    return {
        "copy": copying_stream_task(5, symbols=2, labels=3),
        "addition": addition_stream_task(6),
        "psmnist": task_of_digits(Splits(noise, noise, noise), permute=True),
        "ptb_char": text_task(corpus, bptt=BPTT),
    }


def options(script, **given):
    sizes = {
        "copy": {"T": 5, "c_length": 2, "labels": 3, "onehot": True},
        "addition": {"c_length": 6},
        "psmnist": {},
        "ptb_char": {"emsize": 6, "bptt": BPTT},
    }
    return {"units": UNITS, **sizes[script], **given}


def built(tasks, script, **given):
    keras.utils.set_random_seed(3)
    return model_of(tasks[script], script, **options(script, **given))[0]


def values(model):
    """The trained variables of the recurrent layer, by name."""
    found = model.get_layer("recurrent").trainable_variables
    return {v.name: keras.ops.convert_to_numpy(v) for v in found}


@pytest.mark.parametrize(
    ("name", "stair"),
    [
        (name, stair)
        for name in NETWORKS
        for stair in ("expn", *LEARNED)
        if (stair != "expalpha" or name not in NO_EXP_ALPHA)
    ],
)
@pytest.mark.parametrize("script", ["copy", "psmnist", "ptb_char", "addition"])
def test_networks_have_the_parameters_that_are_counted(tasks, script, name, stair):
    task, text = tasks[script], script == "ptb_char"
    model = built(tasks, script, net_type=name, stair=stair)
    length = model.get_layer("recurrent").stair.max_steps
    assert length == (None if stair == "expn" else task.length)
    count = count_parameters(
        *(name, UNITS, 6 if text else task.input_width, task.output_width),
        vocabulary=task.input_width if text else 0,
    ) + (length or 0)
    sizes = (math.prod(v.shape) for v in model.trainable_variables)
    below = {"expRNN": 1, "nnRNN": 2}.get(name, 0) * UNITS * (UNITS + 1) // 2
    assert sum(sizes) - below == count


@pytest.mark.parametrize(
    ("script", "value"), [("copy", 1), ("psmnist", 1), ("ptb_char", 0.98)]
)
def test_learned_stairs_start_as_published(tasks, script, value):  # Row S7
    alpha = values(built(tasks, script, stair="alpha"))["alpha"]
    assert alpha.shape == (tasks[script].length,)
    np.testing.assert_array_equal(alpha, np.float32(value))
    alpha = values(built(tasks, script, stair="expalpha", max_steps=900))["alpha"]
    assert alpha.shape == (900,)
    assert 0 <= alpha.min() < 0.05
    assert 0.95 < alpha.max() < 1


@pytest.mark.parametrize("schedule", FIXED)
def test_a_fixed_stair_has_nothing_to_learn(tasks, schedule):
    with_stair, without = (
        built(tasks, "copy", stair=stair) for stair in (schedule, "none")
    )
    assert with_stair.get_layer("recurrent").stair.schedule == schedule
    for ours, theirs in zip(with_stair.weights, without.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)  # which start alike


@pytest.mark.parametrize(
    ("name", "rinit"),
    [
        (name, rinit)
        for name in ("RNN", "RNN-orth", "expRNN", "nnRNN")
        for rinit in ("henaff", "cayley", "random")
    ]
    + [("RNN", "xavier")],
)
def test_recurrent_matrices_start_orthogonal_unless_xavier(tasks, name, rinit):
    """Rows S14 and S15; Q1, Q3 and Q5: the start that is named is the one there is."""
    model = built(tasks, "copy", net_type=name, rinit=rinit, stair="expn")
    layer = model.get_layer("recurrent")
    matrix = keras.ops.convert_to_numpy(layer.recurrent_matrix())
    orthogonal = np.abs(matrix.T @ matrix - np.eye(UNITS)).max() < 1e-5
    assert orthogonal == (rinit != "xavier")
    skew = values(model).get("skew")
    if skew is not None and rinit in ("henaff", "cayley"):
        # Angles of the blocks: in (-pi, 0), or tan(u / 2) of u below pi / 2.
        above = skew[np.arange(0, UNITS, 2), np.arange(1, UNITS, 2)]
        assert np.all(above < 0)
        assert np.abs(above).max() < (1 if rinit == "cayley" else math.pi)
        others = np.triu(skew, 1)
        others[np.arange(0, UNITS, 2), np.arange(1, UNITS, 2)] = 0
        assert not np.any(others)


@pytest.mark.parametrize(("iinit", "variance"), [("xavier", 2 / 96), ("kaiming", 0.4)])
@pytest.mark.parametrize("name", ["RNN", "expRNN", "nnRNN"])
def test_input_maps_start_as_named(tasks, name, iinit, variance):  # Row S16
    # 5 features to 91 units: fans of 5 + 91, and of 5.
    given = {"net_type": name, "iinit": iinit, "nhid": 92 if name == "nnRNN" else 91}
    weights = values(built(tasks, "copy", stair="n", **given))
    # Of 455 draws: the standard deviation of the mean square is 7 % of it.
    assert np.mean(np.square(weights["kernel"])) == pytest.approx(variance, rel=0.3)
    assert ("bias" in weights) == (name == "RNN")
    if name == "RNN":
        assert 0.8 < np.abs(weights["bias"]).max() * math.sqrt(5) <= 1
    assert np.abs(weights["offset"]).max() <= 0.01
    if name == "nnRNN":
        assert 0 <= weights["theta"].min() < weights["theta"].max() < 2 * math.pi
        assert np.all(weights["gamma"] == 1)
        assert not np.any(weights["upper"])


@pytest.mark.parametrize("nonlin", ["none", "tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("name", ["RNN", "expRNN", "nnRNN"])
def test_every_cell_has_every_non_linearity(tasks, name, nonlin):
    """Q4: relu is relu."""
    given = {"net_type": name, "nonlin": nonlin, "stair": "expn"}
    model = built(tasks, "copy", **given)
    activation = model.get_layer("recurrent").cell.cell.activation
    expected = "linear" if nonlin == "none" else nonlin
    assert activation is keras.activations.get(expected)
    assert "offset" not in values(model)


def test_the_learned_stair_moves_at_the_main_rate(tasks):
    """Row S18: the first update of RMSprop is its rate over sqrt(1 - alpha), or 0."""
    task = tasks["copy"]
    given = options("copy", net_type="nnRNN", stair="alpha", lr=1e-3, lr_orth=1e-5)
    keras.utils.set_random_seed(3)
    model, program = model_of(task, "copy", **given)
    before = values(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(program.recipe.new_optimizer(program, task), loss)
    model.train_on_batch(*next(iter(task.training_batches(16, seed=1))))
    after = values(model)
    moved = {name: np.abs(after[name] - before[name]) for name in after}
    for name, rate in (("alpha", 1e-3), ("kernel", 1e-3), ("skew", 1e-5)):
        largest = rate / math.sqrt(1 - program.recipe.alpha)
        assert moved[name].max() == pytest.approx(largest, rel=1e-2), name


@pytest.mark.parametrize("stair", ["logn", "alpha"])
@pytest.mark.parametrize("name", ["RNN", "LSTM"])
def test_the_stair_of_a_text_begins_anew_in_every_chunk_or_goes_on(tasks, name, stair):
    """Row S23, Q12."""
    tokens = np.random.default_rng(0).integers(0, 4, (2, 2 * BPTT))
    logits = {}
    for carry in (False, True):
        model = built(
            *(tasks, "ptb_char"),
            **{"net_type": name, "stair": stair, "carry_step": carry, "max_steps": 99},
        )
        if stair == "alpha":
            stairs = model.get_layer("recurrent").stair
            stairs.alpha.assign(np.linspace(1, 0, 99))

        def zero(model=model):
            return [np.zeros((2, state.shape[1])) for state in model.inputs[1:]]

        assert len(zero()) == (3 if name == "LSTM" else 2)
        states, chunks = zero(), []
        for start in (0, BPTT):
            outputs = model([tokens[:, start : start + BPTT], *states])
            chunk, *states = map(keras.ops.convert_to_numpy, outputs)
            chunks.append(chunk)
        in_one = keras.ops.convert_to_numpy(model([tokens, *zero()])[0])
        assert np.allclose(np.concatenate(chunks, 1), in_one, atol=1e-6) == carry
        assert float(states[-1][0, 0]) == (2 * BPTT if carry else BPTT)
        logits[carry] = in_one
    np.testing.assert_array_equal(logits[False], logits[True])


def test_a_tied_readout_goes_with_a_stair(tasks):  # Row S24
    model = built(
        *(tasks, "ptb_char"),
        **{"net_type": "expRNN", "stair": "n2", "tied": True, "emsize": UNITS},
    )
    embedding = model.get_layer("embedding")
    assert 0.08 < np.abs(embedding.get_weights()[0]).max() <= 0.1
    names = [each.name for each in model.layers]
    assert "readout" not in names


def test_embedding_and_readout_of_a_text_start_as_published(tasks):  # Row S24
    model = built(tasks, "ptb_char", net_type="RNN", stair="n2")
    (embeddings,) = model.get_layer("embedding").get_weights()
    kernel, bias = model.get_layer("readout").get_weights()
    for weights in (embeddings, kernel):
        assert 0.08 < np.abs(weights).max() <= 0.1
    assert not np.any(bias)
