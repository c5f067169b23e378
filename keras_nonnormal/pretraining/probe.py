"""The radii of a model on data that are held out for them."""

from typing import Any

import numpy as np

from keras_nonnormal._model_graph import check_model
from keras_nonnormal.pretraining import batches, graph
from keras_nonnormal.pretraining.blocks import BlockStack
from keras_nonnormal.pretraining.frames import FrameStack
from keras_nonnormal.pretraining.jacobians import Jacobians
from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.targets import resolve_targets

MOST_BLOCKS_SAMPLES = 64
"""Samples at which the radii of a model without recurrent layers are measured."""


class Probe:
    """Measures a model again and again, compiled once.

    Args:
        model: As for `stabilize`, like all that follows.
        data: What goes into the model.
        target: What reports compare with.
        batch_size: Samples, or None.
        frames: At how many time steps, spread evenly over the sequences.
        sources: `"states"` or `"output"`.
        seed: Of the choice of samples.

    Attributes:
        stack: The transitions of the model.
        jacobians: Their compiled `Jacobians`.
        targets: Target of each transition by key.
        held_out: The samples that are measured, some batches of them.
        others: Gives an endless iterator of other batches.

    Raises:
        ValueError: As `stabilize`.
    """

    def __init__(self, model, data, target, batch_size, frames, sources, seed):
        self.stack = stack_of(model, sources)
        self.batch_size = batch_size or self.stack.batch_size
        self.frames = frames
        self.held_out, self.others = batches.split(data, model, self.batch_size, seed)
        self.targets = _targets(target, self.stack, self.held_out)
        self.jacobians = Jacobians(self.stack)

    def radii(self) -> dict[str, float]:
        """Mean radii over the held-out data and time steps, from zero states."""
        found: dict[str, list] = {}
        rows = len(self.held_out[0])
        if not self.stack.recurrent:  # where each costs much and differs little
            rows = min(rows, MOST_BLOCKS_SAMPLES)
        size = min(self.batch_size, rows)
        for start in range(0, rows - size + 1, size):  # of one shape, compiled once
            for radii in self._along([x[start : start + size] for x in self.held_out]):
                for key, values in radii.items():
                    found.setdefault(key, []).append(values)
        return {key: float(np.mean(values)) for key, values in found.items()}

    def _along(self, batch):
        stack = self.stack
        entries, states = stack.entries(batch), stack.initial_states(len(batch[0]))
        length = stack.length(entries)
        steps = np.linspace(0, length - 1, min(self.frames, length)).round()
        chosen = set(steps.astype(int))
        for t in range(max(chosen) + 1):
            frame = stack.frame(entries, t)
            if t in chosen:
                radii, states, _ = self.jacobians.radii(frame, states)
                yield radii
            else:
                states = self.jacobians.advance(frame, states)

    def report(self, before: dict, after: dict, **found: Any) -> StabilityReport:
        """A report of the radii before and after, beside the targets."""
        stack = self.stack
        return StabilityReport(
            names={t.key: t.name for t in stack.transitions},
            targets=self.targets,
            before=before,
            after=after,
            fixed=[t.key for t in stack.transitions if not stack.movable(t)],
            **found,
        )


def stack_of(model: Any, sources: str = "states") -> FrameStack | BlockStack:
    """The transitions of a model, with or without recurrent layers."""
    if sources not in ("states", "output"):
        raise ValueError(
            f"Expected `sources` to be 'states' or 'output'. Received: {sources!r}"
        )
    check_model(model)
    layers = model._flatten_layers()
    recurrent = any(graph.is_recurrent(layer) for layer in layers)
    return FrameStack(model, sources) if recurrent else BlockStack(model)


def _targets(target, stack, batch):
    keys = [t.key for t in stack.transitions]
    time_steps = stack.length(stack.entries(batch)) if stack.recurrent else None
    return resolve_targets(target, keys, time_steps, stack.depth)
