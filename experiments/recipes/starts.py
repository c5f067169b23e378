"""Starts of a simple recurrent network: Orhan and Pitkow (2020).

https://arxiv.org/abs/1905.13715. Success is half of the loss of a network that
remembers nothing.
"""

import dataclasses
import os
from dataclasses import dataclass

from experiments.core.options import OptionError, option
from experiments.core.parts import Recipe
from experiments.networks.start import GAINS

OPTIMIZERS = ("rmsprop-keras2", "rmsprop-torch", "rmsprop", "adam", "adam-torch")


@dataclass(frozen=True)
class Starts(Recipe):
    """Training by the published scripts, whose defaults these are."""

    name, about = "starts", "starts of a vanilla recurrent network"
    vectorized = frozenset({"init", "init_scale", "learning_rate"})

    compare: str | None = option(
        None,
        "also train this start with its default gain, or none",
        choices=GAINS,
        role="label",
    )
    optimizer: str = option(
        "rmsprop-keras2", "update rule, with its own constants", choices=OPTIMIZERS
    )
    learning_rate: float = option(1e-4, "learning rate", above=0, alias="lr")
    clip_norm: float | None = option(
        10.0, "largest joint norm of all gradients, or none", above=0, alias="clip"
    )
    batch_size: int = option(16, "sequences per step", low=1, alias="batch")
    epochs: int = option(
        100, "passes over the training sequences, at most", low=1, role="length"
    )
    stop_below: float | None = option(
        0.0025, "stop after an epoch with a validation loss below this, or none"
    )

    def settled(self, program):
        size = program.task.train_size
        most = f"expected at most --train-size, {size}"
        self.refuse_if(self.batch_size > size, "batch_size", most)
        if self.compare != program.network.init:
            return self
        if program.run.preset == "demo":  # which compares with another start, or none
            return dataclasses.replace(self, compare=None)
        raise OptionError(f"--compare: expected another start than {self.compare}")

    def compared(self, program):
        if self.compare is None:
            return None
        out = program.run.out and os.path.join(program.run.out, self.compare)
        return program.changed(
            init=self.compare, init_scale=None, compare=None, out=out
        )

    def new_optimizer(self, program, task):
        from keras_nonnormal.training import optimizer_by_name

        return optimizer_by_name(self.optimizer, self.learning_rate, self.clip_norm)

    def training(self, program, task):
        from keras_nonnormal.training import Schedule

        below = self.stop_below
        return {"schedule": Schedule(self.epochs, self.batch_size, stop_below=below)}

    def announcement(self, program, task):
        return (
            f"{task.name}: {len(task.splits.train)} sequences of {task.length} steps, "
            f"{program.network.units} units, seed {program.run.seed}; trivial loss "
            f"{task.trivial_loss:.4f}, success below {task.success_loss:.4f}"
        )

    def summary(self, program, task, result):
        return {
            "trivial_loss": task.trivial_loss,
            "success_loss": task.success_loss,
            "success": result.best["val_loss"] < task.success_loss,
            **result.summary(),
        }

    def curves(self, program, task):
        return {
            "trivial_loss": task.trivial_loss,
            "success_loss": task.success_loss,
            "title": f"{task.name}, {task.length} steps, {program.network.units} units",
        }
