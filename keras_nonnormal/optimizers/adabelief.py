import math

import keras
from keras import ops

from keras_nonnormal.optimizers.grouped import GroupedOptimizer, check_decay_rate


@keras.saving.register_keras_serializable("keras_nonnormal")
class AdaBelief(GroupedOptimizer):
    r"""AdaBelief with rectified warm-up, as TensorFlow Addons had it.

    $$ m ← β_1 m + (1 - β_1) g, \qquad s ← β_2 s + (1 - β_2) (g - m)^2 + ε $$
    $$ p ← p - η (u + λ p), \qquad
       u = r_t \frac{\hat m}{\sqrt{\hat s} + ε} \ \text{if} \ n_t ≥ 5,
       \ \text{else} \ \hat m $$

    with $\hat m = m / (1 - β_1^t)$ and $\hat s = s / (1 - β_2^t)$. The length of the
    average behind $s$ is $n_t = n_∞ - 2 t β_2^t / (1 - β_2^t)$, where
    $n_∞ = 2 / (1 - β_2) - 1$, and the rectification is
    $r_t^2 = (n_t - 4)(n_t - 2) n_∞ / ((n_∞ - 4)(n_∞ - 2) n_t)$. At the default
    $β_2$ the first five updates are those of momentum, whose lengths follow the
    gradients; from the sixth on they are about η long, or more.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`,
            defaults to `0.001`.
        beta_1: Float in [0, 1), decay rate of the mean of the gradients. Defaults to
            `0.9`.
        beta_2: Float in [0, 1), decay rate of their variance. Defaults to `0.999`.
        epsilon: Float, added to the variance in every step and to its root. Defaults
            to `1e-14`.
        rectify: Whether to rectify; otherwise r = 1 from the first update on. Defaults
            to `True`.
        rate_factors: Dict that maps names of variables (the last part of their `path`)
            to factors on the learning rate, or None. A factor of 0 freezes a variable.
        **kwargs: The arguments every Keras optimizer takes, and `coupled_weight_decay`
            of `AdamTorch`. `weight_decay` is λ, the decoupled decay. `clipnorm` clips
            each variable's gradient by itself, `global_clipnorm` all of them jointly.

    Example:

    >>> optimizer = AdaBelief(learning_rate=0.1, weight_decay=0.5)
    >>> weight = keras.Variable([1.0, 1.0])
    >>> optimizer.apply([keras.ops.convert_to_tensor([2.0, 0.0])], [weight])
    >>> [round(float(w), 5) for w in keras.ops.convert_to_numpy(weight)]
    [0.75, 0.95]

    Reference:
        - [Zhuang et al. 2020](https://arxiv.org/abs/2010.07468), "AdaBelief Optimizer",
          Algorithm 2; `tfa.optimizers.AdaBelief`.
        - [Liu et al. 2020](https://arxiv.org/abs/1908.03265), "On the variance of the
          adaptive learning rate and beyond", Algorithm 2, for the rectification.
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-14,
        rectify=True,
        rate_factors=None,
        name="adabelief",
        **kwargs,
    ):
        super().__init__(learning_rate, rate_factors=rate_factors, name=name, **kwargs)
        self.beta_1 = check_decay_rate("beta_1", beta_1)
        self.beta_2 = check_decay_rate("beta_2", beta_2)
        self.epsilon = epsilon
        self.rectify = rectify

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._means = self.add_optimizer_variables(variables, "mean")
            self._variances = self.add_optimizer_variables(variables, "variance")

    def direction(self, gradient, index):
        mean, variance = self._means[index], self._variances[index]
        step = ops.add(self.iterations, 1)
        self.assign_add(
            mean, ops.multiply(ops.subtract(gradient, mean), 1 - self.beta_1)
        )
        surprise = ops.square(ops.subtract(gradient, mean))
        change = ops.multiply(ops.subtract(surprise, variance), 1 - self.beta_2)
        self.assign_add(variance, ops.add(change, self.epsilon))
        k = ops.cast(step, mean.dtype)
        corrected = ops.divide(mean, ops.subtract(1, ops.power(self.beta_1, k)))
        root = ops.sqrt(ops.divide(variance, ops.subtract(1, self.beta_2**k)))
        scaled = ops.divide(corrected, ops.add(root, self.epsilon))
        if not self.rectify:
            return scaled
        factor, rectified = rectification(step, self.beta_2, mean.dtype)
        return ops.where(rectified, ops.multiply(factor, scaled), corrected)

    def get_config(self):
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "rectify": self.rectify,
        }


def rectification(step, beta_2, dtype="float32"):
    """r_t, and whether the average is long enough (5) to divide by it.

    Args:
        step: Integer tensor t, at least 1.
        beta_2: Float, decay rate of the second moment.
        dtype: Dtype of the factor.

    Returns:
        Two scalar tensors, the first 0 where the second is False.
    """
    wide = keras.backend.result_type(dtype, "float32")
    k = ops.cast(step, wide)
    longest = 2 / (1 - beta_2) - 1
    # t b^t / (1 - b^t), without the difference of two numbers close to one.
    past = ops.divide(k, ops.expm1(ops.multiply(k, -math.log(beta_2))))
    length = ops.subtract(longest, ops.multiply(2, past))
    enough = ops.greater_equal(length, 5.0)
    safe = ops.where(enough, length, ops.full_like(length, 5.0))
    square = (safe - 4) * (safe - 2) / safe * longest / ((longest - 4) * (longest - 2))
    factor = ops.where(enough, ops.sqrt(square), ops.zeros_like(square))
    return ops.cast(factor, dtype), enough
