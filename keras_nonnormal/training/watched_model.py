"""Training that tells the loss of the task from everything else."""

from typing import Any

import keras
from keras import ops

from keras_nonnormal.training.distributed.data_parallel import DataParallel


class WatchedModel(DataParallel):
    """A model around a network, for training it and knowing what happens.

    What is minimised is Keras's total: the loss of the task and all penalties. What is
    reported differs from Keras in four ways.

    - `loss` and `val_loss` are the loss of the task alone, the mean over all targets:
      a batch counts by the number of its targets, those of weight 0 left out.
    - `penalty` and `val_penalty` are the sum of all penalties, such as regularizers
      add; networks without any do not report it.
    - `gradient_norm`, if asked for, is the norm of all gradients together before any
      clipping, averaged over the steps of the epoch.
    - `first_step_not_finite` names the first training step whose total is not finite.
      Keras runs many steps per call of its training function and reports afterwards;
      the step is therefore noted inside the compiled step.

    Replicas of it report what one device would, see `DataParallel`.

    The network is shared, not copied. The variables of the above belong to this model.

    Args:
        network: A `keras.Model` with one output. It need not be compiled.
        log_gradient_norm: Whether to report `gradient_norm`.

    Example:

    ```python
    model = WatchedModel(network, log_gradient_norm=True)
    model.compile("adam", loss="mse")
    model.fit(x, y, callbacks=[StopWhenNotFinite()])
    network.save("network.keras")
    ```
    """

    def __init__(self, network: keras.Model, *, log_gradient_norm: bool = False):
        super().__init__(name=network.name)
        self.network = network
        self.log_gradient_norm = log_gradient_norm
        self._task_loss = keras.metrics.Mean(name="loss")
        self._penalty = keras.metrics.Mean(name="penalty")
        self._gradient_norm = keras.metrics.Mean(name="gradient_norm")
        self._has_penalty = False
        self._first_not_finite = self.add_weight(
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            name="first_step_not_finite",
        )
        self.built = True

    @property
    def first_step_not_finite(self) -> int | None:
        """The first step whose loss was not finite, counted from 1, or None."""
        return int(self._first_not_finite.numpy()) or None

    def call(self, inputs, training=None):
        return self.network(inputs, training=training)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Called by Keras for every batch: the total to minimise."""
        compiled_loss: Any = self._compile_loss
        total = loss = compiled_loss(y, y_pred, sample_weight)
        replicas = self.replicas  # of each Keras takes that part of the loss
        of_share = loss * replicas if replicas > 1 else loss
        self._task_loss.update_state(*mean_and_count(of_share, y, sample_weight))
        penalties: Any = self.losses
        self._has_penalty = bool(penalties)
        if penalties:
            sums: list[Any] = [ops.sum(each) for each in penalties]
            penalty = sum(sums)
            self._penalty.update_state(penalty)
            total = ops.add(loss, penalty / replicas if replicas > 1 else penalty)
        if training and replicas == 1:
            self._note_not_finite(total)
        return total

    def train_step(self, data):
        """Called by Keras for every batch."""
        if not self.log_gradient_norm and self.replicas == 1:
            return super().train_step(data)
        import tensorflow as tf

        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        optimizer: Any = self.optimizer
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
            scaled = optimizer.scale_loss(loss)
        variables = self.trainable_weights
        *gradients, loss = self.of_batch([*tape.gradient(scaled, variables), loss])
        if self.replicas > 1:
            self._note_not_finite(loss)
        if self.log_gradient_norm:
            # As tensors: the norm of an embedding's slices is not that of its gradient.
            norm = tf.linalg.global_norm([tf.convert_to_tensor(g) for g in gradients])
            self._gradient_norm.update_state(norm / optimizer.scale_loss(1.0))
        optimizer.apply(self.for_update(gradients), variables)
        metrics = self.compute_metrics(x, y, y_pred, sample_weight)
        return {**metrics, **self.further_results()}

    def further_results(self):
        """Results of a training step besides those of an evaluation."""
        if not self.log_gradient_norm:
            return {}
        return {"gradient_norm": self._gradient_norm.result()}

    def get_metrics_result(self):
        """Called by Keras; `loss` is that of the task."""
        results = super().get_metrics_result()
        del results["gradient_norm"]  # of training steps alone, which add it
        if not self._has_penalty:
            del results["penalty"]
        return results

    def _note_not_finite(self, loss):
        noted: Any = ops.convert_to_tensor(self._first_not_finite)
        here: Any = ops.cast(self.optimizer.iterations + 1, "int64")
        first = ops.logical_and(noted == 0, ops.logical_not(ops.isfinite(loss)))
        self._first_not_finite.assign(ops.where(first, here, noted))


def mean_and_count(loss, y, sample_weight):
    """The mean over the targets of a batch that have a weight, and their number.

    Keras's loss of a batch is the weighted sum over the number of all targets.
    """
    count = ops.cast(ops.size(y), "float32")
    if sample_weight is None:
        return loss, count
    weight: Any = ops.cast(sample_weight, "float32")
    share: Any = ops.mean(ops.cast(weight != 0, "float32"))
    mean = ops.divide_no_nan(loss, ops.mean(weight))
    return mean, ops.multiply(count, share)
