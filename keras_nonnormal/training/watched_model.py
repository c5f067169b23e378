"""Training that notices the step at which the loss stops being a number."""

import math
from typing import Any

import keras
from keras import ops


class TrainingDiverged(ArithmeticError):
    """The loss became infinite or not a number.

    Args:
        step: The optimizer step whose loss did, counted from 1 over all epochs.
        epoch: The epoch it belongs to, counted from 1.
        monitor: The loss it was: `"loss"`, or `"val_loss"` after the epoch's steps.
    """

    def __init__(self, step: int, epoch: int, monitor: str = "loss"):
        what = "loss at" if monitor == "loss" else "validation loss after"
        super().__init__(
            f"{what} optimizer step {step} (epoch {epoch}) is not finite; "
            "a smaller learning rate or gain may help"
        )
        self.step = step
        self.epoch = epoch


class WatchedModel(keras.Model):
    """A functional model that remembers the first step with a loss that is not finite.

    Keras runs many steps per call of its training function and reports afterwards;
    the step is therefore noted inside the compiled step. The variable it is noted in
    is part of the weights of this model, not of the one it was made from: both share
    their layers.

    Args:
        model: A functional or sequential `keras.Model`.
    """

    def __init__(self, model: keras.Model):
        super().__init__(model.inputs, model.outputs, name=model.name)
        self._first_not_finite = self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="first_step_not_finite",
        )

    @property
    def first_step_not_finite(self) -> int | None:
        """That step, counted from 1, or None."""
        return int(self._first_not_finite.numpy()) or None

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Called by Keras for every batch."""
        loss = super().compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training
        )
        if training:
            noted: Any = ops.convert_to_tensor(self._first_not_finite)
            here: Any = ops.cast(self.optimizer.iterations + 1, "int64")
            first = ops.logical_and(noted == 0, ops.logical_not(ops.isfinite(loss)))
            self._first_not_finite.assign(ops.where(first, here, noted))
        return loss


class StopWhenNotFinite(keras.callbacks.Callback):
    """Ends the training of a `WatchedModel` when its loss is no longer finite.

    It does so by an exception, before any callback can keep the broken state.

    Raises:
        TrainingDiverged: After the call of the training function in which it
            happened, or after the validation.
    """

    model: Any

    def on_epoch_begin(self, epoch, logs=None):
        """Called by Keras."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        """Called by Keras after every call of its training function."""
        # The mean over the epoch so far: no longer finite from that step on.
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            step = self.model.first_step_not_finite or int(
                self.model.optimizer.iterations
            )
            raise TrainingDiverged(step, self._epoch)

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        loss = (logs or {}).get("val_loss")
        if loss is not None and not math.isfinite(loss):
            step = int(self.model.optimizer.iterations)
            raise TrainingDiverged(step, self._epoch, "val_loss")
