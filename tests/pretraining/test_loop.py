"""The loop of pre-training, where radii are no numbers; the settings of methods."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_nonnormal.pretraining import loop
from keras_nonnormal.pretraining.frame_stream import FrameStream
from keras_nonnormal.pretraining.history import History
from keras_nonnormal.pretraining.methods import METHODS
from keras_nonnormal.pretraining.transition import Transition


class Exploding:
    """One weight, whose state is infinite from where the weight passes 2."""

    def __init__(self):
        self.weight = keras.Variable(1.0)
        self.model = SimpleNamespace(weights=[self.weight])
        self.transitions = [Transition("rec", 0, "cell")]

    def movable(self, transition):
        return True

    def entries(self, batch):
        return [batch]

    def length(self, entries):
        return entries[0].shape[1]

    def frame(self, entries, t):
        return [entries[0][:, t]]

    def initial_states(self, size):
        return [1.0]

    def measure(self, stream):
        weight = float(self.weight)
        stream.states = [stream.states[0] * (np.inf if weight > 2 else 1.0)]
        return {"rec/0": np.array([weight * stream.states[0]])}, None

    def update(self, means, found, calm):
        self.weight.assign(self.weight + 0.6)


def pursued(stack, steps):
    stream = FrameStream(stack, [np.zeros((1, 100))])
    go = (stream, stack.measure, stack.update, {"rec/0": 1.0})
    return loop.run(stack, *go, steps, 0.1, lambda *args: None)


def test_sequences_begin_anew_after_a_step_that_was_taken_back():
    # LSC row 22: twice 1, 1.6, and what is infinite
    stack = Exploding()
    history = pursued(stack, steps=6)
    assert history.failures == 2
    assert [radii["rec/0"] for radii in history.radii] == pytest.approx([1, 1.6] * 2)


def test_radii_that_never_are_finite_are_an_error_that_names_the_layer():
    # LSC row 22
    with pytest.raises(ValueError, match="'cell'"):
        pursued(Exploding(), steps=100)


@pytest.mark.parametrize(("activation", "decay"), [("relu", 1e-3), ("tanh", None)])
def test_rectifiers_get_the_decay_of_the_published_procedure(
    monkeypatch, activation, decay
):
    told = {}

    def procedure(stack, targets, **settings):
        told.update(settings)
        return SimpleNamespace(run=lambda batches, steps, progress: History())

    monkeypatch.setattr("keras_nonnormal.pretraining.methods.PublishedRNN", procedure)
    cell = keras.layers.SimpleRNNCell(2, activation=activation)
    stack = SimpleNamespace(
        recurrent=True,
        model=SimpleNamespace(layers=[]),
        stages=[SimpleNamespace(cell=cell)],
    )
    probe = SimpleNamespace(
        stack=stack, targets={}, jacobians=None, others=lambda: iter(())
    )
    METHODS["published"](probe, 1, 0.1, 0, None, lambda *_: None)
    assert told.get("weight_decay") == decay


def test_states_are_zero_for_every_batch_or_carried_to_one_of_the_same_size():
    stack = Exploding()
    batches = [np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((1, 3))]
    for carried, fresh in ((False, [0, 3, 6]), (True, [0, 6])):
        begins = []
        for step, here in enumerate(FrameStream(stack, batches, carried)):
            if here.states == [1.0]:
                begins.append(step)
            here.states = [here.states[0] + 1]
        assert begins == fresh
