import contextlib
from typing import Any

import keras
from keras import ops

from keras_nonnormal.optimizers.grouped import GroupedOptimizer

NEVER = 2**31 - 1


@keras.saving.register_keras_serializable("keras_nonnormal")
class AveragedSGD(GroupedOptimizer):
    r"""Gradient descent that also keeps the mean of all weights since some update.

    $$ p_t = p_{t-1} - η g_t, \qquad a_t = a_{t-1} + (p_t - a_{t-1}) / (t - T + 1) $$

    where $T$ is the first update whose result counts. Training goes on from $p$; what
    is good is $a$, the variables as `averaged()` shows them, and what `Model.fit`
    leaves behind at its end. Before update $T$ the mean is the variable itself: this
    is then plain gradient descent.

    `start=None` waits for a call of `start_averaging`, such as
    `keras_nonnormal.training.AverageWhenNotBetter` makes. With `start=2` it is
    `torch.optim.ASGD` with `lambd=0` and `t0=0`, which leaves out the first update.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`,
            defaults to `1.0`. It stays what it is when averaging begins.
        start: Integer, the number of the first update whose result counts, from 1; or
            None to wait. Defaults to `None`.
        coupled_weight_decay: Float, this multiple of the variable is added to the
            clipped gradient; or a dict by names of variables. Defaults to `0.0`.
        rate_factors: Dict that maps names of variables to factors on the learning
            rate, or None.
        **kwargs: The arguments every Keras optimizer takes.

    Raises:
        ValueError: If `start` is not positive.

    Example:

    >>> optimizer = AveragedSGD(1.0, start=1)
    >>> weight = keras.Variable([0.0])
    >>> for _ in range(3):
    ...     optimizer.apply([keras.ops.ones(1)], [weight])
    >>> float(weight[0])
    -3.0
    >>> with optimizer.averaged():
    ...     float(weight[0])
    -2.0

    Reference:
        - Polyak and Juditsky, 1992, "Acceleration of stochastic approximation by
          averaging"
        - [Merity, Keskar and Socher, 2017](https://arxiv.org/abs/1708.02182), section 3
    """

    def __init__(
        self,
        learning_rate=1.0,
        start=None,
        coupled_weight_decay=0.0,
        rate_factors=None,
        name="averaged_sgd",
        **kwargs,
    ):
        super().__init__(
            learning_rate, coupled_weight_decay, rate_factors, name=name, **kwargs
        )
        if start is not None and start < 1:
            raise ValueError(f"`start` must be at least 1. Received: start={start}")
        self.start = start

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._means = self.add_optimizer_variables(variables, "mean", "zeros")
        for mean, variable in zip(self._means, variables, strict=True):
            mean.assign(variable)
        iterations: Any = self.iterations
        self._first: Any = keras.Variable(
            NEVER if self.start is None else self.start,
            dtype=iterations.dtype,
            trainable=False,
            name="first_averaged",
        )
        self._track_variable(self._first)

    @property
    def averaging(self) -> bool:
        """Whether updates count by now."""
        if not self.built:
            return False
        first, done = map(ops.convert_to_numpy, (self._first, self.iterations))
        return bool(first <= done)

    def start_averaging(self) -> None:
        """Has the next update be the first that counts, unless there was one."""
        self._first.assign(ops.minimum(self._first.value, self.iterations + 1))

    @contextlib.contextmanager
    def averaged(self):
        """A context in which the variables have their means as values."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self):
        for variable, mean in zip(self._trainable_variables, self._means, strict=True):
            value = ops.copy(variable.value)
            variable.assign(mean)
            mean.assign(value)

    def direction(self, gradient, index):
        return gradient

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, learning_rate)
        mean = self._means[self._get_variable_index(variable)]
        here, so_far = map(ops.convert_to_tensor, (variable, mean))
        # Counted from 1; the first one that counts replaces the mean, as all before.
        count = ops.maximum(self.iterations + 2 - self._first, 1)
        moved = so_far + (here - so_far) / ops.cast(count, mean.dtype)
        self.assign(mean, ops.where(count == 1, here, moved))

    def finalize_variable_values(self, var_list):
        """Called by Keras at the end of `fit`: the variables become their means."""
        super().finalize_variable_values(var_list)
        for variable in var_list:
            variable.assign(self._means[self._get_variable_index(variable)])

    def get_config(self):
        return {**super().get_config(), "start": self.start}
