"""The stage before training: a network is made stable, or only measured."""

import dataclasses
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from experiments.options import OptionError

# Frames at which radii are measured before and after.
FRAMES = 20
FILE = "stability.json"


def make_stable(
    network: Any, plain: Callable[[], Any], task, options, directory
) -> dict[str, Any]:
    """Pre-trains a network as options ask for, or only measures its radii.

    What was found goes into `stability.json`. A run that goes on after its pre-training
    reads it there and leaves the network as it is.

    Args:
        network: The network that is to be trained; it gets the weights.
        plain: Makes the same network without states among its inputs and outputs.
        task: A `keras_nonnormal.datasets.SequenceTask`.
        options: `StabilizedOptions`.
        directory: A claimed `RunDirectory`.

    Returns:
        The contents of `stability.json`.
    """
    from keras_nonnormal.pretraining import measure, stabilize
    from keras_nonnormal.training.files import write_json

    file = directory.path / FILE
    if file.exists() and any(directory.checkpoints.glob("epoch-*.weights.h5")):
        return read_stage(directory)
    model = plain() if task.stateful else network
    if model is not network:
        model.set_weights(network.get_weights())
    data = Batches(task, options)
    shared: dict[str, Any] = {
        "batch_size": options.pretrain_batch,
        "frames": FRAMES,
        "seed": options.seed,
    }
    try:
        if options.pretrain == "none" or options.pretrain_steps == 0:
            report = measure(model, data, options.goals, **shared)
        else:
            shared |= _how(options)
            report = stabilize(model, data, options.goals, **shared)
    except ValueError as error:  # of a model or data that it cannot be done with
        raise OptionError(f"--pretrain {options.pretrain}: {error}") from error
    if model is not network:
        network.set_weights(model.get_weights())
    stage = stage_of(report, options)
    write_json(file, stage)
    if options.pretrain != "none":
        print(
            f"mean radius {report.mean_before:.3f} before, {report.mean_after:.3f} "
            f"after {stage['iterations']} iterations, {stage['seconds']:.1f} s"
        )
    return stage


def _how(options) -> dict[str, Any]:
    """What else pre-training is told; what is left out is the library's default."""
    steps = options.pretrain_steps
    if steps is None and options.pretrain == "published":
        steps = options.published_steps
    settings = {
        "method": options.pretrain,
        "steps": steps,
        "learning_rate": options.pretrain_lr,
        "store": options.store,
        "verbose": int(sys.stdout.isatty()),
    }
    return {name: value for name, value in settings.items() if value is not None}


def stage_of(report, options) -> dict[str, Any]:
    """A `StabilityReport` as a summary has it."""
    found = report.as_dict()
    found["method"] = options.pretrain
    found["target"] = options.target
    # The course is in lists: of every iteration the mean radius.
    course = found.pop("iterations")
    found["course"] = [
        round(sum(radii.values()) / len(radii), 5) for radii in course if radii
    ]
    found["iterations"] = len(course)
    found.pop("losses", None)
    if options.pretrain == "none":
        found["seconds"] = 0.0  # to measure is no part of the training
    found["seconds"] = round(found["seconds"], 3)
    return found


def read_stage(directory) -> dict[str, Any]:
    """What `stability.json` of a run holds."""
    from keras_nonnormal.training.run_directory import read_json

    return read_json(directory.path / FILE, "seconds")


@dataclasses.dataclass(frozen=True)
class Batches:
    """Inputs of training batches, as often as they are asked for.

    Args:
        task: The task.
        options: `StabilizedOptions`; their `pretrain_inputs`, if they have any, say
            what becomes of the inputs.
    """

    task: Any
    options: Any

    def __iter__(self) -> Iterator[np.ndarray]:
        options = self.options
        draw = np.random.default_rng(options.seed)
        change = CHANGES[getattr(options, "pretrain_inputs", "data")]
        batches = self.task.training_batches(
            options.pretrain_batch, seed=options.seed
        ).take(self.task.steps_per_epoch(options.pretrain_batch))
        for batch in batches:
            yield change(draw, np.asarray(batch[0]), self.task.input_width)


def _noise(draw, inputs, width):
    if inputs.dtype.kind in "iu":
        return _tokens(draw, inputs, width)
    return draw.normal(size=inputs.shape).astype(inputs.dtype)


def _coins(draw, inputs, width):
    if inputs.dtype.kind in "iu":
        return _tokens(draw, inputs, width)
    return draw.integers(0, 2, inputs.shape).astype(inputs.dtype)


def _shuffled(draw, inputs, width):
    return draw.permuted(inputs.ravel()).reshape(inputs.shape)


def _tokens(draw, inputs, width):
    """Random tokens; of frames, random ones among those that there are."""
    if inputs.dtype.kind in "iu":
        return draw.integers(0, width, inputs.shape).astype(inputs.dtype)
    return draw.choice(inputs.ravel(), inputs.shape)


CHANGES: dict[str, Callable[..., np.ndarray]] = {
    "data": lambda draw, inputs, width: inputs,
    "gaussian": _noise,
    "bernoulli": _coins,
    "shuffled": _shuffled,
    "random": _tokens,
}
