"""The stage before training: a network is made stable, or only measured."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError
from experiments.core.report import aligned

# Frames at which radii are measured before and after.
FRAMES = 20
FILE = "stability.json"
KINDS = ("rec", "depth", "enc", "dec")
WORDS = ("auto", "unbalanced")
HIGHEST = 2.0
# How far a mean radius may be from its target, in runs that count as published, and how
# far the mean of a kind of transitions.
TOLERANCE, TOLERANCE_OF_A_KIND = 0.02, 0.1


def target_of(text: str) -> float | str | dict[str, float]:
    """The target that a text stands for, as the library takes it.

    Args:
        text: `"0.5"`, a radius for all kinds of transitions; `"auto"`; `"unbalanced"`;
            or a radius for each kind: `"rec=0.5,enc=1"`.

    Raises:
        OptionError: If it is none of these.

    Example:

    >>> target_of(".5"), target_of("auto"), target_of("rec=0.9,depth=0.1")
    (0.5, 'auto', {'rec': 0.9, 'depth': 0.1})
    """
    if text in WORDS:
        return text
    try:
        if "=" not in text:
            return _radius(text)
        pairs = [each.split("=") for each in text.split(",")]
        targets = {kind.strip(): _radius(value) for kind, value in pairs}
        if not targets.keys() <= set(KINDS):
            raise ValueError
    except ValueError:
        raise OptionError(
            f"--target: expected a radius above 0 and of at most {HIGHEST:g}, "
            f"{' or '.join(WORDS)}, or one for each kind such as rec=0.5,enc=1 (of "
            f"{', '.join(KINDS)}), received {text!r}"
        ) from None
    return targets


def _radius(text: str) -> float:
    radius = float(text)
    if not 0 < radius <= HIGHEST:
        raise ValueError
    return radius


def make_stable(program, network: Any, task: Any, directory: Any) -> dict[str, Any]:
    """Pre-trains a network as its recipe asks for, or only measures its radii.

    What was found goes into `stability.json`. A run that goes on after its pre-training
    reads it there and leaves the network as it is.

    Args:
        program: A program of the recipe `lsc`.
        network: The network that is to be trained; it gets the weights.
        task: A `keras_nonnormal.datasets.Task`.
        directory: A claimed `RunDirectory`.

    Returns:
        The contents of `stability.json`.
    """
    from keras_nonnormal.pretraining import measure, stabilize
    from keras_nonnormal.training.files import write_json

    recipe, file = program.recipe, directory.path / FILE
    if file.exists() and any(directory.checkpoints.glob("epoch-*.weights.h5")):
        return read_stage(directory.path)
    model = network
    if task.stateful:  # the same network without states among inputs and outputs
        model = program.network.model(program, task, carried=False)
        model.set_weights(network.get_weights())
    data = Batches(task, program)
    shared: dict[str, Any] = {
        "batch_size": recipe.pretrain_batch,
        "frames": FRAMES,
        "seed": program.run.seed,
    }
    only_measures = recipe.pretrain == "none" or recipe.pretrain_steps == 0
    try:
        if only_measures:
            print("measuring the radii of its transitions", flush=True)
            report = measure(model, data, recipe.goals, **shared)
        else:
            steps = recipe.pretraining_steps(program)
            print(
                f"pre-training ({recipe.pretrain}): "
                + (f"at most {steps} iterations, " if steps else "")
                + f"{recipe.pretrain_batch} examples each; radii are measured before",
                flush=True,
            )
            settings = {
                "method": recipe.pretrain,
                "steps": steps,
                "learning_rate": recipe.pretrain_lr,
                "store": recipe.store,
            }
            shared |= {k: v for k, v in settings.items() if v is not None}
            report = stabilize(model, data, recipe.goals, verbose=1, **shared)
    except ValueError as error:  # of a model or data that it cannot be done with
        raise OptionError(f"--pretrain {recipe.pretrain}: {error}") from error
    if model is not network:
        network.set_weights(model.get_weights())
    stage = stage_of(report, recipe)
    write_json(file, stage)
    if recipe.pretrain != "none":
        print(
            f"\nmean radius {report.mean_before:.3f} before, {report.mean_after:.3f} "
            f"after {stage['iterations']} iterations, {stage['seconds']:.1f} s"
        )
        if words := missed(stage):
            print(words)
    return stage


def stage_of(report, recipe) -> dict[str, Any]:
    """A `StabilityReport` as a summary has it."""
    found = report.as_dict()
    found["method"] = recipe.pretrain
    found["target"] = recipe.target
    # The course is in lists: of every iteration the mean radius.
    course = found.pop("iterations")
    found["course"] = [
        round(sum(radii.values()) / len(radii), 5) for radii in course if radii
    ]
    found["iterations"] = len(course)
    found.pop("losses", None)
    if recipe.pretrain == "none":
        found["seconds"] = 0.0  # to measure is no part of the training
    found["seconds"] = round(found["seconds"], 3)
    return found


def read_stage(out: Any) -> dict[str, Any]:
    """The content of `stability.json` of a run directory."""
    from keras_nonnormal.training.run_directory import read_json

    return read_json(Path(out) / FILE, "seconds")


def by_kind(radii: Mapping[str, float]) -> dict[str, float]:
    """The mean radius of every kind of transition, of radii such as that of `rec/0`."""
    kinds: dict[str, list[float]] = {}
    for key, radius in radii.items():
        kinds.setdefault(key.split("/")[0], []).append(radius)
    return {kind: sum(each) / len(each) for kind, each in kinds.items()}


def missed(stage: Mapping[str, Any]) -> str:
    """A line about a target that was missed, and what to do; empty if it was not.

    Args:
        stage: The contents of `stability.json`.
    """
    if stage["method"] == "none":
        return ""
    after, aims = stage["after"], stage["targets"]
    judged = [key for key in after if not key.startswith("dec")] or list(after)
    aim = sum(aims[key] for key in judged) / len(judged)
    kinds, wanted = by_kind(after), by_kind(aims)
    far = [
        f"{kind} {kinds[kind]:.3f} instead of {wanted[kind]:.3g}"
        for kind in kinds
        if kind != "dec" and abs(kinds[kind] - wanted[kind]) > TOLERANCE_OF_A_KIND
    ]
    if abs(stage["mean_after"] - aim) <= TOLERANCE and not far:
        return ""
    others = ["more --pretrain-steps", "another --seed"]
    if stage["method"] != "controller":
        others.insert(0, "--pretrain controller")
    found = f"mean radius {stage['mean_after']:.3f} instead of {aim:.3g}"
    return (
        f"pre-training missed its target: {', '.join([found, *far])}; "
        f"try {', '.join(others[:-1])} or {others[-1]}"
    )


def radii_table(stage: Mapping[str, Any]) -> list[str]:
    """The lines of a table of radii, and what it took to get there."""
    if not stage.get("before"):
        return []
    before, after = by_kind(stage["before"]), by_kind(stage["after"])
    targets = by_kind(stage["targets"])
    if stage["method"] == "none":
        rows = [("transitions", "radius")]
        rows += [(kind, f"{radius:.3f}") for kind, radius in before.items()]
        return aligned(rows)
    rows = [("transitions", "before", "after", "target")]
    for kind, radius in before.items():
        aim = f"{targets[kind]:.3g}" if kind in targets else ""
        rows.append((kind, f"{radius:.3f}", f"{after[kind]:.3f}", aim))
    means = (f"{stage['mean_before']:.3f}", f"{stage['mean_after']:.3f}")
    rows.append(("mean without dec", *means, ""))
    share = stage.get("share")
    of = "" if share is None else f", {share:.1%} of the time of training"
    took = f"{stage['iterations']} iterations in {stage['seconds']:.1f} s{of}"
    if stage.get("loaded"):
        took = "found in the store"
    failed = f"; {stage['failures']} failed" if stage["failures"] else ""
    return [*aligned(rows), took + failed]


@dataclasses.dataclass(frozen=True)
class Batches:
    """Inputs of training batches, as often as they are asked for.

    Args:
        task: The data.
        program: The program; its task's `pretrain_inputs`, if there are any, say what
            becomes of the inputs.
    """

    task: Any
    program: Any

    def __iter__(self) -> Iterator[Any]:
        import numpy as np

        size, seed = self.program.recipe.pretrain_batch, self.program.run.seed
        draw = np.random.default_rng(seed)
        change = CHANGES[getattr(self.program.task, "pretrain_inputs", "data")]
        batches = self.task.training_batches(size, seed=seed)
        for batch in batches.take(self.task.steps_per_epoch(size)):
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


CHANGES: dict[str, Callable[..., Any]] = {
    "data": lambda draw, inputs, width: inputs,
    "gaussian": _noise,
    "bernoulli": _coins,
    "shuffled": _shuffled,
    "random": _tokens,
}
