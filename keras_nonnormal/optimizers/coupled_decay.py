import keras
from keras import ops


class CoupledWeightDecay(keras.optimizers.Optimizer):
    """Base of the optimizers with weight decay as PyTorch's classic rules have it.

    `coupled_weight_decay * variable` is added to the gradient, after any clipping, so
    the decay runs through the optimizer's scaling like the gradient itself. The
    `weight_decay` argument of Keras is the decoupled form, which shrinks the variable
    directly; the two give different trajectories.

    Args:
        learning_rate: Float or `keras.optimizers.schedules.LearningRateSchedule`.
        coupled_weight_decay: Float, at least 0. Variables named by
            `exclude_from_weight_decay()` are left out.
        **kwargs: The arguments every Keras optimizer takes.
    """

    def __init__(self, learning_rate, coupled_weight_decay=0.0, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        if not coupled_weight_decay >= 0:
            raise ValueError(
                "`coupled_weight_decay` must be at least 0. "
                f"Received: coupled_weight_decay={coupled_weight_decay}"
            )
        self.coupled_weight_decay = coupled_weight_decay

    def decayed(self, gradient, variable):
        """The gradient in the variable's dtype, with the decay added."""
        gradient = ops.cast(gradient, variable.dtype)
        if self.coupled_weight_decay and self._use_weight_decay(variable):
            decay = ops.multiply(self.coupled_weight_decay, variable)
            gradient = ops.add(gradient, decay)
        return gradient

    def get_config(self):
        return {
            **super().get_config(),
            "coupled_weight_decay": self.coupled_weight_decay,
        }


def check_decay_rate(name: str, value: float) -> float:
    """`value` if it is a decay rate of a moving average: in [0, 1)."""
    if not 0 <= value < 1:
        raise ValueError(f"`{name}` must be in [0, 1). Received: {name}={value}")
    return value
