"""Metrics that tell remembering from guessing."""

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
class RecallAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of symbols named correctly in the recall window of the copy task.

    The window is the last `steps` steps. Over all steps a network that remembers
    nothing scores (T - 10) / T, because almost every target is the blank; over the
    window it scores 1/8.

    Where steps have weights of their own, the window is the last `steps` steps of a
    sequence that have any: padding, of weight 0, comes after it.

    Args:
        steps: Integer, how many symbols are recalled. Defaults to `10`.
        name: String, defaults to `"recall_accuracy"`.
        dtype: Dtype of the result.

    Example:

    >>> metric = RecallAccuracy(steps=2)
    >>> targets = [[0, 0, 1, 2]]  # (batch, time)
    >>> logits = keras.ops.one_hot([[0, 0, 1, 1]], 3)  # (batch, time, classes)
    >>> float(metric(targets, logits))
    0.5
    """

    def __init__(self, steps=10, name="recall_accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if steps < 1:
            raise ValueError(f"`steps` must be at least 1. Received: steps={steps}")
        self.steps = steps

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts targets `(batch, time)` against logits `(batch, time, classes)`."""
        targets: Any = ops.convert_to_tensor(y_true)
        if sample_weight is not None:
            weight: Any = ops.convert_to_tensor(sample_weight)
            if weight.ndim > 1:
                window = _last_true(weight != 0, self.steps)
                return super().update_state(targets, y_pred, window)
        return super().update_state(
            targets[:, -self.steps :], y_pred[:, -self.steps :], sample_weight
        )

    def get_config(self):
        return {**super().get_config(), "steps": self.steps}


def _last_true(mask, count):
    """1 at the last `count` places of a row where the mask is true, 0 elsewhere."""
    true: Any = ops.cast(mask, "int32")
    # How many there are from here to the end.
    remaining: Any = ops.flip(ops.cumsum(ops.flip(true, -1), -1), -1)
    return true * ops.cast(remaining <= count, "int32")


@keras.saving.register_keras_serializable("keras_nonnormal")
class ToleranceAccuracy(keras.metrics.MeanMetricWrapper):
    """Share of predictions no further than `tolerance` from their target.

    For the addition task, whose sums lie between 0 and 2 and where Keras's
    "accuracy" is about 0 for any network.

    Args:
        tolerance: Float, largest absolute error that counts. Defaults to `0.04`.
        name: String, defaults to `"tolerance_accuracy"`.
        dtype: Dtype of the result.

    Example:

    >>> metric = ToleranceAccuracy(0.04)
    >>> float(metric([[1.0], [1.0]], [[1.03], [1.05]]))
    0.5
    """

    def __init__(self, tolerance=0.04, name="tolerance_accuracy", dtype=None):
        super().__init__(self._within, name=name, dtype=dtype)
        if not tolerance > 0:
            raise ValueError(
                f"`tolerance` must be positive. Received: tolerance={tolerance}"
            )
        self.tolerance = tolerance

    def _within(self, y_true, y_pred):
        error: Any = ops.abs(ops.subtract(y_true, y_pred))
        return ops.cast(error <= self.tolerance, self.dtype)

    def get_config(self):
        config = keras.metrics.Metric.get_config(self)
        return {**config, "tolerance": self.tolerance}


@keras.saving.register_keras_serializable("keras_nonnormal")
class BitsPerCharacter(keras.metrics.Mean):
    """Mean cross-entropy over all predictions, in bits.

    Every prediction counts as one, or by its weight. Keras's own metrics average over
    the steps of a sequence first: with them a short batch counts as much as a long one.

    Args:
        from_logits: Whether predictions are logits, or else probabilities. Defaults to
            `True`.
        name: String, defaults to `"bits_per_character"`.
        dtype: Dtype of the result.

    Example:

    >>> metric = BitsPerCharacter()
    >>> targets = [[0, 3, 1]]  # (batch, time)
    >>> logits = keras.ops.zeros((1, 3, 4))  # (batch, time, classes)
    >>> float(metric(targets, logits))
    2.0
    """

    def __init__(self, from_logits=True, name="bits_per_character", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.from_logits = from_logits
        self._direction = "down"

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds targets `(batch, time)` and predictions `(batch, time, classes)`."""
        nats, weight = _nats(y_true, y_pred, sample_weight, self.from_logits)
        super().update_state(nats / math.log(2), weight)

    def get_config(self):
        return {**super().get_config(), "from_logits": self.from_logits}


@keras.saving.register_keras_serializable("keras_nonnormal")
class Perplexity(keras.metrics.Mean):
    """Exponential of the mean cross-entropy over all predictions, in nats.

    It is the number of equally likely tokens among which to choose would be as hard.
    Every prediction counts as one, or by its weight.

    Args:
        mean_of_batches: Whether to report the mean over batches of the exponential of a
            batch's mean instead. It is never smaller, and depends on how predictions
            are batched; some published numbers are made like that. Defaults to
            `False`.
        from_logits: Whether predictions are logits, or else probabilities. Defaults to
            `True`.
        name: String, defaults to `"perplexity"`.
        dtype: Dtype of the result.

    Example:

    >>> metric = Perplexity()
    >>> targets = [[0, 3, 1]]  # (batch, time)
    >>> logits = keras.ops.zeros((1, 3, 4))  # (batch, time, classes)
    >>> round(float(metric(targets, logits)), 4)
    4.0
    """

    def __init__(
        self, mean_of_batches=False, from_logits=True, name="perplexity", dtype=None
    ):
        super().__init__(name=name, dtype=dtype)
        self.mean_of_batches = mean_of_batches
        self.from_logits = from_logits
        self._direction = "down"

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Adds targets `(batch, time)` and predictions `(batch, time, classes)`."""
        nats, weight = _nats(y_true, y_pred, sample_weight, self.from_logits)
        if self.mean_of_batches:
            nats, weight = ops.exp(ops.average(nats, weights=weight)), None
        super().update_state(nats, weight)

    def result(self):
        mean = super().result()
        return mean if self.mean_of_batches else ops.exp(mean)

    def get_config(self):
        return {
            **super().get_config(),
            "mean_of_batches": self.mean_of_batches,
            "from_logits": self.from_logits,
        }


@keras.saving.register_keras_serializable("keras_nonnormal")
class ModeAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of sequences whose class has the largest logit on average over time.

    For networks that name the class of a sequence at every step. Where steps have
    weights of their own, they count by these in the average; a sequence without any
    weight does not count.

    Args:
        name: String, defaults to `"mode_accuracy"`.
        dtype: Dtype of the result.

    Example:

    >>> metric = ModeAccuracy()
    >>> targets = [[1, 1, 1]]  # (batch, time)
    >>> logits = [[[3.0, 0.0], [0.0, 2.0], [0.0, 2.0]]]  # (batch, time, classes)
    >>> float(metric(targets, logits))
    1.0
    """

    def __init__(self, name="mode_accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts targets, `(batch, time)` or `(batch,)`, against logits.

        These are of shape `(batch, time, classes)`. All targets of a sequence are the
        same.
        """
        logits: Any = ops.convert_to_tensor(y_pred)
        if sample_weight is not None:
            weight: Any = ops.convert_to_tensor(sample_weight, logits.dtype)
            if weight.ndim > 1:
                logits = logits * weight[..., None]
                sample_weight = ops.any(weight != 0, axis=-1)
        # The largest of a sum is that of a mean.
        return super().update_state(
            _class_of(y_true), ops.sum(logits, axis=1), sample_weight
        )


@keras.saving.register_keras_serializable("keras_nonnormal")
class LastStepAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of sequences whose class has the largest logit at the last step.

    For networks that name the class of a sequence at every step. Where steps have
    weights of their own, the last step is the last one that has any: padding, of weight
    0, comes after it.

    Args:
        name: String, defaults to `"last_step_accuracy"`.
        dtype: Dtype of the result.

    Example:

    >>> metric = LastStepAccuracy()
    >>> targets = [[1, 1]]  # (batch, time)
    >>> logits = [[[3.0, 0.0], [0.0, 2.0]]]  # (batch, time, classes)
    >>> float(metric(targets, logits))
    1.0
    """

    def __init__(self, name="last_step_accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts targets, `(batch, time)` or `(batch,)`, against logits.

        These are of shape `(batch, time, classes)`. All targets of a sequence are the
        same.
        """
        logits: Any = ops.convert_to_tensor(y_pred)
        last = logits[:, -1]
        if sample_weight is not None:
            weight: Any = ops.convert_to_tensor(sample_weight)
            if weight.ndim > 1:
                chosen: Any = ops.cast(_last_true(weight != 0, 1), logits.dtype)
                last = ops.sum(logits * chosen[..., None], axis=1)
                sample_weight = ops.any(weight != 0, axis=-1)
        return super().update_state(_class_of(y_true), last, sample_weight)


def _nats(y_true, y_pred, sample_weight, from_logits):
    """Cross-entropies of all predictions in one row, and their weights if any."""
    nats: Any = keras.losses.sparse_categorical_crossentropy(
        ops.convert_to_tensor(y_true), y_pred, from_logits=from_logits
    )
    if sample_weight is not None:
        weight: Any = ops.convert_to_tensor(sample_weight, nats.dtype)
        if weight.ndim < nats.ndim:  # one per sequence
            weight = ops.expand_dims(weight, -1)
        sample_weight = ops.reshape(ops.broadcast_to(weight, ops.shape(nats)), (-1,))
    return ops.reshape(nats, (-1,)), sample_weight


def _class_of(y_true):
    """The class of a sequence, given once or at every step."""
    targets: Any = ops.convert_to_tensor(y_true)
    return targets[:, 0] if targets.ndim > 1 else targets
