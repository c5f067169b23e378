import keras
from keras import ops

from keras_nonnormal.optimizers.grouped import GroupedOptimizer, check_decay_rate


@keras.saving.register_keras_serializable("keras_nonnormal")
class AdamTorch(GroupedOptimizer):
    r"""Adam with bias-corrected moments, as `torch.optim.Adam` has it.

    $$ m ← β_1 m + (1 - β_1) g, \qquad v ← β_2 v + (1 - β_2) g^2 $$
    $$ p ← p - η \hat m / (\sqrt{\hat v} + ε), \qquad
       \hat m = m / (1 - β_1^t), \quad \hat v = v / (1 - β_2^t) $$

    `keras.optimizers.Adam` adds epsilon to the root of the uncorrected v, which makes
    it up to 30 times larger in the first steps, and decays weights apart from the
    gradient.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`,
            defaults to `0.001`.
        beta_1: Float in [0, 1), decay rate of the first moment. Defaults to `0.9`.
        beta_2: Float in [0, 1), decay rate of the second. Defaults to `0.999`.
        epsilon: Float, added to the root. Defaults to `1e-8`.
        coupled_weight_decay: Float, PyTorch's `weight_decay`: this multiple of the
            variable is added to the gradient before the moments see it. Keras's
            `weight_decay` is the decoupled form. A dict maps names of variables to
            such floats, and other variables do not decay. Defaults to `0.0`.
        rate_factors: Dict that maps names of variables (the last part of their `path`)
            to factors on the learning rate, or None. A factor of 0 freezes a variable.
        **kwargs: The arguments every Keras optimizer takes.

    Example:

    ```python
    model.compile(optimizer=AdamTorch(1e-3, coupled_weight_decay=1e-5), loss="mse")
    ```

    Reference:
        - [Kingma and Ba 2015](https://arxiv.org/abs/1412.6980), Algorithm 1.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        coupled_weight_decay=0.0,
        rate_factors=None,
        name="adam_torch",
        **kwargs,
    ):
        super().__init__(
            learning_rate, coupled_weight_decay, rate_factors, name=name, **kwargs
        )
        self.beta_1 = check_decay_rate("beta_1", beta_1)
        self.beta_2 = check_decay_rate("beta_2", beta_2)
        self.epsilon = epsilon

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._momentums = self.add_optimizer_variables(variables, "momentum")
            self._velocities = self.add_optimizer_variables(variables, "velocity")

    def direction(self, gradient, index):
        m = self._corrected_mean(self._momentums[index], gradient, self.beta_1)
        v = self._corrected_mean(
            self._velocities[index], ops.square(gradient), self.beta_2
        )
        return ops.divide(m, ops.add(ops.sqrt(v), self.epsilon))

    def _corrected_mean(self, mean, value, beta):
        """Moves the mean towards `value`; returns it freed of its zero start."""
        self.assign_add(mean, ops.multiply(ops.subtract(value, mean), 1 - beta))
        steps = ops.cast(self.iterations, mean.dtype)
        return ops.divide(mean, ops.subtract(1, ops.power(beta, ops.add(steps, 1))))

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
