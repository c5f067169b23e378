import sys
from dataclasses import dataclass
from typing import Any

import keras

from keras_nonnormal.datasets import evaluation_batches, training_batches
from keras_nonnormal.training.checkpoints import EpochCheckpoint
from keras_nonnormal.training.divergence import StopWhenNotFinite
from keras_nonnormal.training.files import replacing
from keras_nonnormal.training.metrics_log import MetricsLog, Row
from keras_nonnormal.training.models import loss_and_metrics
from keras_nonnormal.training.run_directory import RunDirectory
from keras_nonnormal.training.stop_below import StopBelow
from keras_nonnormal.training.watched_model import WatchedModel

# One call of the compiled training function runs up to this many steps, so that the
# Python between the calls costs little beside steps of a millisecond.
MOST_STEPS_PER_EXECUTION = 50


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training.

    `history` has a dict of metrics per epoch, as in `metrics.csv`; `test` holds the
    metrics of the trained model on the test split.
    """

    history: list[Row]
    test: dict[str, float]
    stopped_early: bool

    @property
    def best(self) -> Row:
        """The metrics of the epoch with the lowest validation loss."""
        return min(self.history, key=lambda row: row["val_loss"])

    @property
    def seconds(self) -> float:
        """Wall time of all epochs."""
        return round(sum(row["seconds"] for row in self.history), 3)

    def summary(self) -> dict[str, Any]:
        """The result as plain data, for `summary.json`."""
        return {
            "epochs": len(self.history),
            "stopped_early": self.stopped_early,
            "seconds": self.seconds,
            "best": self.best,
            "last": self.history[-1],
            "test": self.test,
        }


def train(
    model: keras.Model,
    task,
    directory: RunDirectory,
    *,
    optimizer: keras.Optimizer,
    epochs: int,
    batch_size: int,
    seed: int,
    stop_below: float | None = None,
    jit_compile: bool = True,
    tensorboard: bool = False,
    verbose: Any = "auto",
) -> TrainingResult:
    """Trains a model on a task into a run directory, or goes on where it was stopped.

    Loss and metrics are those of `loss_and_metrics`. After every epoch the metrics,
    then the state are kept in the directory. If it already holds a state, training
    goes on from there, and ends with the weights of a training that never stopped:
    bit for bit on a CPU.

    Args:
        model: A functional `keras.Model`; it is trained in place and left compiled.
        task: A `keras_nonnormal.datasets.Task`.
        directory: A claimed `RunDirectory`.
        optimizer: A Keras optimizer.
        epochs: Integer, epochs in all, those before a break included.
        batch_size: Integer, sequences per step.
        seed: Non-negative integer, decides the order of the training sequences.
        stop_below: Float, the validation loss that ends training early (see
            `StopBelow`), or None.
        jit_compile: Whether to compile the training step with XLA.
        tensorboard: Whether to write TensorBoard events.
        verbose: As for `keras.Model.fit`. `"auto"` shows a live progress bar on a
            terminal, and a line per epoch elsewhere.

    Returns:
        A `TrainingResult`.

    Raises:
        ValueError: If there are fewer training sequences than `batch_size`.
        TrainingDiverged: If the loss is not finite at some step. The state after the
            epoch before it stays in the directory.
    """
    loss, metrics = loss_and_metrics(task)
    steps = len(task.splits.train) // batch_size
    if steps == 0:
        raise ValueError(
            f"Expected `batch_size` of at most {len(task.splits.train)}, the number of "
            f"training sequences. Received: batch_size={batch_size}"
        )
    watched: Any = WatchedModel(model)
    watched.compile(
        optimizer,
        loss=loss,
        metrics=metrics,
        jit_compile=jit_compile,
        steps_per_execution=largest_divisor(steps, MOST_STEPS_PER_EXECUTION),
    )
    checkpoint = EpochCheckpoint(directory.checkpoints)
    epochs_done = checkpoint.restore(watched)
    if epochs_done == 0:  # a loss that diverges in the first epoch leaves this state
        optimizer.build(watched.trainable_variables)
        checkpoint.save(0, watched)
    log = MetricsLog(directory.metrics, epochs_done)
    stop = StopBelow(-float("inf") if stop_below is None else stop_below)

    def batches(split):
        # The published batches are small; nothing but time depends on these.
        return evaluation_batches(split, max(batch_size, 100), encode=task.encode)

    if epochs_done < epochs and not (log.rows and stop.reached(log.rows[-1])):
        # Order matters: a broken state is kept nowhere, and metrics come before the
        # state, so that the rows up to a state are never missing.
        callbacks = [StopWhenNotFinite(), stop, log, checkpoint]
        if tensorboard:
            events = keras.callbacks.TensorBoard(
                str(directory.tensorboard), write_graph=False
            )
            callbacks.insert(1, events)
        watched.fit(
            training_batches(
                task.splits.train,
                batch_size,
                seed=seed,
                encode=task.encode,
                start_epoch=epochs_done,
            ),
            epochs=epochs,
            initial_epoch=epochs_done,
            steps_per_epoch=steps,
            validation_data=batches(task.splits.validation),
            callbacks=callbacks,
            shuffle=False,  # done by the batches
            verbose=_verbosity(verbose),
        )
    test = watched.evaluate(batches(task.splits.test), verbose=0, return_dict=True)
    model.compile(optimizer, loss=loss, metrics=metrics)
    with replacing(directory.model) as temporary:
        model.save(temporary)
    return TrainingResult(
        history=log.rows,
        test={name: float(value) for name, value in test.items()},
        stopped_early=len(log.rows) < epochs,
    )


def largest_divisor(number: int, most: int) -> int:
    """The largest divisor of `number` that is at most `most`."""
    return next(d for d in range(min(number, most), 0, -1) if number % d == 0)


def _verbosity(verbose):
    if verbose != "auto":
        return verbose
    return 1 if sys.stdout.isatty() else 2
