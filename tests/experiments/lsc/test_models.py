"""The deep networks: their parts, their weights, their states."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from experiments.lsc.forward_options import ForwardOptions
from experiments.lsc.models import forward_network, recurrent_network
from experiments.lsc.optimizers import optimizer_of
from experiments.lsc.recurrent_options import DeepRnnOptions
from experiments.lsc.tables import NETWORKS
from keras_nonnormal.layers import ALIF
from keras_nonnormal.optimizers import AdaBelief, Lookahead

TEXT = SimpleNamespace(name="ptb_words", input_width=11, output_width=11)
FRAMES = SimpleNamespace(name="sl_mnist", length=4, input_width=784, output_width=10)


@pytest.mark.parametrize("net", NETWORKS)
def test_parameters_are_counted_without_building(net):  # LSC rows 43, 44
    stack = "3:3" if net == "lru" else "5:3"
    options = DeepRnnOptions(task="wordptb", net=net, stack=stack)
    plain = recurrent_network(TEXT, options)
    carried = recurrent_network(TEXT, options, carried=True)
    assert plain.count_params() == options.count_parameters(11)
    shapes = [[w.shape for w in model.weights] for model in (plain, carried)]
    assert shapes[0] == shapes[1]  # what pre-training moves is what is trained
    # The read-out is the embedding: there is no other weight that wide.
    assert sum(11 in shape for shape in shapes[0]) == 1
    dropouts = [each for each in plain.layers if "dropout" in each.name]
    assert [each.rate for each in dropouts] == [0.3, 0.3]


def test_image_networks_and_their_starts():  # LSC row 44
    options = ForwardOptions(depth=3, width=64, activation="cos", init="he")
    task = SimpleNamespace(input_width=784, output_width=10)
    model = forward_network(task, options)
    assert model.count_params() == options.count_parameters()
    kernel = model.get_layer("dense_1").kernel.numpy()
    assert kernel.std() == pytest.approx(np.sqrt(2 / 64), rel=0.1)
    x = np.zeros((1, 784), "float32")
    hidden = keras.Model(model.input, model.get_layer("activation_0").output)(x)
    np.testing.assert_array_equal(hidden, np.ones((1, 64)))


def test_simple_and_spiking_networks_start_as_was_published():
    options = DeepRnnOptions(net="rsimplernn", stack="60:3")
    bias = recurrent_network(FRAMES, options).get_layer("recurrent_0").cell.bias
    assert 0.1 < np.abs(bias).max() <= np.sqrt(3 / 60)
    layer = recurrent_network(
        FRAMES, DeepRnnOptions(net="maLSNN", stack="300:2", repeat=2)
    ).get_layer("recurrent_0")
    assert isinstance(layer, ALIF)
    found = {v.name: np.mean(v) for v in layer.trainable_variables}
    assert found["tau_adaptation"] == pytest.approx(100, rel=0.1)  # half the steps


def test_optimizers_are_the_published_ones_and_clip():  # LSC rows 42, 48
    usual: Lookahead = optimizer_of(DeepRnnOptions(clip_norm=1.0), steps=10)
    assert isinstance(usual.optimizer, AdaBelief)
    weight = keras.Variable([0.0, 0.0])
    heavy = optimizer_of(
        DeepRnnOptions(optimizer="heavy-ball", clip_norm=1.0, lr=1.0), steps=10
    )
    heavy.apply([keras.ops.convert_to_tensor([30.0, 40.0])], [weight])
    np.testing.assert_allclose(weight, [-0.6, -0.8], rtol=1e-6)
    falling = optimizer_of(DeepRnnOptions(schedule="cosine", lr=1.0), steps=13)
    assert float(falling.optimizer._learning_rate(2)) == pytest.approx(0.1)
