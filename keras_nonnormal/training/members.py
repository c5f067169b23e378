from typing import Any

import keras
from keras import ops

from keras_nonnormal.ensembles import Ensemble, MemberwiseOptimizer
from keras_nonnormal.training.watched_model import mean_and_count


class Members(keras.Model):
    """Many networks as one Keras model, for `fit`.

    Batches are `(x, y)` or `(x, y, sample_weight)` with an axis of members in front.
    Logs are those of each member, by name and number: `loss/0`, `val_loss/0`. What is
    minimised is the sum of all losses, so that every gradient is of one loss.

    Args:
        ensemble: The `Ensemble`.
        rule: Its `MemberwiseOptimizer`.
        loss: A Keras loss.
        metrics: A list of Keras metrics for each member.
    """

    def __init__(
        self,
        ensemble: Ensemble,
        rule: MemberwiseOptimizer,
        loss: keras.losses.Loss,
        metrics: list[list[Any]],
    ):
        super().__init__()
        self.ensemble = ensemble
        self.rule = rule
        self.by_target: Any = loss.call  # a number for each target
        self.measured = [[keras.metrics.Mean(name="loss"), *each] for each in metrics]
        self.first_not_finite = self.add_weight(
            shape=(len(ensemble),),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            name="first_step_not_finite",
        )
        self.built = True

    def call(self, inputs, training=None):
        return self.ensemble(inputs)

    def train_step(self, data):
        """Called by Keras for every batch."""
        import tensorflow as tf

        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            outputs = self.ensemble(x)
            losses = self._by_member(y, outputs, weight)
            total: Any = ops.sum(losses)
        stacks: Any = [stack.value for stack in self.ensemble.variables]
        self.rule.apply(tape.gradient(total, stacks))
        here: Any = ops.cast(self.rule.iterations, "int64")
        noted: Any = ops.convert_to_tensor(self.first_not_finite)
        first = ops.logical_and(noted == 0, ops.logical_not(ops.isfinite(losses)))
        self.first_not_finite.assign(ops.where(first, here, noted))
        return self._measure(y, outputs, weight, losses)

    def test_step(self, data):
        """Called by Keras for every batch."""
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        outputs = self.ensemble(x)
        return self._measure(y, outputs, weight, self._by_member(y, outputs, weight))

    @property
    def metrics(self):
        """All metrics of all members, for Keras to reset."""
        return [metric for each in self.measured for metric in each]

    def get_metrics_result(self):
        """Called by Keras."""
        return {
            f"{metric.name}/{member}": metric.result()
            for member, metrics in enumerate(self.measured)
            for metric in metrics
        }

    def _by_member(self, y, outputs, weight):
        """The loss of every member: the weighted sum over the number of targets."""
        losses: Any = self.by_target(y, outputs)
        if weight is not None:
            losses = losses * ops.cast(weight, losses.dtype)
        return ops.mean(losses, axis=tuple(range(1, len(losses.shape))))

    def _measure(self, y, outputs, weight, losses):
        for member, (mean, *metrics) in enumerate(self.measured):
            part = None if weight is None else weight[member]
            mean.update_state(*mean_and_count(losses[member], y[member], part))
            for metric in metrics:
                metric.update_state(y[member], outputs[member], part)
        return self.get_metrics_result()
