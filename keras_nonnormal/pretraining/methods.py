"""The methods by which `stabilize` moves weights, each along frames of the data."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_nonnormal.pretraining import loop
from keras_nonnormal.pretraining.controller import Controller
from keras_nonnormal.pretraining.descent import Descent
from keras_nonnormal.pretraining.frame_stream import FrameStream
from keras_nonnormal.pretraining.history import History
from keras_nonnormal.pretraining.published.ffn import PublishedFFN
from keras_nonnormal.pretraining.published.lru import PublishedLRU, is_block
from keras_nonnormal.pretraining.published.rnn import PublishedRNN

RECTIFIERS_DECAY = 1e-3  # of the published procedure


def controller(probe, steps, tolerance, seed, learning_rate, progress) -> History:
    """Scales the weights by what the radii want."""
    parts = probe.stack, probe.jacobians, probe.targets
    return _in_loop(Controller(*parts), probe, steps, tolerance, seed, progress)


def gradient(probe, steps, tolerance, seed, learning_rate, progress) -> History:
    """Takes gradient steps on the squared distance from the targets."""
    parts = probe.stack, probe.jacobians, probe.targets
    mover = Descent(*parts, learning_rate)
    return _in_loop(mover, probe, steps, tolerance, seed, progress)


def published(probe, steps, tolerance, seed, learning_rate, progress) -> History:
    """Runs the paper's program for the kind of model; it has a tolerance of its own."""
    stack, targets = probe.stack, probe.targets
    settings: dict[str, Any] = {"rng": np.random.default_rng(seed)}
    if any(map(is_block, stack.model.layers)):
        pair = targets["rec/0"], targets["enc/0"]
        procedure: Any = PublishedLRU(stack.model, pair, **settings)
        return procedure.run(steps, progress=progress)
    if learning_rate is not None:
        settings["learning_rate"] = learning_rate
    batches = probe.others()
    if stack.recurrent:
        settings["jacobians"] = probe.jacobians
        if all(_rectifies(stage.cell) for stage in stack.stages):
            settings["weight_decay"] = RECTIFIERS_DECAY
        procedure = PublishedRNN(stack, targets, **settings)
    else:
        target = next(iter(targets.values()))
        procedure = PublishedFFN(stack.model, target, **settings)
        batches = (batch[0] for batch in batches)
    return procedure.run(batches, steps, progress=progress)


METHODS: dict[str, Callable[..., History]] = {
    "controller": controller,
    "gradient": gradient,
    "published": published,
}
"""Each a function of the `Probe`, steps, tolerance, seed, learning rate, progress."""


def _in_loop(mover, probe, steps, tolerance, seed, progress) -> History:
    stack = probe.stack
    if not stack.recurrent:
        stack.break_symmetry(np.random.default_rng(seed))
    return loop.run(
        stack,
        FrameStream(stack, probe.others()),
        mover.measure,
        mover.update,
        probe.targets,
        steps,
        tolerance,
        progress,
    )


def _rectifies(cell: Any) -> bool:
    return getattr(cell, "activation", None) is keras.activations.relu
