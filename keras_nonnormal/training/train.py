import math
import sys
from collections.abc import Iterable
from typing import Any

import keras

from keras_nonnormal.training.callbacks.average_when_not_better import (
    AverageWhenNotBetter,
)
from keras_nonnormal.training.callbacks.best_weights import BestWeights
from keras_nonnormal.training.callbacks.divergence import StopWhenNotFinite
from keras_nonnormal.training.callbacks.epoch_seeds import EpochSeeds
from keras_nonnormal.training.callbacks.progress_line import ProgressLine
from keras_nonnormal.training.callbacks.reduce_on_plateau import ReduceOnPlateau
from keras_nonnormal.training.callbacks.stop_below import StopBelow
from keras_nonnormal.training.callbacks.stop_early import StopEarly
from keras_nonnormal.training.callbacks.time_limit import TimeLimit
from keras_nonnormal.training.carried_state import CarriedState
from keras_nonnormal.training.checkpoints import EpochCheckpoint
from keras_nonnormal.training.distributed.strategy import current_strategy, share_of
from keras_nonnormal.training.distributed.workers import (
    EndTogether,
    check_same_state,
    take_from_first,
)
from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.metrics_log import MetricsLog
from keras_nonnormal.training.models import compiles_whole_steps, loss_and_metrics
from keras_nonnormal.training.monitor import Monitor
from keras_nonnormal.training.result import TrainingResult
from keras_nonnormal.training.run_directory import RunDirectory
from keras_nonnormal.training.schedule import Schedule
from keras_nonnormal.training.watched_model import WatchedModel

# One call of the compiled training function runs up to this many steps, so that the
# Python between the calls costs little beside steps of a millisecond.
MOST_STEPS_PER_EXECUTION = 50


def train(
    model: keras.Model,
    task,
    directory: RunDirectory,
    *,
    optimizer: keras.Optimizer,
    schedule: Schedule,
    seed: int,
    save_every: int | None = None,
    report_every: int | None = None,
    log_gradient_norm: bool = False,
    metrics: Iterable[keras.metrics.Metric] | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    jit_compile: bool | None = None,
    tensorboard: bool = False,
    verbose: Any = "auto",
) -> TrainingResult:
    """Trains a model on a task into a run directory, or goes on where it was stopped.

    Loss and metrics are those of `loss_and_metrics`. After every epoch the metrics,
    then the state are kept in the directory. If it already holds a state, training
    goes on from there, and ends with the weights of a training that never stopped:
    bit for bit on a CPU.

    Within `placed(strategy=...)`, where model and optimizer have to be made too, all
    replicas train together: the batch size is that of all of them, XLA does not compile
    whole steps, and steps are run one by one. Learning curves are those of one device,
    but for rounding and for what layers draw at random. Every worker calls this with a
    directory of its own, that of the first being the run's; the others must hold copies
    of it where training goes on.

    Args:
        model: A functional `keras.Model`; it is trained in place and left compiled. For
            a task whose states are carried from batch to batch it is a network as
            `CarriedState` takes it.
        task: A `keras_nonnormal.datasets.SequenceTask`.
        directory: A claimed `RunDirectory`.
        optimizer: A Keras optimizer.
        schedule: The `Schedule`: epochs, batch size, and how training goes on by the
            monitored value.
        seed: Non-negative integer, decides the order of the training sequences.
        save_every: Integer; the state after every so many epochs is kept for good, and
            not only until the next. None keeps the last alone.
        report_every: Integer, steps between lines of progress within an epoch, where
            there is no progress bar; or None.
        log_gradient_norm: Whether to log the mean norm of the gradient.
        metrics: Metrics to take instead of those of `loss_and_metrics`.
        callbacks: More Keras callbacks; their model is a `WatchedModel`. What they add
            to the logs of an epoch is logged.
        jit_compile: Whether to compile the whole training step with XLA, rather than
            the recurrences alone. By default `compiles_whole_steps` says.
        tensorboard: Whether to write TensorBoard events.
        verbose: As for `keras.Model.fit`. `"auto"` shows a live progress bar on a
            terminal, and a line per epoch elsewhere.

    Returns:
        A `TrainingResult`.

    Raises:
        ValueError: If there are fewer training sequences than the batch size, or
            the value to monitor is not logged.
        DeviceError: If replicas have no equal shares of a batch, or workers hold
            different states.
        TrainingDiverged: If the loss is not finite at some step. The state after the
            epoch before it stays in the directory.
    """
    alone = current_strategy() is None
    if jit_compile is None:
        jit_compile = compiles_whole_steps(model)
    epochs, batch_size = schedule.epochs, schedule.batch_size
    monitor, mode = schedule.monitor, schedule.mode
    share_of(batch_size)
    steps = task.steps_per_epoch(batch_size)
    validation, test = (
        task.evaluation_batches(split) for split in ("validation", "test")
    )
    watched = _watched(model, task, (batch_size, validation, test))
    watched.log_gradient_norm = log_gradient_norm
    loss, usual_metrics = loss_and_metrics(task)
    weighted_metrics = usual_metrics if metrics is None else list(metrics)
    watched.compile(
        optimizer,
        loss=loss,
        weighted_metrics=weighted_metrics,
        jit_compile=alone and jit_compile,
        steps_per_execution=(
            largest_divisor(steps, MOST_STEPS_PER_EXECUTION) if alone else 1
        ),
    )
    checkpoint = EpochCheckpoint(directory.checkpoints, keep_every=save_every)
    epochs_done = checkpoint.restore(watched)
    check_same_state(epochs_done)
    if epochs_done == 0:  # a loss that diverges in the first epoch leaves this state
        take_from_first(model.variables)
        optimizer.build(watched.trainable_variables)
        checkpoint.save(0, watched)
    log = MetricsLog(directory.metrics, epochs_done)
    if validation is None:
        monitor = monitor.removeprefix("val_")
    below = -math.inf if schedule.stop_below is None else schedule.stop_below
    stop = StopBelow(below, "val_loss" if validation is not None else "loss")
    tired = StopEarly(schedule.patience, monitor, mode, log.rows)
    late = TimeLimit(schedule.time_limit, schedule.time_spent, log.rows)
    best = BestWeights(directory.checkpoints, monitor, mode, log.rows)
    ended = log.rows and (stop.reached(log.rows[-1]) or tired.reached or late.reached)

    if epochs_done < epochs and not ended:
        # Order matters: a broken state is kept nowhere, what is to be logged is there
        # before the log, and metrics come before the state, so that the rows up to a
        # state are never missing.
        watching: list[Any] = [EpochSeeds(seed), StopWhenNotFinite(), *callbacks]
        if (plan := schedule.reduce_on_plateau) is not None:
            plan = {"monitor": monitor, "mode": mode, **plan}
            watching.append(ReduceOnPlateau(**plan, history=log.rows))
        if (window := schedule.average_window) is not None:
            watching.append(AverageWhenNotBetter(window, monitor, mode, log.rows))
        if tensorboard:
            events = keras.callbacks.TensorBoard(
                str(directory.tensorboard), write_graph=False
            )
            watching.append(events)
        if report_every and _verbosity(verbose) == 2:
            watching.append(ProgressLine(report_every))
        if schedule.keep_best:
            watching.append(best)
        watching += [stop, tired, late, EndTogether(), log, checkpoint]
        watched.fit(
            task.training_batches(batch_size, seed=seed, start_epoch=epochs_done),
            epochs=epochs,
            initial_epoch=epochs_done,
            steps_per_epoch=steps,
            validation_data=validation,
            callbacks=watching,
            shuffle=False,  # done by the batches
            verbose=_verbosity(verbose),
        )
    if schedule.keep_best:
        best.restore(model)
    scores = {}
    if test is not None:
        scores = watched.evaluate(test, verbose=0, return_dict=True)
    if task.stateful:  # what it is trained for is not a loss of its own outputs alone
        model.compile(optimizer)
    else:
        model.compile(optimizer, loss=loss, weighted_metrics=weighted_metrics)
    with replacing(directory.model) as temporary:
        model.save(temporary)
    return TrainingResult(
        history=log.rows,
        test={name: float(value) for name, value in scores.items()},
        stopped_early=len(log.rows) < epochs,
        monitor=Monitor(monitor, mode),
    )


def largest_divisor(number: int, most: int) -> int:
    """The largest divisor of `number` that is at most `most`."""
    return next(d for d in range(min(number, most), 0, -1) if number % d == 0)


def _watched(model, task, batches) -> Any:
    """The model to fit, for batches given as a size or a `tf.data.Dataset`."""
    if not task.stateful:
        return WatchedModel(model)
    sizes = [
        size if isinstance(size, int) else size.element_spec[0].shape[0]
        for size in batches
        if size is not None
    ]
    return CarriedState(model, columns=sizes, usual_length=task.usual_length)


def _verbosity(verbose):
    if verbose != "auto":
        return verbose
    return 1 if sys.stdout.isatty() else 2
