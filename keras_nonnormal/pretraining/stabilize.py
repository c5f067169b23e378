"""Local stability of any deep Keras model: measured, and brought about."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_nonnormal.pretraining.loop import not_finite
from keras_nonnormal.pretraining.methods import METHODS
from keras_nonnormal.pretraining.probe import Probe
from keras_nonnormal.pretraining.report import StabilityReport
from keras_nonnormal.pretraining.store import load_stable, save_stable, store_key
from keras_nonnormal.pretraining.targets import Target
from keras_nonnormal.pretraining.variables import put_back, values_of

# How often progress is shown where the line is rewritten, and where each is a new one.
SECONDS_ON_SCREEN, SECONDS_IN_FILES = 0.05, 10.0


def measure(
    model: Any,
    data: Any,
    target: Target = "auto",
    *,
    batch_size: int | None = None,
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
    probe = Probe(model, data, target, batch_size, frames, sources, seed)
    radii = probe.radii()
    return probe.report(radii, radii, seconds=time.monotonic() - started)


def stabilize(
    model: Any,
    data: Any,
    target: Target = "auto",
    *,
    method: str = "controller",
    steps: int = 500,
    tolerance: float = 0.015,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    frames: int = 20,
    sources: str = "states",
    store: str | os.PathLike | None = None,
    seed: int = 0,
    verbose: int | str = "auto",
) -> StabilityReport:
    r"""Moves a model's weights until its Jacobians neither explode nor vanish.

    A deep network is locally stable if the spectral radius of each of its transitions,
    from layer to layer and from time step to time step, has a target: 1 for a
    feed-forward network or a single recurrent layer, 1/2 for several recurrent ones,
    where gradients come back along many paths. What does not bear on a radius is not
    touched: neither are the optimizer, dropout and its seeds, or what is trainable.

    A radius of 1/2 along time forgets within a few steps. A task that needs a longer
    memory may want `target="one"` or `"unbalanced"`. The radius of a nilpotent matrix,
    such as that of a `Chain`, is zero however it is scaled: no start for this.

    What moves the weights is the `method`:

    - `"controller"` scales weights by what the radii want: matrices along time and the
      biases of forget and update gates by the radius along time, input matrices by that
      from below, the read-out by that of the output.
    - `"gradient"` takes gradient steps on the mean of $(ρ - ρ^*)^2$.
    - `"published"` is the paper's program: gradient steps, shuffles and rescalings, for
      the *mean* radius alone; see `PublishedRNN`, `PublishedFFN` and `PublishedLRU`.

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
        method: See above.
        steps: The most iterations: time steps, or batches without recurrent layers.
        tolerance: How near the averaged radii shall come before the end; the published
            procedures have their own.
        learning_rate: Of the methods with gradients. Defaults to the published one.
        batch_size: Samples per iteration. Defaults to 32, and to 8 without recurrent
            layers, whose radii differ less from sample to sample.
        frames: At how many time steps of held-out data before and after are measured.
        sources: `"states"` measures what a layer passes upwards and to the output from
            all its states as if they were independent, as published; `"output"` from
            its output alone.
        store: Folder where the weights are kept, with the report. What was found there
            for the same model, weights, data and arguments is loaded instead.
        seed: Of the order of samples and all other draws.
        verbose: 0 for silence, 1 or `"auto"` for a progress bar; in a file a line of it
            every ten seconds.

    Returns:
        A `StabilityReport`. The model has the best weights found.

    Raises:
        ValueError: If the model is unbuilt, cannot be looked into or has no
            transitions; if the data do not fit it; if an argument is none of the above;
            or if a Jacobian is zero, not finite or cannot be made. The weights are then
            what they were.

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
          "Stabilizing RNN Gradients through Pre-training". The controller is the
          library's own.
    """
    started = time.monotonic()
    _check_choices(method, steps, tolerance)
    probe = Probe(model, data, target, batch_size, frames, sources, seed)
    key = ""
    if store is not None:
        arguments = [method, steps, tolerance, learning_rate, probe.batch_size, frames]
        arguments += [sources, seed, probe.targets]
        key = store_key(model, probe.held_out, arguments)
        if (found := load_stable(store, key, model)) is not None:
            return found
    start = values_of(model.weights)
    try:
        progress = _progress(steps, verbose)
        before = probe.radii()
        _check_radii(probe.stack, before)
        progress(0, probe.report(before, before).mean_before)
        apply = METHODS[method]
        history = apply(probe, int(steps), tolerance, seed, learning_rate, progress)
        after = probe.radii()
    except BaseException:
        put_back(model.weights, start)
        raise
    report = probe.report(
        before,
        after,
        history=history,
        seconds=time.monotonic() - started,
    )
    if store is not None:
        save_stable(store, key, model, report)
    return report


def _check_choices(method, steps, tolerance):
    if method not in METHODS:
        raise ValueError(
            f"Expected `method` to be one of {', '.join(map(repr, METHODS))}. "
            f"Received: method={method!r}"
        )
    if isinstance(steps, bool) or steps != int(steps) or steps < 1:
        raise ValueError(
            f"Expected `steps` to be an integer, at least 1. Received: steps={steps!r}"
        )
    if not tolerance > 0:
        raise ValueError(
            f"Expected `tolerance` above 0. Received: tolerance={tolerance!r}"
        )


def _check_radii(stack, radii):
    broken = [key for key, radius in radii.items() if not np.isfinite(radius)]
    if broken:
        raise ValueError(not_finite(stack, broken))
    for transition in stack.transitions:
        if radii[transition.key] == 0 and stack.movable(transition):
            raise ValueError(
                f"The Jacobian of layer '{transition.name}' ({transition.key}) is "
                "zero, which no scaling changes. Expected weights other than zero, and "
                "layers that can be differentiated"
            )


def _progress(steps, verbose) -> Callable[[int, float], None]:
    if not verbose:
        return lambda iteration, mean: None
    interval = SECONDS_ON_SCREEN if sys.stdout.isatty() else SECONDS_IN_FILES
    names = ["mean radius"]
    bar = keras.utils.Progbar(steps, interval=interval, stateful_metrics=names)
    return lambda iteration, mean: bar.update(iteration, [("mean radius", mean)])
