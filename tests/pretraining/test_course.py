"""What `pursue` does about radii that are no numbers."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_nonnormal.pretraining.course import pursue
from keras_nonnormal.pretraining.transition import Transition
from keras_nonnormal.pretraining.ways import Walk, Way


class Exploding:
    """One weight, whose state is infinite from where the weight passes 2."""

    def __init__(self):
        self.weight = keras.Variable(1.0)
        self.model = SimpleNamespace(weights=[self.weight])
        self.transitions = [Transition("rec", 0, "cell")]

    def movable(self, transition):
        return True

    def frames(self):
        walk = Walk([1.0])
        while True:
            yield walk

    def look(self, walk):
        weight = float(self.weight)
        walk.states = [walk.states[0] * (np.inf if weight > 2 else 1.0)]
        return {"rec/0": np.array([weight * walk.states[0]])}, None

    def move(self, means, found, calm):
        self.weight.assign(self.weight + 0.6)


def pursued(stack, steps):
    go = (stack.frames(), stack.look, stack.move, {"rec/0": 1.0})
    return pursue(stack, *go, steps, 0.1, lambda *args: None)


def test_sequences_begin_anew_after_a_step_that_was_taken_back():
    # LSC row 22: twice 1, 1.6, and what is infinite
    stack = Exploding()
    course = pursued(stack, steps=6)
    assert course.failures == 2
    assert [radii["rec/0"] for radii in course.radii] == pytest.approx([1, 1.6] * 2)


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
        outcome = SimpleNamespace(radii=[], losses=[], failures=0)
        return SimpleNamespace(run=lambda batches, steps: outcome)

    monkeypatch.setattr("keras_nonnormal.pretraining.ways.PublishedRNN", procedure)
    cell = keras.layers.SimpleRNNCell(2, activation=activation)
    stack = SimpleNamespace(
        recurrent=True,
        model=SimpleNamespace(layers=[]),
        stages=[SimpleNamespace(cell=cell)],
    )
    probe = SimpleNamespace(
        stack=stack, targets={}, jacobians=None, others=lambda: iter(())
    )
    Way(probe, seed=0, learning_rate=None).go("published", 1, 0.1, lambda *_: None)
    assert told.get("weight_decay") == decay
