"""Local stability of any deep Keras model: measured, and brought about."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_nonnormal.pretraining import batches, graph
from keras_nonnormal.pretraining.blocks import BlockStack
from keras_nonnormal.pretraining.controller import control, restore
from keras_nonnormal.pretraining.frames import FrameStack
from keras_nonnormal.pretraining.jacobians import Jacobians
from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.targets import resolve_targets

Target = str | float | dict[str, float]


def measure(
    model: Any,
    data: Any,
    target: Target = "auto",
    *,
    batch_size: int = 8,
    frames: int = 20,
    sources: str = "states",
    seed: int = 0,
) -> StabilityReport:
    """The radii of all transitions of a model. Its weights stay as they are.

    Args:
        model: As for `stabilize`, like all that follows.
        data: What goes into the model.
        target: What the report compares with.
        batch_size: Samples.
        frames: At how many time steps, spread evenly over the sequences.
        sources: `"states"` or `"output"`.
        seed: Of the choice of samples.

    Returns:
        A `StabilityReport` whose `after` is its `before`.
    """
    started = time.monotonic()
    stack = stack_of(model, sources)
    held_out, _ = batches.split(data, model, batch_size, seed)
    jacobians = Jacobians(stack)
    targets = _targets(target, stack, held_out)
    radii = mean_radii(jacobians, held_out, frames)
    return _report(stack, targets, radii, radii, seconds=time.monotonic() - started)


def stabilize(
    model: Any,
    data: Any,
    target: Target = "auto",
    *,
    steps: int = 500,
    tolerance: float = 0.02,
    batch_size: int = 8,
    frames: int = 20,
    sources: str = "states",
    seed: int = 0,
    verbose: int | str = "auto",
) -> StabilityReport:
    r"""Moves a model's weights until its Jacobians neither explode nor vanish.

    A deep network is locally stable if the spectral radius of each of its transitions,
    from layer to layer and from time step to time step, has a target: 1 for a
    feed-forward network or a single recurrent layer, 1/2 for several recurrent ones,
    where gradients come back along many paths. The weights are scaled by what the radii
    measured on the data want: matrices along time and the biases of forget and update
    gates by the radius along time, input matrices by the radius from below, the read-out
    by that of the output. What is not scaled is not touched; neither are the optimizer,
    dropout and its seeds, or what is trainable.

    Args:
        model: A built Sequential or functional model, compiled or not, with recurrent
            layers of any cell, or feed-forward with layers that have a `kernel`.
        data: An array `(samples, ...)`, a list of arrays for several inputs, or an
            iterable of batches as for `fit`, such as a `tf.data.Dataset`. Targets in it
            are not looked at.
        target: `"auto"` as above; a number in (0, 2]; `"one"`, `"half"`, `"unbalanced"`
            (T / (T + L) along time, L / (T + L) along depth); or a dict of kinds
            (`"rec"`, `"enc"`, `"depth"`, `"dec"`) or single transitions (`"rec/0"`).
            The target of `"dec"` is 1 unless it is in a dict.
        steps: The most iterations: time steps, or batches without recurrent layers.
        tolerance: How near the averaged radii shall come before the end.
        batch_size: Samples per iteration.
        frames: At how many time steps of held-out data before and after are measured.
        sources: `"states"` measures what a layer passes upwards and to the output from
            all its states as if they were independent, as published; `"output"` from
            its output alone.
        seed: Of the order of samples.
        verbose: 0 for silence, 1 or `"auto"` for a progress bar.

    Returns:
        A `StabilityReport`. The model has the best weights found.

    Raises:
        ValueError: If the model is unbuilt, cannot be looked into or has no transitions;
            if the data do not fit it; if a target is outside (0, 2]; or if a Jacobian is
            not finite. The weights are then what they were.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> from keras_nonnormal.pretraining import stabilize
    >>> layers = [keras.layers.Dense(16, activation="relu") for _ in range(4)]
    >>> model = keras.Sequential([keras.Input((16,)), *layers])
    >>> x = np.random.default_rng(0).normal(size=(64, 16))
    >>> report = stabilize(model, x, verbose=0)
    >>> 0.9 < report.mean_after < 1.1
    True

    Reference:
        - [Herranz-Celotti and Rouat, 2023](https://arxiv.org/abs/2308.12075),
          "Stabilizing RNN Gradients through Pre-training". This way to the targets, by
          factors instead of gradients, is the library's own.
    """
    started = time.monotonic()
    if steps != int(steps) or steps < 1:
        raise ValueError(f"Expected `steps` of at least 1. Received: steps={steps!r}")
    stack = stack_of(model, sources)
    held_out, others = batches.split(data, model, batch_size, seed)
    targets = _targets(target, stack, held_out)
    jacobians = Jacobians(stack)
    start = model.get_weights()
    try:
        before = mean_radii(jacobians, held_out, frames)
        _check_finite(stack, before)
        if isinstance(stack, BlockStack):
            stack.break_symmetry(np.random.default_rng(seed))
        course = control(
            stack,
            frames_of(stack, others()),
            _Measure(jacobians),
            targets,
            int(steps),
            tolerance,
            _progress(steps, verbose),
        )
        after = mean_radii(jacobians, held_out, frames)
    except BaseException:
        restore(stack, start)
        raise
    return _report(
        stack,
        targets,
        before,
        after,
        iterations=course.radii,
        losses=course.losses,
        failures=course.failures,
        seconds=time.monotonic() - started,
    )


def stack_of(model: Any, sources: str = "states") -> FrameStack | BlockStack:
    """The transitions of a model, with or without recurrent layers."""
    if sources not in ("states", "output"):
        raise ValueError(
            f"Expected `sources` to be 'states' or 'output'. Received: {sources!r}"
        )
    graph.check_model(model)
    layers = model._flatten_layers()
    recurrent = any(graph.is_recurrent(layer) for layer in layers)
    return FrameStack(model, sources) if recurrent else BlockStack(model)


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


class _Measure:
    """Radii at a frame; the walk goes on to the states after it."""

    def __init__(self, jacobians: Jacobians):
        self.jacobians = jacobians

    def __call__(self, walk: Walk) -> tuple[dict, list]:
        radii, walk.states, means = self.jacobians.radii(walk.frame, walk.states)
        return radii, [keras.ops.convert_to_numpy(m) for m in means]


def mean_radii(jacobians: Jacobians, batch: Any, frames: int) -> dict[str, float]:
    """Mean radii over a batch and evenly spread time steps, from zero states."""
    stack = jacobians.stack
    entries = stack.entries(batch)
    states = stack.initial_states(len(batch[0]))
    length = stack.length(entries)
    chosen = set(np.linspace(0, length - 1, min(frames, length)).round().astype(int))
    found: dict[str, list] = {}
    for t in range(max(chosen) + 1):
        frame = stack.frame(entries, t)
        if t in chosen:
            radii, states, _ = jacobians.radii(frame, states)
            for key, values in radii.items():
                found.setdefault(key, []).append(values)
        else:
            states = jacobians.advance(frame, states)
    return {key: float(np.mean(values)) for key, values in found.items()}


def _targets(target, stack, batch):
    keys = [t.key for t in stack.transitions]
    time_steps = stack.length(stack.entries(batch)) if stack.recurrent else None
    return resolve_targets(target, keys, time_steps, stack.depth)


def _check_finite(stack, radii):
    for transition in stack.transitions:
        if not np.isfinite(radii[transition.key]):
            raise ValueError(
                f"The Jacobian of layer '{transition.name}' ({transition.key}) is not "
                "finite. Expected data and weights for which it is"
            )


def _report(stack, targets, before, after, **found) -> StabilityReport:
    return StabilityReport(
        names={t.key: t.name for t in stack.transitions},
        targets=targets,
        before=before,
        after=after,
        fixed=[t.key for t in stack.transitions if not stack.movable(t)],
        **found,
    )


def _progress(steps, verbose) -> Callable[[int, float], None]:
    if not verbose:
        return lambda iteration, mean: None
    bar = keras.utils.Progbar(steps, stateful_metrics=["mean radius"])
    return lambda iteration, mean: bar.update(iteration, [("mean radius", mean)])
