"""Language models that start non-normal: Orhan and Pitkow (2020), sections 3.1.2, 3.3.

"Improved memory in recurrent neural networks with sequential non-normal dynamics",
https://arxiv.org/abs/1905.13715, in the manner of Merity, Keskar and Socher (2017),
https://arxiv.org/abs/1708.02182. The model with the lowest validation loss is tested.
"""

import functools
import math
from dataclasses import dataclass
from typing import Any

from experiments.core.options import OptionError, option
from experiments.core.parts import Recipe
from experiments.core.program import Program
from experiments.core.report import results_table


@dataclass(frozen=True)
class LanguageModels(Recipe):
    """Training of language models; the defaults are those of the paper on words."""

    name = "awd"
    about = "language models of recurrent layers"

    optimizer: str = option(
        "adam",
        "update rule: PyTorch's Adam, or gradient descent whose weights are averaged "
        "once they no longer get better",
        choices=("adam", "sgd"),
    )
    learning_rate: float = option(1e-3, "learning rate", above=0, alias="lr")
    lr_drops: tuple[float, float] | None = option(
        None, "two epochs after which it is divided by 10", low=1, alias="when"
    )
    average_window: int | None = option(
        5,
        "sgd: average after an epoch worse than the best of all but so many before it; "
        "or none",
        low=1,
        alias="nonmono",
    )
    weight_decay: float = option(
        1.2e-6, "multiple of a weight that its gradient has", low=0, alias="wdecay"
    )
    clip_norm: float | None = option(
        0.25, "largest joint norm of all gradients, or none", above=0, alias="clip"
    )
    batch_size: int = option(
        20, "columns that are read side by side", low=1, alias="batch"
    )
    epochs: int = option(60, "passes over the text", low=1, role="length")
    log_gradient_norm: bool = option(
        False,
        "also log the joint norm of all gradients before clipping",
        role="label",
    )
    log_memory: bool = option(
        False,
        "also log Henrici index and spectral radius of every recurrent layer, and what "
        "is left of a gradient at its first step (without --strategy), and keep them "
        "in memory.csv",
        role="label",
    )

    def __post_init__(self):
        super().__post_init__()
        if self.lr_drops and self.lr_drops[0] >= self.lr_drops[1]:
            raise OptionError(
                "--lr-drops: expected the earlier epoch first, received "
                "{:g} {:g}".format(*self.lr_drops)
            )

    def new_optimizer(self, program, task):
        from keras_nonnormal.optimizers import AdamTorch, AveragedSGD

        rule = AveragedSGD if self.optimizer == "sgd" else AdamTorch
        return rule(
            self.learning_rate,
            coupled_weight_decay=self.weight_decay,
            global_clipnorm=self.clip_norm,
        )

    def training(self, program, task):
        import keras

        from keras_nonnormal.training import Schedule

        averages = self.optimizer == "sgd" and self.average_window is not None
        return {
            "schedule": Schedule(
                self.epochs,
                self.batch_size,
                keep_best=True,
                average_window=self.average_window if averages else None,
            ),
            "metrics": [],
            "log_gradient_norm": self.log_gradient_norm,
            "callbacks": [
                # Before those that keep the logs.
                keras.callbacks.LambdaCallback(
                    on_epoch_end=functools.partial(_measured, program.task.spelled)
                ),
                *self._drops(),
                *_logs(program, task),
            ],
        }

    def announcement(self, program, task):
        return (
            f"{program.task.corpus}: {len(task.corpus.train):,} tokens, "
            f"{task.input_width:,} different; "
            f"{program.network.parameters(program, task):,} parameters, seed "
            f"{program.run.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def summary(self, program, task, result):
        found = result.summary()
        test = found["test"]
        name, value = measure(program.task.spelled, test["loss"])
        test = {**test, name: value}
        return {"trivial_loss": task.trivial_loss, **found, "test": test}

    def published(self, program):
        setting = f"@{program.task.corpus}/{program.network.cell}"
        return program.published_beside(setting)

    def report(self, program, summaries):
        scores, beside = program.task.scores, self.published(program)
        return results_table(summaries, scores, beside, trivial="frequencies alone")

    def curves(self, program, task):
        spelled = program.task.spelled
        return {
            "title": task.name,
            "metric": "val_bits_per_character" if spelled else "val_perplexity",
            "label": "bits per character" if spelled else "perplexity",
        }

    def idle(self, program):
        if self.optimizer != "sgd":
            yield "average_window", "only sgd is averaged"

    def _drops(self) -> list[Any]:
        """The callback that divides the learning rate, if it is to be divided."""
        import keras

        if not self.lr_drops:
            return []
        drops = self.lr_drops

        def rate(epoch, _):
            return self.learning_rate * 0.1 ** sum(epoch >= drop for drop in drops)

        return [keras.callbacks.LearningRateScheduler(rate)]


def measure(spelled: bool, nats: float) -> tuple[str, float]:
    """The measure of the field for a mean cross-entropy in nats: its name and value.

    Args:
        spelled: Whether tokens are characters or bytes: bits per character, else the
            perplexity of words.
        nats: The mean over all tokens.
    """
    if spelled:
        return "bits_per_character", nats / math.log(2)
    return "perplexity", math.exp(nats) if nats < 700 else math.inf


def _measured(spelled: bool, epoch: int, logs: dict[str, float]) -> None:
    """Adds the measure of the field to the logs of an epoch."""
    for split in ("", "val_"):
        name, value = measure(spelled, float(logs[f"{split}loss"]))
        logs[split + name] = value


def _logs(program: Program, task: Any) -> list[Any]:
    """The callback that logs how the layers remember, if that is asked for."""
    if not program.recipe.log_memory:
        return []
    from keras_nonnormal.training import MemoryMonitor, RunDirectory

    out = RunDirectory(program.run.out)
    events = out.tensorboard if program.run.writes_events else None
    # Gradients of all columns; replicas would have states of their own.
    alone = program.run.strategy == "none"
    text = task.evaluation_batches("validation") if alone else None
    return [MemoryMonitor(text, path=out.path / "memory.csv", log_dir=events)]
