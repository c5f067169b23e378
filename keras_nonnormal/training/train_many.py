import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_nonnormal.ensembles import Ensemble, MemberwiseOptimizer
from keras_nonnormal.training.callbacks.divergence import TrainingDiverged
from keras_nonnormal.training.callbacks.stop_below import StopBelow
from keras_nonnormal.training.checkpoints import EpochCheckpoint
from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.members import Members
from keras_nonnormal.training.metrics_log import MetricsLog
from keras_nonnormal.training.models import loss_and_metrics
from keras_nonnormal.training.monitor import Monitor
from keras_nonnormal.training.result import TrainingResult
from keras_nonnormal.training.run_directory import RunDirectory
from keras_nonnormal.training.schedule import Schedule
from keras_nonnormal.training.train import MOST_STEPS_PER_EXECUTION, largest_divisor
from keras_nonnormal.training.watched_model import WatchedModel


@dataclass(frozen=True)
class Member:
    """One of many trainings: what `train` would be told of it alone.

    Args:
        model: A functional `keras.Model`.
        task: A task with stored examples.
        directory: A claimed `RunDirectory`.
        optimizer: A Keras optimizer.
        seed: Non-negative integer, decides the order of its training sequences.
    """

    model: keras.Model
    task: Any
    directory: RunDirectory
    optimizer: Any
    seed: int


Outcome = TrainingResult | ArithmeticError


def train_many(
    members: Sequence[Member],
    *,
    schedule: Schedule,
    on_end: Callable[[int, Outcome], None] = lambda member, outcome: None,
    give_up: Callable[[int, Mapping[str, float]], ArithmeticError | None] = (
        lambda member, row: None
    ),
    jit_compile: bool = True,
    verbose: Any = "auto",
) -> list[Outcome]:
    """Trains many networks of one shape at once, each into a run directory of its own.

    Every run comes out as `train` would have made it alone, up to rounding in float32:
    the same rows, states, model. Each goes on where it was stopped, also if that was
    alone; one whose loss diverges or is low enough leaves the others alone.

    Args:
        members: What is trained. Models, tasks and optimizers are alike but for initial
            weights, data and learning rates.
        schedule: The `Schedule` of every member: `epochs`, `batch_size` and
            `stop_below`, and nothing else.
        on_end: Called with a member's number and its outcome as soon as its training
            is over and its model is saved.
        give_up: Called with a member's number and the metrics of an epoch before they
            are kept, `epoch` among them; says why its training ends there, if it does.
        jit_compile: Whether to compile whole steps.
        verbose: As for `fit`.

    Returns:
        For each member the `TrainingResult`, or the `TrainingDiverged` that `train`
        would have raised, or what `give_up` said.

    Raises:
        ValueError: If the networks or optimizers differ in more than that, or cannot
            be trained together; if the schedule has more than these three.
    """
    epochs, batch_size = schedule.epochs, schedule.batch_size
    simple = Schedule(epochs, batch_size, stop_below=schedule.stop_below)
    if schedule != simple:
        raise ValueError(
            "Expected a schedule of `epochs`, `batch_size` and `stop_below` alone for "
            f"many networks at once. Received: {schedule}"
        )
    runs = [_Run(member, epochs, schedule.stop_below) for member in members]
    for number, run in enumerate(runs):
        if run.over:
            on_end(number, run.end())
    while left := [run for run in runs if run.outcome is None]:
        begun = min(run.epochs_done for run in left)
        going = [run for run in left if run.checkpoint.holds(begun)]
        ahead = [run.epochs_done for run in left if run not in going]
        for run in going:
            run.restore(begun)
        keeper = _EachIntoItsDirectory(going, runs, on_end, give_up)
        until = min(ahead, default=epochs)
        _fit(going, keeper, begun, until, batch_size, jit_compile, verbose)
    return [run.outcome for run in runs]


def _fit(going, keeper, begun, epochs, batch_size, jit_compile, verbose):
    ensemble = Ensemble([run.model for run in going])
    rule = MemberwiseOptimizer(
        [run.member.optimizer for run in going], ensemble.variables
    )
    loss, _ = loss_and_metrics(going[0].task)
    metrics = [loss_and_metrics(run.task)[1] for run in going]
    together: Any = Members(ensemble, rule, loss, metrics)
    steps = [run.task.steps_per_epoch(batch_size) for run in going]
    if len(set(steps)) > 1:
        raise ValueError(f"Expected tasks with as many steps each. Received: {steps}")
    together.compile(
        jit_compile=jit_compile,
        steps_per_execution=largest_divisor(steps[0], MOST_STEPS_PER_EXECUTION),
    )
    together.fit(
        _side_by_side(
            run.task.training_batches(
                batch_size, seed=run.member.seed, start_epoch=begun
            )
            for run in going
        ),
        epochs=epochs,
        initial_epoch=begun,
        steps_per_epoch=steps[0],
        validation_data=_validation(going),
        callbacks=[keeper],
        shuffle=False,
        verbose=(1 if sys.stdout.isatty() else 2) if verbose == "auto" else verbose,
    )


def _validation(going):
    batches = [run.task.evaluation_batches("validation") for run in going]
    return None if batches[0] is None else _side_by_side(batches)


def _side_by_side(batches) -> Any:
    """Batches of many tasks as batches with an axis of members in front."""
    import tensorflow as tf

    def stacked(*elements):
        return tuple(tf.stack(parts) for parts in zip(*elements, strict=True))

    together = tf.data.Dataset.zip(tuple(batches))
    return together.map(stacked).prefetch(2)


class _Run:
    """A member on its way: what is behind it, and how it ended."""

    def __init__(self, member: Member, epochs: int, stop_below: float | None):
        self.member, self.epochs = member, epochs
        self.task, self.model, self.directory = (
            member.task,
            member.model,
            member.directory,
        )
        self.loss, self.metrics = loss_and_metrics(self.task)
        self.watched: Any = WatchedModel(self.model)
        self.watched.compile(
            optimizer=member.optimizer, loss=self.loss, weighted_metrics=self.metrics
        )
        self.checkpoint = EpochCheckpoint(self.directory.checkpoints)
        self.epochs_done = self.checkpoint.restore(self.watched)
        self.log = MetricsLog(self.directory.metrics, self.epochs_done)
        validated = self.task.evaluation_batches("validation") is not None
        self.monitor = "val_loss" if validated else "loss"
        below = -math.inf if stop_below is None else stop_below
        self.stop = StopBelow(below, self.monitor)
        self.outcome: Any = None

    @property
    def over(self) -> bool:
        """Whether nothing is left to be trained."""
        reached = bool(self.log.rows) and self.stop.reached(self.log.rows[-1])
        return reached or self.epochs_done >= self.epochs

    def restore(self, epochs: int) -> None:
        """Goes back to the state after so many epochs; at first, keeps that one."""
        member = self.member
        member.optimizer.build(self.watched.trainable_variables)
        if self.checkpoint.epochs_done() is None:
            self.checkpoint.write(0, self.watched)
        else:
            self.checkpoint.restore(self.watched, epochs)
        self.log = MetricsLog(self.directory.metrics, epochs)

    def end(self) -> TrainingResult:
        """Tests and saves the model, which has its last weights."""
        test, scores = self.task.evaluation_batches("test"), {}
        if test is not None:
            scores = self.watched.evaluate(test, verbose=0, return_dict=True)
        self.model.compile(
            self.member.optimizer, loss=self.loss, weighted_metrics=self.metrics
        )
        with replacing(self.directory.model) as temporary:
            self.model.save(temporary)
        self.outcome = TrainingResult(
            history=self.log.rows,
            test={name: float(value) for name, value in scores.items()},
            stopped_early=len(self.log.rows) < self.epochs,
            monitor=Monitor(self.monitor, "auto"),
        )
        return self.outcome


class _EachIntoItsDirectory(keras.callbacks.Callback):
    """After an epoch writes rows and states where each member's belong."""

    model: Any

    def __init__(self, going, runs, on_end, give_up):
        super().__init__()
        self.going = going
        self.numbers = [runs.index(run) for run in going]
        self.on_end, self.give_up = on_end, give_up

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        for run in self.going:
            run.log.on_epoch_begin(epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        alive = []
        for place, run in enumerate(self.going):
            if run.outcome is not None:
                continue
            own = _logs_of(logs, place)
            row = {"epoch": epoch + 1, **own}
            reason = self._diverged(place, epoch, own) or self.give_up(
                self.numbers[place], row
            )
            if reason is None:
                run.log.on_epoch_end(epoch, own)
                self.model.ensemble.write_back(place)
                self.model.rule.write_back(place)
                run.checkpoint.write(epoch + 1, run.watched)
                alive.append((place, run))
            else:
                self._finish(place, reason)
        # All new states are there before an old one goes: all can begin at one epoch.
        for place, run in alive:
            run.checkpoint.drop_others(epoch + 1)
            run.epochs_done = epoch + 1
            if run.over:
                self._finish(place, run.end())
        if all(run.outcome is not None for run in self.going):
            self.model.stop_training = True

    def _diverged(self, place, epoch, own):
        if math.isfinite(own["loss"]):
            if math.isfinite(own.get("val_loss", 0.0)):
                return None
            return TrainingDiverged(
                int(self.model.rule.iterations), epoch + 1, "val_loss"
            )
        first = self.model.first_not_finite.numpy()[place]
        return TrainingDiverged(int(first), epoch + 1)

    def _finish(self, place, outcome):
        self.going[place].outcome = outcome
        self.model.rule.halt(place)
        self.on_end(self.numbers[place], outcome)


def _logs_of(logs, place):
    return {
        name.rpartition("/")[0]: value
        for name, value in (logs or {}).items()
        if name.rpartition("/")[2] == str(place)
    }
