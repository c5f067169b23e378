"""The methods by which `stabilize` moves weights, each along frames of the data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_nonnormal.pretraining.controller import Controller
from keras_nonnormal.pretraining.course import Course, pursue
from keras_nonnormal.pretraining.descent import Descent
from keras_nonnormal.pretraining.published_ffn import PublishedFFN
from keras_nonnormal.pretraining.published_lru import PublishedLRU, is_block
from keras_nonnormal.pretraining.published_rnn import PublishedRNN

METHODS = ("controller", "gradient", "published")
RECTIFIERS_DECAY = 1e-3  # of the published procedure


@dataclass(frozen=True)
class Way:
    """All that a method needs.

    Attributes:
        probe: The `Probe` of the model: its transitions, targets and batches.
        seed: Of draws.
        learning_rate: Of methods with gradients, or None.
    """

    probe: Any
    seed: int
    learning_rate: float | None

    def go(
        self, method: str, steps: int, tolerance: float, progress: Callable
    ) -> Course:
        """Moves the weights of the model; see `stabilize`."""
        if method == "published":
            return self._published(steps, progress)
        stack, targets = self.probe.stack, self.probe.targets
        parts = stack, self.probe.jacobians, targets
        if not stack.recurrent:
            stack.break_symmetry(np.random.default_rng(self.seed))
        if method == "controller":
            mover: Any = Controller(*parts)
        else:
            mover = Descent(*parts, self.learning_rate)
        return pursue(
            stack,
            frames_of(stack, self.probe.others()),
            mover.look,
            mover.move,
            targets,
            steps,
            tolerance,
            progress,
        )

    def _published(self, steps, progress) -> Course:
        stack, targets = self.probe.stack, self.probe.targets
        settings: dict[str, Any] = {"rng": np.random.default_rng(self.seed)}
        shown: dict[str, Any] = {"progress": progress}
        if any(map(is_block, stack.model.layers)):
            pair = targets["rec/0"], targets["enc/0"]
            outcome = PublishedLRU(stack.model, pair, **settings).run(steps, **shown)
            return Course(outcome.radii, outcome.losses, outcome.failures)
        if self.learning_rate is not None:
            settings["learning_rate"] = self.learning_rate
        batches = self.probe.others()
        if stack.recurrent:
            settings["jacobians"] = self.probe.jacobians
            if all(_rectifies(stage.cell) for stage in stack.stages):
                settings["weight_decay"] = RECTIFIERS_DECAY
            procedure = PublishedRNN(stack, targets, **settings)
            outcome = procedure.run(batches, steps, **shown)
        else:
            target = next(iter(targets.values()))
            procedure = PublishedFFN(stack.model, target, **settings)
            outcome = procedure.run((batch[0] for batch in batches), steps, **shown)
        return Course(outcome.radii, outcome.losses, outcome.failures)


def _rectifies(cell: Any) -> bool:
    return getattr(cell, "activation", None) is keras.activations.relu


class Walk:
    """Where a model stands in its sequences: the frame, and the states before it.

    Args:
        states: Those that sequences begin with.
    """

    def __init__(self, states: list):
        self.frame: list = []
        self.states = self._first = states

    def restart(self) -> None:
        """Forgets what came before, as after weights that made it infinite."""
        self.states = self._first


def frames_of(stack: Any, batches: Iterator) -> Iterator[Walk]:
    """All time steps of one batch after the other, from zero states each."""
    for batch in batches:
        entries = stack.entries(batch)
        walk = Walk(stack.initial_states(len(batch[0])))
        for t in range(stack.length(entries)):
            walk.frame = stack.frame(entries, t)
            yield walk
