"""Networks with gamma, ANRU and GRU: parameters, starts and carried states."""

import math

import keras
import numpy as np
import pytest

from keras_nonnormal.activations import Gamma
from keras_nonnormal.datasets import Corpus, Examples, Splits, copying_stream_task
from keras_nonnormal.datasets.mnist import task_of_digits
from keras_nonnormal.datasets.text_task import text_task
from keras_nonnormal.training import CarriedState
from tests.experiments.settings import count_parameters, model_of

UNITS = 8
WITH_NONLINEARITY = ("RNN", "RNN-orth", "expRNN", "nnRNN")


@pytest.fixture(scope="module")
def tasks():
    corpus = Corpus.from_texts("a b c d " * 9, "b c " * 9, "c d " * 9)
    noise = Examples(np.ones((9, 784), np.uint8), np.ones(9, np.uint8))
    return {
        "copy": copying_stream_task(5, symbols=2, labels=3),
        "psmnist": task_of_digits(Splits(noise, noise, noise), permute=True),
        "ptb_char": text_task(corpus, bptt=4),
    }


def built(tasks, script, seed=3, **given):
    keras.utils.set_random_seed(seed)
    more = {"emsize": 6} if script == "ptb_char" else {}
    return model_of(tasks[script], script, **{"units": UNITS, **more, **given})[0]


def start(model, layer="recurrent"):
    """The starting values of a layer by name, trained or not."""
    found = model.get_layer(layer).weights
    return {v.name: keras.ops.convert_to_numpy(v) for v in found}


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("nonlin", ["gamma", "gamma2"])
@pytest.mark.parametrize("name", WITH_NONLINEARITY)
def test_shapes_are_counted_if_they_are_learned(tasks, name, nonlin, learned):
    """Row A7: static, homogeneous and heterogeneous."""
    given = {"net_type": name, "nonlin": nonlin, "learn_params": learned}
    model = built(tasks, "copy", **given)
    layer = model.get_layer("recurrent")
    assert isinstance(layer.cell.activation, Gamma)
    shape = () if nonlin == "gamma" else (UNITS,)
    assert start(model)["gain"].shape == start(model)["saturation"].shape == shape
    count = count_parameters(*(name, UNITS, 5, 4), nonlin=nonlin, learn_params=learned)
    unused = {"expRNN": 1, "nnRNN": 2}.get(name, 0) * UNITS * (UNITS + 1) // 2
    sizes = (math.prod(v.shape) for v in model.trainable_variables)
    assert sum(sizes) - unused == count


def test_the_published_anru_has_the_parameters_that_are_counted(tasks):
    model = built(tasks, "psmnist", net_type="ANRU", units=400)
    count = sum(math.prod(v.shape) for v in model.trainable_variables)
    # The published pairs of biases are one bias each.
    assert count == 163_952 - 400 - 50 + 4_010
    assert count == count_parameters("ANRU", 400, 1, 10)
    smaller = built(tasks, "psmnist", net_type="ANRU", controller=10)
    assert start(smaller)["controller_recurrent_kernel"].shape == (10, 10)


@pytest.mark.parametrize("nonlin", ["gamma", "gamma2"])
def test_drawn_shapes_start_from_one_n_and_no_saturation(tasks, nonlin):  # Row A8
    gains = []
    for seed in range(30):
        given = {"net_type": "RNN", "nonlin": nonlin, "seed": seed}
        weights = start(built(tasks, "copy", **given))
        assert np.ptp(weights["gain"]) == 0
        assert not np.any(weights["saturation"])
        gains.append(weights["gain"].ravel()[0])
    # 5 + 2u: mean 6, standard deviation 1 / sqrt(3), by 30 draws within four errors.
    assert min(gains) >= 5
    assert max(gains) < 7
    assert abs(np.mean(gains) - 6) < 4 / math.sqrt(3 * 30)
    assert len(set(gains)) == 30


@pytest.mark.parametrize("name", ["RNN", "ANRU"])
def test_shapes_that_are_given_are_where_they_start(tasks, name):  # Row A8
    given = {"net_type": name, "nonlin": "gamma2", "gain": 2.5, "saturation": 0.75}
    weights = start(built(tasks, "copy", **given))
    ending = "_bias" if name == "ANRU" else ""
    assert np.all(weights[f"gain{ending}"] == 2.5)
    assert np.all(weights[f"saturation{ending}"] == 0.75)


def test_an_anru_starts_as_published(tasks):  # Row A11
    given = {"net_type": "ANRU", "nhid": 200, "iinit": "kaiming", "rinit": "henaff"}
    weights = start(built(tasks, "psmnist", **given))
    for name in ("bias", "controller_bias", "saturation_bias"):
        assert not np.any(weights[name])
    assert 5 <= weights["gain_bias"].item() < 7
    # Standard deviations, within four errors of so many draws.
    glorot = math.sqrt(2 / 51)
    for name, deviation in (
        ("kernel", math.sqrt(2)),
        ("controller_kernel", math.sqrt(2)),
        ("gain_kernel", 0.1 * glorot),
        ("saturation_kernel", 0.01 * glorot),
    ):
        draws = weights[name].size
        measured = math.sqrt(np.mean(np.square(weights[name])))
        assert abs(measured / deviation - 1) < 4 / math.sqrt(2 * draws), name
    for name in ("recurrent_kernel", "controller_recurrent_kernel"):
        matrix = weights[name]
        assert np.abs(matrix @ matrix.T - np.eye(len(matrix))).max() < 1e-5
        assert np.count_nonzero(np.abs(matrix) > 1e-6) <= 2 * len(matrix)


VARIANCES = {"xavier": 1, "kaiming": 2, "normal": 1}


@pytest.mark.parametrize("name", ["RNN", "ANRU"])
@pytest.mark.parametrize(
    "rinit", ["henaff", "random", "cayley", "xavier", "kaiming", "normal"]
)
def test_recurrent_matrices_start_as_named(tasks, name, rinit):  # Row A14
    """Of the named matrix alone: no start touches the shape, as one published did."""
    given = {"net_type": name, "nonlin": "gamma2", "rinit": rinit, "nhid": 100}
    weights = start(built(tasks, "copy", **given))
    matrices = [weights["recurrent_kernel"]]
    matrices += [weights["controller_recurrent_kernel"]] if name == "ANRU" else []
    for matrix in matrices:
        units = len(matrix)
        if rinit in VARIANCES:
            variance = np.mean(np.square(matrix)) * units
            # The error of a mean square of so many draws is sqrt(2) / units of it.
            assert variance == pytest.approx(VARIANCES[rinit], rel=6 / units)
            continue
        assert np.abs(matrix @ matrix.T - np.eye(units)).max() < 1e-5
        assert np.linalg.det(matrix.astype("float64")) == pytest.approx(1, abs=1e-3)
        blocks = np.kron(np.eye(units // 2), np.ones((2, 2)))
        outside = np.abs(matrix * (1 - blocks)).max()
        assert (outside < 1e-6) == (rinit != "random")
    if name == "RNN":
        assert 5 <= weights["gain"][0] < 7


@pytest.mark.parametrize(
    ("iinit", "variance"),
    [("kaiming", 2 / 5), ("xavier", 2 / 205), ("normal", 1 / 200)],
)
@pytest.mark.parametrize("name", ["RNN", "expRNN", "nnRNN", "ANRU"])
def test_input_maps_start_as_named(tasks, name, iinit, variance):  # Row A14
    given = {"net_type": name, "nonlin": "gamma", "iinit": iinit, "nhid": 200}
    weights = start(built(tasks, "copy", **given))
    # Of 1000 draws: the error of the mean square is 4.5 % of it.
    measured = np.mean(np.square(weights["kernel"]))
    assert measured == pytest.approx(variance, rel=0.18)


def test_a_gru_starts_as_pytorchs(tasks):
    weights = start(built(tasks, "copy", net_type="GRU", units=25))
    assert weights["bias"].shape == (2, 75)
    for values in weights.values():
        assert 0.15 < np.abs(values).max() <= 0.2  # uniform, of bound 1 / sqrt(25)
        assert np.ptp(values) > 0.3
    kernel, recurrent = weights["kernel"], weights["recurrent_kernel"]
    assert not np.allclose(kernel.ravel()[:20], recurrent.ravel()[:20])


def test_the_bias_of_an_rnn_starts_as_the_sum_of_two(tasks):
    """Uniform, of bound 1 for one input, and of bound 1 / 2 for four units."""
    biases = [
        start(built(tasks, "psmnist", seed, net_type="RNN", nonlin="gamma", units=4))
        for seed in range(40)
    ]
    values = np.array([weights["bias"] for weights in biases])
    assert 1 < np.abs(values).max() < 1.5  # of 160 draws
    assert np.mean(np.square(values)) == pytest.approx(5 / 12, rel=0.35)


def test_relu_is_relu(tasks):  # Row A15
    model = built(tasks, "psmnist", net_type="RNN", nonlin="ReLU")
    activation = model.get_layer("recurrent").cell.activation
    values = activation(keras.ops.convert_to_tensor([-2.0, 0.0, 3.0]))
    np.testing.assert_array_equal(values, [0, 0, 3])


def test_digits_are_read_out_as_published(tasks):
    readout = start(built(tasks, "psmnist", net_type="ANRU", units=100), "readout")
    for values in readout.values():
        assert 0.05 < np.abs(values).max() <= 0.1  # uniform, of bound 1 / sqrt(100)


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        ({"net_type": "ANRU", "controller": 3}, [UNITS, 3 * UNITS]),
        ({"net_type": "GRU"}, [UNITS]),
        ({"net_type": "RNN", "nonlin": "gamma"}, [UNITS]),
        ({"net_type": "LSTM"}, [UNITS, UNITS]),
    ],
)
def test_the_states_of_a_text_go_on_from_chunk_to_chunk(tasks, given, sizes):
    """Rows A12 and A23: in every epoch and evaluation from zero."""
    model = built(tasks, "ptb_char", **given)
    assert [state.shape[1] for state in model.inputs[1:]] == sizes
    carried = CarriedState(model, columns=[2])
    draw = np.random.default_rng(0)
    tokens = draw.integers(0, 4, (2, 8)).astype("int32")
    zero = [np.zeros((2, size), "float32") for size in sizes]
    at_once = keras.ops.convert_to_numpy(model([tokens, *zero])[0])
    for _ in range(2):
        halves = [carried(tokens[:, :4]), carried(tokens[:, 4:])]
        found = np.concatenate([keras.ops.convert_to_numpy(h) for h in halves], axis=1)
        np.testing.assert_allclose(found, at_once, rtol=1e-4, atol=1e-5)
        carried.reset_states()


def test_networks_with_gamma_are_saved_and_loaded(tasks, tmp_path):
    for number, given in enumerate(
        (
            {"net_type": "RNN", "nonlin": "gamma2", "learn_params": False},
            {"net_type": "nnRNN", "nonlin": "gamma", "stair": "alpha"},
            {"net_type": "ANRU"},
            {"net_type": "GRU"},
        )
    ):
        model = built(tasks, "copy", **given)
        file = tmp_path / f"{number}.keras"
        model.save(file)
        loaded = keras.saving.load_model(file)
        assert len(loaded.trainable_variables) == len(model.trainable_variables)
        for ours, theirs in zip(model.weights, loaded.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("net_type", ["ANRU", "RNN"])
def test_a_bias_that_is_a_pair_moves_as_the_pair(tasks, net_type):
    given = {"net_type": net_type, "nonlin": "gamma2", "units": UNITS}
    keras.utils.set_random_seed(3)
    model, program = model_of(tasks["psmnist"], "psmnist", **given)
    weights = model.trainable_variables
    optimizer = program.recipe.new_optimizer(program, None)
    before = [keras.ops.convert_to_numpy(weight) for weight in weights]
    optimizer.apply([keras.ops.ones(weight.shape) for weight in weights], weights)
    steps = {
        weight.path: float(np.abs(keras.ops.convert_to_numpy(weight) - old).max())
        for weight, old in zip(weights, before, strict=True)
    }
    largest = max(steps.values())
    twice = {path for path, step in steps.items() if step > 0.9 * largest}
    names = {path.split("/")[-1] for path in twice}
    assert names == ({"bias", "controller_bias"} if net_type == "ANRU" else {"bias"})
    assert len(twice) == len(names)  # not the read-out's
    assert min(steps.values()) == pytest.approx(largest / 2, rel=1e-3)
