from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonnormal")
class Lookahead(keras.optimizers.Optimizer):
    r"""Any optimizer, pulled back part of the way after every few of its updates.

    $$ s ← s + α (p - s), \qquad p ← s $$

    after each `period` updates of the wrapped optimizer, where $s$ is the value that
    the variables had at the start of the period. What changes the variables from
    outside between two periods, a loaded checkpoint for one, is therefore kept.

    The learning rate, its schedule and the count of updates are the wrapped
    optimizer's, and so are clipping, decay and the other arguments of Keras.

    Args:
        optimizer: A `keras.optimizers.Optimizer`, or its name.
        period: Integer, at least 1, the updates between two pulls. Defaults to `6`.
        slow_step: Float α in (0, 1], the part of the way that is kept. Defaults to
            `0.5`.
        name: Name of the optimizer.

    Raises:
        ValueError: If `period` or `slow_step` is outside its range.

    Example:

    >>> optimizer = Lookahead(keras.optimizers.SGD(1.0), period=2)
    >>> weight, gradient = keras.Variable([0.0]), keras.ops.ones(1)
    >>> positions = []
    >>> for _ in range(4):
    ...     optimizer.apply([gradient], [weight])
    ...     positions.append(float(weight[0]))
    >>> positions
    [-1.0, -1.0, -2.0, -2.0]

    Lookahead around AdaBelief within stochastic weight averaging, as some programs
    built it, left AdaBelief's own count of updates at 0, so that it never was more
    than gradient descent with momentum. The same trajectory is that of

    ```python
    Lookahead(keras.optimizers.SGD(learning_rate, momentum=0.9))
    ```

    Reference:
        - [Zhang et al. 2019](https://arxiv.org/abs/1907.08610), "Lookahead Optimizer:
          k steps forward, 1 step back", Algorithm 1.
    """

    def __init__(self, optimizer: Any, period=6, slow_step=0.5, name="lookahead"):
        if not (isinstance(period, int) and period >= 1):
            raise ValueError(
                f"`period` must be an integer, at least 1. Received: period={period}"
            )
        if not 0 < slow_step <= 1:
            raise ValueError(
                f"`slow_step` must be in (0, 1]. Received: slow_step={slow_step}"
            )
        inner: Any = keras.optimizers.get(optimizer)
        # A function, so that there is no second variable for the rate.
        super().__init__(learning_rate=lambda: inner.learning_rate, name=name)
        self.optimizer: Any = inner
        self.period = period
        self.slow_step = slow_step

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.optimizer.build(variables)
        self._slow = self.add_optimizer_variables(variables, "slow")

    @property
    def variables(self):
        return self._variables + self.optimizer.variables

    def apply(self, grads, trainable_variables=None):
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if not self.built:
                self.build(trainable_variables)
        at_start = self._between_periods()
        for variable, slow in self._pairs():
            slow.assign(ops.where(at_start, variable.value, slow.value))
        self.optimizer.apply(grads, trainable_variables)
        # An update that did not happen, for gradients are accumulated or not finite,
        # left the variables where they started from: then this moves nothing.
        at_end = self._between_periods()
        for variable, slow in self._pairs():
            pulled = slow + self.slow_step * (variable - slow)
            if variable.constraint is not None:
                pulled = variable.constraint(pulled)
            variable.assign(ops.where(at_end, pulled, variable.value))
        self._iterations.assign_add(1)

    def _between_periods(self):
        return ops.equal(ops.mod(self.optimizer.iterations, self.period), 0)

    def _pairs(self):
        pairs = zip(self._trainable_variables, self._slow, strict=True)
        return [(variable, slow) for variable, slow in pairs if slow is not None]

    @property
    def learning_rate(self):
        return self.optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        return self.optimizer.iterations

    def scale_loss(self, loss):
        return self.optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list):
        self.optimizer.finalize_variable_values(var_list)

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        self.optimizer.exclude_from_weight_decay(var_list, var_names)

    def set_weights(self, weights):
        own = len(self._variables)
        super().set_weights(weights[:own])
        self.optimizer.set_weights(weights[own:])

    def get_config(self):
        return {
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "period": self.period,
            "slow_step": self.slow_step,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        optimizer = keras.saving.deserialize_keras_object(
            config["optimizer"], custom_objects=custom_objects
        )
        return cls(**{**config, "optimizer": optimizer})
