"""The stage before training: a network is made stable, or only measured."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.parts import Recipe
from experiments.core.report import aligned, gathered

METHODS = ("none", "controller", "gradient", "published")

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


@dataclass(frozen=True)
class Stage(Recipe):
    """Options of the stage before training."""

    group = "pre-training"

    pretrain: str = option(
        "none",
        "how to make the network locally stable before it is trained: by scaling its "
        "weights, by gradient steps, or as was published",
        choices=METHODS,
    )
    compare: bool = option(
        False, "also train it without pre-training", paired=True, role="label"
    )
    target: str = option(
        "auto",
        "spectral radius of the transitions: a number, auto (1 for one layer or a "
        "feed-forward network, else 0.5), unbalanced (T / (T + L) in time, L / (T + L) "
        "in depth), or one for each kind such as rec=0.5,enc=1",
    )
    pretrain_steps: int | None = option(
        None, "iterations at most (default: of the method); 0 only measures", low=0
    )
    pretrain_batch: int | None = option(
        None, "examples per iteration (default: 16, or as was published)", low=1
    )
    pretrain_lr: float | None = option(
        None, "learning rate of pre-training by gradient steps", above=0
    )
    store: str | None = option(
        None,
        "folder that keeps pre-trained weights, and has them if it is done again",
        role="where",
    )
    only_pretrain: bool = option(False, "stop when the network is stable")

    def __post_init__(self):
        super().__post_init__()
        target_of(self.target)

    @property
    def stability(self) -> str:
        """How the network was made stable, in words: `as drawn`, `radius 0.5`."""
        if self.pretrain == "none":
            return "as drawn"
        return f"radius {self.target} ({self.pretrain})"

    @property
    def goals(self) -> float | str | dict[str, float]:
        """The target as the library takes it."""
        return target_of(self.target)

    @property
    def trains(self):
        return not self.only_pretrain

    def pretraining_steps(self, program: Any) -> int | None:
        """Iterations of pre-training at most; None for those of the method."""
        return self.pretrain_steps

    def stabilize(self, program, model, task, directory):
        """Pre-trains a model as asked for, or only measures its radii.

        What was found goes into `stability.json`. A run that goes on after its
        pre-training has that, and leaves the model as it is.
        """
        from keras_nonnormal.training.files import write_json

        file = directory.path / FILE
        if file.exists() and any(directory.checkpoints.glob("epoch-*.weights.h5")):
            return
        moved = model
        if task.stateful:  # the same network without states among inputs and outputs
            moved = program.network.model(program, task, carried=False)
            moved.set_weights(model.get_weights())
        try:
            report = self._report(program, moved, task)
        except ValueError as error:  # of a model or data that it cannot be done with
            raise OptionError(f"--pretrain {self.pretrain}: {error}") from error
        if moved is not model:
            model.set_weights(moved.get_weights())
        stage = stage_of(report, self)
        write_json(file, stage)
        if self.pretrain != "none":
            print(
                f"\nmean radius {report.mean_before:.3f} before, "
                f"{report.mean_after:.3f} after {stage['iterations']} iterations, "
                f"{stage['seconds']:.1f} s"
            )
            if words := missed(stage):
                print(words)

    def _report(self, program, model, task) -> Any:
        """The `StabilityReport` of a model, which is made stable if asked for."""
        from keras_nonnormal.pretraining import StandIns, measure, stabilize

        seed = program.run.seed
        batch: Any = self.pretrain_batch  # which `settled` has seen to
        inputs = getattr(program.task, "pretrain_inputs", "data")
        data = StandIns(task, inputs, batch, seed)
        shared: dict[str, Any] = {"batch_size": batch, "frames": FRAMES, "seed": seed}
        if self.pretrain == "none" or self.pretrain_steps == 0:
            print("measuring the radii of its transitions", flush=True)
            return measure(model, data, self.goals, **shared)
        steps = self.pretraining_steps(program)
        most = f"at most {steps} iterations, " if steps else ""
        print(
            f"pre-training ({self.pretrain}): {most}{batch} examples each; radii are "
            "measured before",
            flush=True,
        )
        shared |= {"steps": steps, "learning_rate": self.pretrain_lr}
        shared |= {"method": self.pretrain, "store": self.store, "verbose": 1}
        given = {name: value for name, value in shared.items() if value is not None}
        return stabilize(model, data, self.goals, **given)

    def compared(self, program):
        if not self.compare or self.pretrain == "none":
            return None
        out = program.run.out and os.path.join(program.run.out, "none")
        return program.changed(pretrain="none", compare=False, out=out)


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
    kinds = gathered((key.split("/")[0], radius) for key, radius in radii.items())
    return {kind: sum(each) / len(each) for kind, each in kinds.items()}


def missed(stage: Mapping[str, Any]) -> str:
    """A line about a target that was missed, and what to do; empty if it was not."""
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
