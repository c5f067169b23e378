"""Training that ends at the step at which the loss stops being a number."""

import math
from collections.abc import Iterable
from typing import Any

import keras


class TrainingDiverged(ArithmeticError):
    """The loss became infinite or not a number.

    Args:
        step: The optimizer step whose loss did, counted from 1 over all epochs.
        epoch: The epoch it belongs to, counted from 1.
        monitor: The loss it was: `"loss"`, or `"val_loss"` after the epoch's steps.
        limits: What is known of the network that can be the reason.
    """

    def __init__(
        self,
        step: int,
        epoch: int,
        monitor: str = "loss",
        limits: Iterable[str] = (),
    ):
        what = "loss at" if monitor == "loss" else "validation loss after"
        super().__init__(
            "; ".join(
                [
                    f"{what} optimizer step {step} (epoch {epoch}) is not finite",
                    *limits,
                    "a smaller learning rate or gain may help"
                    if step > 1
                    else "no learning rate can help before the first update",
                ]
            )
        )
        self.step = step
        self.epoch = epoch


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
        # Means over the epoch so far: no longer finite from that step on.
        if not (_finite(logs, "loss") and _finite(logs, "penalty")):
            step = self.model.first_step_not_finite or _steps(self.model)
            raise TrainingDiverged(step, self._epoch, limits=_limits(self.model))

    def on_epoch_end(self, epoch, logs=None):
        """Called by Keras."""
        if not _finite(logs, "val_loss"):
            step = _steps(self.model)
            raise TrainingDiverged(
                step, self._epoch, "val_loss", limits=_limits(self.model)
            )


def _limits(model):
    """The limits of the stairs in a network's layers, in words."""
    stairs = [getattr(layer, "stair", None) for layer in model.network.layers]
    return [stair.limits for stair in stairs if stair is not None and stair.limits]


def _steps(model):
    """How many steps of training there were."""
    # As an array: there is no int() of a variable that replicas share.
    steps: Any = keras.ops.convert_to_numpy(model.optimizer.iterations)
    return int(steps)


def _finite(logs, name):
    return math.isfinite((logs or {}).get(name, 0.0))
