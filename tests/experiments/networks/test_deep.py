"""The deep networks: their parts, their weights, their states."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from experiments import recipes  # noqa: F401
from experiments.core.program import compose
from experiments.networks.deep import NETWORKS
from keras_nonnormal.layers import ALIF
from keras_nonnormal.optimizers import AdaBelief, Lookahead

TEXT = SimpleNamespace(name="ptb_words", input_width=11, output_width=11, stateful=True)
FRAMES = SimpleNamespace(
    name="sl_mnist", length=4, input_width=784, output_width=10, stateful=False
)


def deep(**values):
    return compose("deep_rnn", "lsc", values)


def optimizer_of(steps, **values):
    """The optimizer of a run of so many updates in all."""
    program = deep(epochs=1, **values)
    task = SimpleNamespace(steps_per_epoch=lambda batch_size: steps)
    return program.recipe.new_optimizer(program, task)


@pytest.mark.parametrize("net", NETWORKS)
def test_parameters_are_counted_without_building(net):  # LSC rows 43, 44
    stack = "3:3" if net == "lru" else "5:3"
    program = deep(task="wordptb", net=net, stack=stack)
    plain = program.network.model(program, TEXT, carried=False)
    carried = program.network.model(program, TEXT)
    assert plain.count_params() == program.network.parameters(program, TEXT)
    shapes = [[w.shape for w in model.weights] for model in (plain, carried)]
    assert shapes[0] == shapes[1]  # what pre-training moves is what is trained
    # The read-out is the embedding: there is no other weight that wide.
    assert sum(11 in shape for shape in shapes[0]) == 1
    dropouts = [each for each in plain.layers if "dropout" in each.name]
    assert [each.rate for each in dropouts] == [0.3, 0.3]


def test_image_networks_and_their_starts():  # LSC row 44
    settings = {"depth": 3, "width": 64, "activation": "cos", "init": "he"}
    program = compose("ffn", "lsc", settings)
    task = SimpleNamespace(input_width=784, output_width=10)
    model = program.network.model(program, task)
    assert model.count_params() == program.network.parameters(program, task)
    kernel = model.get_layer("dense_1").kernel.numpy()
    assert kernel.std() == pytest.approx(np.sqrt(2 / 64), rel=0.1)
    x = np.zeros((1, 784), "float32")
    hidden = keras.Model(model.input, model.get_layer("activation_0").output)(x)
    np.testing.assert_array_equal(hidden, np.ones((1, 64)))


def test_simple_and_spiking_networks_start_as_was_published():
    program = deep(net="rsimplernn", stack="60:3")
    model = program.network.model(program, FRAMES)
    bias = model.get_layer("recurrent_0").cell.bias
    assert 0.1 < np.abs(bias).max() <= np.sqrt(3 / 60)
    program = deep(net="maLSNN", stack="300:2", repeat=2)
    layer = program.network.model(program, FRAMES).get_layer("recurrent_0")
    assert isinstance(layer, ALIF)
    found = {v.name: np.mean(v) for v in layer.trainable_variables}
    assert found["tau_adaptation"] == pytest.approx(100, rel=0.1)  # half the steps


def test_optimizers_are_the_published_ones_and_clip():  # LSC rows 42, 48
    usual: Lookahead = optimizer_of(10, clip_norm=1.0)
    assert isinstance(usual.optimizer, AdaBelief)
    weight = keras.Variable([0.0, 0.0])
    heavy = optimizer_of(10, optimizer="heavy-ball", clip_norm=1.0, lr=1.0)
    heavy.apply([keras.ops.convert_to_tensor([30.0, 40.0])], [weight])
    np.testing.assert_allclose(weight, [-0.6, -0.8], rtol=1e-6)
    falling = optimizer_of(13, schedule="cosine", lr=1.0)
    assert float(falling.optimizer._learning_rate(2)) == pytest.approx(0.1)
