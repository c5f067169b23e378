"""The methods by which `stabilize` moves weights, each along frames of the data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_nonnormal.pretraining.controller import Controller
from keras_nonnormal.pretraining.course import Course, pursue
from keras_nonnormal.pretraining.descent import Descent
from keras_nonnormal.pretraining.published_ffn import PublishedFFN
from keras_nonnormal.pretraining.published_lru import PublishedLRU, is_block
from keras_nonnormal.pretraining.published_rnn import PublishedRNN

METHODS = ("controller", "gradient", "published")


@dataclass(frozen=True)
class Way:
    """All that a method needs.

    Attributes:
        stack: The `FrameStack` or `BlockStack`.
        jacobians: Its `Jacobians`.
        targets: Target of each transition by key.
        batches: Gives an endless iterator of batches.
        seed: Of draws.
        learning_rate: Of methods with gradients, or None.
    """

    stack: Any
    jacobians: Any
    targets: dict[str, float]
    batches: Callable
    seed: int
    learning_rate: float | None

    def go(
        self, method: str, steps: int, tolerance: float, progress: Callable
    ) -> Course:
        """Moves the weights of the model; see `stabilize`."""
        if method == "published":
            return self._published(steps)
        parts = self.stack, self.jacobians, self.targets
        if not self.stack.recurrent:
            self.stack.break_symmetry(np.random.default_rng(self.seed))
        if method == "controller":
            mover: Any = Controller(*parts)
        else:
            mover = Descent(*parts, self.learning_rate)
        return pursue(
            self.stack,
            frames_of(self.stack, self.batches()),
            mover.look,
            mover.move,
            self.targets,
            steps,
            tolerance,
            progress,
        )

    def _published(self, steps) -> Course:
        settings: dict[str, Any] = {"rng": np.random.default_rng(self.seed)}
        if any(map(is_block, self.stack.model.layers)):
            pair = self.targets["rec/0"], self.targets["enc/0"]
            outcome = PublishedLRU(self.stack.model, pair, **settings).run(steps)
            return Course(outcome.radii, outcome.losses, outcome.failures)
        if self.learning_rate is not None:
            settings["learning_rate"] = self.learning_rate
        batches = self.batches()
        if self.stack.recurrent:
            procedure = PublishedRNN(
                self.stack, self.targets, jacobians=self.jacobians, **settings
            )
            outcome = procedure.run(batches, steps)
        else:
            target = next(iter(self.targets.values()))
            procedure = PublishedFFN(self.stack.model, target, **settings)
            outcome = procedure.run((batch[0] for batch in batches), steps)
        return Course(outcome.radii, outcome.losses, outcome.failures)


class Walk:
    """Where a model stands in its sequences: the frame, and the states before it."""

    def __init__(self, frame: list, states: list):
        self.frame, self.states = frame, states


def frames_of(stack: Any, batches: Iterator) -> Iterator[Walk]:
    """All time steps of one batch after the other, from zero states each."""
    for batch in batches:
        entries = stack.entries(batch)
        walk = Walk([], stack.initial_states(len(batch[0])))
        for t in range(stack.length(entries)):
            walk.frame = stack.frame(entries, t)
            yield walk
