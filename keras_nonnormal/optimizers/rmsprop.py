import keras
from keras import ops

from keras_nonnormal.optimizers.grouped import GroupedOptimizer, check_decay_rate


@keras.saving.register_keras_serializable("keras_nonnormal")
class RMSpropTorch(GroupedOptimizer):
    r"""RMSprop with epsilon outside the root, as `torch.optim.RMSprop` has it.

    $$ v ← ρ v + (1 - ρ) g^2, \qquad p ← p - η g / (\sqrt{v} + ε) $$

    with v = 0 at the start, no momentum, not centred. `keras.optimizers.RMSprop` of
    Keras 3 divides by sqrt(v + 1e-7) instead, which damps every gradient below about
    3e-4: recurrent networks that must learn over hundreds of steps live on such
    gradients, and gradients of size 1e-5 move 30 to 100 times less there.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`,
            defaults to `0.01`.
        rho: Float in [0, 1), what one step keeps of the running mean of squared
            gradients. PyTorch calls it alpha. Defaults to `0.99`.
        epsilon: Float, added to the root. Defaults to `1e-8`.
        coupled_weight_decay: Float, PyTorch's `weight_decay`: this multiple of the
            variable is added to the gradient before it is scaled. Keras's
            `weight_decay` is the decoupled form. A dict maps names of variables to
            such floats, and other variables do not decay. Defaults to `0.0`.
        rate_factors: Dict that maps names of variables (the last part of their `path`)
            to factors on the learning rate, or None. A factor of 0 freezes a variable.
        **kwargs: The arguments every Keras optimizer takes, `global_clipnorm` among
            them. `clipnorm` of Keras 3 clips each variable by itself; what
            `torch.nn.utils.clip_grad_norm_` does is `global_clipnorm`.

    Example:

    >>> optimizer = RMSpropTorch(learning_rate=1e-4, rho=0.9)
    >>> weight = keras.Variable([1.0, 1.0])
    >>> optimizer.apply([keras.ops.convert_to_tensor([2.0, -1e-6])], [weight])
    >>> [round(float(w), 5) for w in keras.ops.convert_to_numpy(weight)]
    [0.99968, 1.00031]

    With a tenth of the learning rate for the variables named "skew", and a decay of
    those named "upper" alone:

    ```python
    optimizer = RMSpropTorch(
        learning_rate=2e-4,
        rate_factors={"skew": 0.1},
        coupled_weight_decay={"upper": 1e-5},
    )
    ```

    Reference:
        - `torch.optim.RMSprop`; used by [Kerg et al. 2019](
          https://arxiv.org/abs/1905.12080), "Non-normal Recurrent Neural Network
          (nnRNN)", in its experiments.
    """

    _velocity_initializer = "zeros"

    def __init__(
        self,
        learning_rate=0.01,
        rho=0.99,
        epsilon=1e-8,
        coupled_weight_decay=0.0,
        rate_factors=None,
        name="rmsprop_torch",
        **kwargs,
    ):
        super().__init__(
            learning_rate, coupled_weight_decay, rate_factors, name=name, **kwargs
        )
        self.rho = check_decay_rate("rho", rho)
        self.epsilon = epsilon

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self._velocities = self.add_optimizer_variables(
                variables, "velocity", initializer=self._velocity_initializer
            )

    def direction(self, gradient, index):
        velocity = self._velocities[index]
        self.assign(
            velocity,
            ops.add(
                ops.multiply(self.rho, velocity),
                ops.multiply(1 - self.rho, ops.square(gradient)),
            ),
        )
        return ops.divide(gradient, self._root(velocity))

    def _root(self, velocity):
        return ops.add(ops.sqrt(velocity), self.epsilon)

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("keras_nonnormal")
class RMSpropKeras2(RMSpropTorch):
    """RMSprop as Keras 2 had it: epsilon 1e-7, outside the root.

    The rule is that of `RMSpropTorch` with other constants. With it goes
    `global_clipnorm`: what Keras 2 called `clipnorm` clipped all gradients by their
    joint norm.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`,
            defaults to `0.001`.
        rho: Float in [0, 1), what one step keeps of the running mean of squared
            gradients. Defaults to `0.9`.
        epsilon: Float, added to the root. Defaults to `1e-7`.
        **kwargs: As for `RMSpropTorch`.

    Example:

    ```python
    model.compile(
        optimizer=RMSpropKeras2(learning_rate=5e-5, global_clipnorm=10.0),
        loss="mean_squared_error",
    )
    ```

    Reference:
        - Keras 2.2.4, `keras.optimizers.RMSprop`; used by [Orhan and Pitkow 2020](
          https://arxiv.org/abs/1905.13715), "Improved memory in recurrent neural
          networks with sequential non-normal dynamics".
    """

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        epsilon=1e-7,
        name="rmsprop_keras2",
        **kwargs,
    ):
        super().__init__(learning_rate, rho, epsilon, name=name, **kwargs)


@keras.saving.register_keras_serializable("keras_nonnormal")
class RMSpropTF1(RMSpropTorch):
    r"""RMSprop as TensorFlow 1 had it: the running mean of squares starts at one.

    $$ v ← ρ v + (1 - ρ) g^2, \qquad p ← p - η g / \sqrt{v + ε}, \qquad v_0 = 1 $$

    The first hundred or so updates are therefore close to plain gradient descent, and
    small; for gradients below 1 the steps then grow while $v$ falls from its start.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`,
            defaults to `0.001`.
        rho: Float in [0, 1), what one step keeps of the running mean of squared
            gradients. TensorFlow 1 calls it decay. Defaults to `0.9`.
        epsilon: Float, added under the root. Defaults to `1e-10`.
        **kwargs: As for `RMSpropTorch`.

    Example:

    >>> optimizer = RMSpropTF1(learning_rate=0.1)
    >>> weight = keras.Variable([1.0])
    >>> optimizer.apply([keras.ops.convert_to_tensor([1.0])], [weight])
    >>> round(float(weight[0]), 5)
    0.9

    Reference:
        - TensorFlow 1, `tf.train.RMSPropOptimizer`; used by [Jing et al. 2017](
          https://arxiv.org/abs/1612.05231), "Tunable efficient unitary neural networks
          (EUNN) and their application to RNNs".
    """

    _velocity_initializer = "ones"

    def __init__(
        self,
        learning_rate=0.001,
        rho=0.9,
        epsilon=1e-10,
        name="rmsprop_tf1",
        **kwargs,
    ):
        super().__init__(learning_rate, rho, epsilon, name=name, **kwargs)

    def _root(self, velocity):
        return ops.sqrt(ops.add(velocity, self.epsilon))
